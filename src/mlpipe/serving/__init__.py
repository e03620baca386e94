"""The system that answers: how long requests take."""
