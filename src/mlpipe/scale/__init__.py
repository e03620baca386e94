"""More rows than memory holds: a log as files by day, counters in SQL, and what a run costs."""

from mlpipe.scale.counters import count_in_memory, counters_sql, write_counters
from mlpipe.scale.files import Days, read_days, write_days
from mlpipe.scale.measure import Cost, cost

__all__ = ["Cost", "Days", "cost", "count_in_memory", "counters_sql", "read_days", "write_counters", "write_days"]
