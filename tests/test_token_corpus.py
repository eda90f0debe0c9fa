"""Labelled words: what is refused when a corpus is made, not when it is used."""

import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus

PART = LabelledTokens((("Ada", "sleeps"), ("Hush",)), ((1, 0), (0,)))


@pytest.mark.parametrize(
    ("sentences", "labels", "says"),
    [
        ((("a",),), (), "labels for all 1 sentences"),
        ((("a",), ("b", "c")), ((0,), (0,)), "sentence 1: one label a word"),
        ((("a",), ()), ((0,), ()), "sentence 1: at least one word"),
        ((("a", ""),), ((0, 0),), "sentence 0: at least one word, and none empty"),
    ],
)
def test_what_does_not_fit_is_refused(sentences, labels, says):
    with pytest.raises(ValueError, match=says):
        LabelledTokens(sentences, labels)


def test_sizes():
    assert (len(PART), PART.n_words, PART.label_range) == (2, 3, (0, 1))
    assert LabelledTokens((), ()).label_range is None


def test_a_corpus_knows_languages_and_kind():
    corpus = TokenCorpus(("O", "B-PER"), {("en", "train"): PART, ("fr", "test"): LabelledTokens((), ())})
    assert corpus.languages == ("en", "fr")
    assert corpus.has_spans
    assert not TokenCorpus(("NOUN", "VERB"), {}).has_spans
    assert corpus.get("en", "train") is PART
    with pytest.raises(InputError, match="no 'test' texts in language 'en'; there is en: train; fr: test"):
        corpus.get("en", "test")


def test_labels_outside_the_names_are_refused():
    with pytest.raises(ValueError, match=r"labels must lie in 0..0, found 0..1"):
        TokenCorpus(("O",), {("en", "train"): PART})
    with pytest.raises(ValueError, match="names must differ"):
        TokenCorpus(("O", "O"), {})
    with pytest.raises(ValueError, match="split 'trian'"):
        TokenCorpus(("O", "B-PER"), {("en", "trian"): PART})
