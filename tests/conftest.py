"""Shared by all tests. Its being here also puts this folder, with `stores.py`, on the import path."""

import signal

# A shell starts its background jobs deaf to Ctrl-C, and what they start inherits it: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)
