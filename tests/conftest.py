"""Shared by all tests. Its being here also puts this folder, with `stores.py`, on the import path."""

import signal

import pytest

# A shell starts its background jobs deaf to Ctrl-C, and what they start inherits it: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def one_thread():
    """Tiny models are slower on several threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
