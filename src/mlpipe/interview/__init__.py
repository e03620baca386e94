"""The mock interview: eighteen minutes on one question, a score on nine dimensions, a scorecard."""

from mlpipe.interview.cold import save_cold_answer
from mlpipe.interview.content import QUESTIONS
from mlpipe.interview.hearing import heard

__all__ = ["QUESTIONS", "heard", "save_cold_answer"]
