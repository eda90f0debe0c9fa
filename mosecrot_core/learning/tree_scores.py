"""How trees are scored: attachment scores (UAS, LAS), as the CoNLL 2018 shared task defines them.

There all words count; Wu et al. leave out those whose right part of speech is PUNCT or SYM.
"""

from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees

Numbers = NDArray[np.int64]


def attachment_scores(
    right: tuple[Numbers, Numbers], found: tuple[Numbers, Numbers], counted: NDArray[np.bool_]
) -> dict[str, float]:
    """Return `las` and `uas`, in [0, 1]: the share of words with the right head and relation, and head.

    Where no word counts, they are 0.

    Args:
        right: Head and relation of each word ``[n]``; relations without their subtypes.
        found: The same, as a parser has it.
        counted: Which words count ``[n]``.

    >>> heads, relations = np.array([0, 1, 1]), np.array([2, 5, 5])
    >>> attachment_scores((heads, relations), (heads, np.array([2, 5, 0])), np.array([True, False, True]))
    {'las': 0.5, 'uas': 1.0}
    """
    heads, relations = (a == b for a, b in zip(right, found, strict=True))
    total = max(int(counted.sum()), 1)
    return {
        "las": float((heads & relations & counted).sum() / total),
        "uas": float((heads & counted).sum() / total),
    }


def tree_labels(part: LabelledTrees, n_relations: int) -> Numbers:
    """Return the right label of each word ``[n]``: head x R + relation."""
    heads, relations = (
        np.fromiter(chain.from_iterable(own), np.int64) for own in (part.heads, part.relations)
    )
    return heads * n_relations + relations


def tree_scores(
    part: LabelledTrees, predicted: Numbers, n_relations: int, compat: Literal["wu2022"] | None = None
) -> dict[str, float]:
    """Score a label for each word ``[n]``, head x R + relation, by `attachment_scores`.

    Words that a model does not read have themselves as heads, and are wrong.

    Args:
        part: Sentences and their trees.
        predicted: The labels ``[n]``.
        n_relations: R.
        compat: wu2022: words that a model does not read are left out, as in Wu et al.'s code.
    """
    counted = np.fromiter(chain.from_iterable(part.counted), np.bool_)
    right, found = (np.divmod(labels, n_relations) for labels in (tree_labels(part, n_relations), predicted))
    if compat == "wu2022":
        own = [np.arange(1, len(words) + 1) for words in part.sentences]
        counted &= found[0] != np.concatenate([np.empty(0, np.int64), *own])
    return attachment_scores(right, found, counted)
