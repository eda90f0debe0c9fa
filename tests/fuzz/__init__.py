"""Damaged, hostile and merely odd files for every reader; `fuzz_readers.py` beside this folder runs them."""
