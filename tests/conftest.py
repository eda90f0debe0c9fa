"""Shared by all tests. Its being here also puts this folder, with `stores.py`, on the import path."""
