"""What a notebook calls: claims, the closing box, exercises, and numbers of this machine."""

from mlpipe.course.claims import ClaimFailed, claim, say
from mlpipe.course.exercise import exercise
from mlpipe.course.measured import measured

__all__ = ["ClaimFailed", "claim", "exercise", "measured", "say"]
