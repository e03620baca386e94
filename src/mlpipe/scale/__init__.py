"""More rows than memory holds: a log as files by day."""

from mlpipe.scale.files import Days, read_days, write_days

__all__ = ["Days", "read_days", "write_days"]
