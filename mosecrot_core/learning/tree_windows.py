"""Sentences with trees as a parser is given them: ROOT and words as nodes of one text, and their labels.

ROOT is at the special token in front, a word at its first subword. A sentence is read as one text; words that
do not fit into it are no nodes, nor are those that the tokenizer turns into nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.parser_model import NO_ARC, Compat
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.token_windows import Window, encode_words
from mosecrot_core.learning.trees import best_tree

Labels = NDArray[np.int64]
_MOST = 512  # subwords, where the model does not say how many it takes: as many as Wu et al.'s encoders


def tree_windows(reader: Reader, part: LabelledTrees, max_length: int = _MOST) -> list[Window]:
    """Cut each sentence to one window, with `nodes` among its inputs; one of which no word is left has none.

    Args:
        reader: Cuts the words.
        part: Sentences.
        max_length: Longest window in subwords; the model may allow fewer. For scores it is as long as it can
            be: which words are read is a setting of the task.

    Raises:
        MosecrotError: The tokenizer is not a fast one, or puts no special token in front.
    """
    found: dict[int, Window] = {}
    for window in encode_words(reader.tokenizer, part.sentences, max_length, joined=reader.joined):
        if 0 in window.positions:
            raise MosecrotError(
                "a tokenizer that puts a special token in front expected: ROOT is read there."
            )
        inputs = {**window.inputs, "nodes": [0, *window.positions]}
        found.setdefault(window.sentence, replace(window, inputs=inputs))
    return list(found.values())


def node_labels(window: Window, part: LabelledTrees, n_relations: int) -> list[int]:
    """Return of each node head x R + relation, heads counted in nodes, or `NO_ARC` if the head is no node."""
    nodes = {0: 0, **{word + 1: node for node, word in enumerate(window.words, 1)}}
    heads, relations = part.heads[window.sentence], part.relations[window.sentence]
    arcs = [(nodes.get(heads[word]), relations[word]) for word in window.words]
    return [NO_ARC, *(NO_ARC if head is None else head * n_relations + own for head, own in arcs)]


def word_labels(window: Window, heads: Labels, relations: Labels, n_relations: int) -> Labels:
    """Return of each word of a window head x R + relation, heads counted in words ``[n]``.

    Args:
        window: A sentence's.
        heads: The head of each of its words, counted in nodes ``[n]``.
        relations: ``[n]``.
        n_relations: R.
    """
    words = np.array([0, *(word + 1 for word in window.words)])
    return np.asarray(words[heads] * n_relations + relations, np.int64)


def unread_labels(part: LabelledTrees, label_names: Sequence[str]) -> Labels:
    """Return labels for words that are no nodes ``[n]``: each its own head, which is never right."""
    numbers = [np.arange(1, len(words) + 1) for words in part.sentences]
    silent = label_names.index("dep") if "dep" in label_names else 0
    return np.concatenate([np.empty(0, np.int64), *numbers]) * len(label_names) + silent


def best_trees(
    logits: torch.Tensor, sizes: Sequence[int], compat: Compat = None
) -> list[tuple[Labels, Labels]]:
    """Return heads, counted in nodes, and relations of each sentence's words ``[n]``.

    The tree is the most probable one: the product of its arcs' probabilities, each with its best relation, is
    the largest. In Wu et al.'s code it is the sum, and with ROOT masked one word is left without a probable
    head: it stays on ROOT, with the first relation of all.

    Args:
        logits: Log-probabilities ``[B, N, N, R]``, as `DependencyParser` returns them.
        sizes: How many words each sentence has ``[B]``.
        compat: Whose parser it is.
    """
    best, relation = (found.cpu().numpy() for found in logits.float().max(dim=3))
    trees = []
    for scores, own, size in zip(best, relation, sizes, strict=True):
        there = np.nan_to_num(scores[: size + 1, : size + 1].astype(np.float64))  # NaN: a mix that overflows
        heads = best_tree(np.exp(there) if compat == "wu2022" else there)
        relations = own[np.arange(1, size + 1), heads].astype(np.int64)
        trees.append((heads, np.where(heads == 0, 0, relations) if compat else relations))
    return trees
