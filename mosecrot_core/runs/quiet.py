"""Transformers, told to leave the terminal to us."""

from transformers.utils import logging


def quieten() -> None:
    """Let Transformers show no bars of its own, and say nothing but errors."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
