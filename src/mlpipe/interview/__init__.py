"""The mock interview: eighteen minutes on one question, a score on nine dimensions, a scorecard."""

from mlpipe.interview.cold import QUESTIONS, save_cold_answer

__all__ = ["QUESTIONS", "save_cold_answer"]
