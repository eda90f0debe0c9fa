"""Experiments and what is kept of them."""
