"""What a notebook calls: claims, the closing box, exercises, guesses, this machine's numbers, progress."""

from mlpipe.course.claims import ClaimFailed, claim, say
from mlpipe.course.exercise import exercise
from mlpipe.course.guesses import guess, guesses, reveal
from mlpipe.course.measured import measured
from mlpipe.course.progress import progress

__all__ = ["ClaimFailed", "claim", "exercise", "guess", "guesses", "measured", "progress", "reveal", "say"]
