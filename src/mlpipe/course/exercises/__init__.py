"""The exercises, one module a lesson."""
