"""Notebook code as tracked, sweepable, portable jobs."""
