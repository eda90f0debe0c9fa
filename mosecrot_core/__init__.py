"""MoSECroT: take an English encoder to another language with word vectors and a word list.

Importing this package loads nothing heavy; each room is imported by its own name.
"""

__version__ = "0.3.0"
