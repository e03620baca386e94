"""What makes notebooks a course: claims, exercises, the closing box and the runner."""

from mlpipe.course.claims import ClaimFailed, claim, say
from mlpipe.course.environment import check_environment
from mlpipe.course.exercise import exercise
from mlpipe.course.interview import save_cold_answer
from mlpipe.course.measured import measured

__all__ = ["ClaimFailed", "check_environment", "claim", "exercise", "measured", "save_cold_answer", "say"]
