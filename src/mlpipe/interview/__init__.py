"""The mock interview: eighteen minutes on one question, a score on nine dimensions, a scorecard."""

from mlpipe.interview.cold import save_cold_answer
from mlpipe.interview.content import QUESTIONS

__all__ = ["QUESTIONS", "save_cold_answer"]
