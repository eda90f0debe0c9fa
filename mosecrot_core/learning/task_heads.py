"""Which head a task has, by what is labelled in it."""

from typing import Any

from mosecrot_core.learning.heads import Head
from mosecrot_core.learning.tasks.corpus import Corpus, LabelledCorpus
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.tree_corpus import TreeCorpus
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.learning.tree_head import TreeHead
from mosecrot_core.learning.word_head import WordHead

_HEADS: dict[type[Corpus[Any]], type[Head[Any]]] = {
    LabelledCorpus: TextHead,
    TokenCorpus: WordHead,
    TreeCorpus: TreeHead,
}


def head_of(corpus: Corpus[Any]) -> Head[Any]:
    """Make the head for what a corpus labels."""
    return _HEADS[type(corpus)].of(corpus)
