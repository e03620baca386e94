"""The machine-learning pipeline of the course, one module a stage, in the order of the lessons."""

__version__ = "0.1.0"
