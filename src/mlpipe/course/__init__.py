"""What a notebook calls: claims, the closing box, exercises, guesses, and numbers of this machine."""

from mlpipe.course.claims import ClaimFailed, claim, say
from mlpipe.course.exercise import exercise
from mlpipe.course.guesses import guess, guesses, reveal
from mlpipe.course.measured import measured

__all__ = ["ClaimFailed", "claim", "exercise", "guess", "guesses", "measured", "reveal", "say"]
