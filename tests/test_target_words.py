"""Which words a stitched model knows, and that leaving out the unused ones changes nothing."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModel

from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.target_vocabulary import TokenizerSettings
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors

STORED = ["le", "chat", "Paris", "ONU", "l'", "peut-\u00eatre", "etc.", ".", "dort", "-il"]


def encoder(architecture="bert"):
    tiny = tiny_encoder(architecture)
    return SourceEncoder.from_model(tiny.model(AutoModel), tiny.tokenizer)


BERT = encoder()


def vectors(words, composer=None):
    """Row i is [i + 1, 0], so that a row tells its word; composed rows are [0, letters]."""
    rows = np.zeros((len(words), 2), dtype=np.float32)
    rows[:, 0] = np.arange(1, len(words) + 1)
    return WordVectors(list(words), rows, LoadReport(read=len(words), kept=len(words)), composer)


def letters(word):
    """Compose any word of at least three letters; `zzz` has a zero row, `nnn` none that is finite."""
    value = {"zzz": 0.0, "nnn": np.nan}.get(word, float(len(word)))
    return np.array([0, value], np.float32) if len(word) >= 3 else None


def build(words=STORED, texts=(), casing="keep", composer=None, of=BERT, language="fr"):
    return TargetWords.build(vectors(words, composer), of, TokenizerSettings(casing=casing), language, texts)


def rows_of(words):
    return {entry: row.tolist() for entry, row in zip(words.vocabulary.entries, words.rows, strict=True)}


def tokens(words, texts):
    return [words.tokenizer.tokenize(text) for text in texts]


def test_every_word_of_the_vectors_has_its_own_row():
    rows = rows_of(build())
    assert rows == {word: [i + 1, 0] for i, word in enumerate(STORED)}


def test_casing_variants_lend_their_rows_to_words_of_the_text():
    words = build(texts=["Le CHAT PARIS onu Onu dort", "inconnu"])
    rows = rows_of(words)
    lent = {"Le": "le", "CHAT": "chat", "PARIS": "Paris", "onu": "ONU", "Onu": "ONU"}
    for written, stored in lent.items():
        assert rows[written] == rows[stored]
    assert set(rows) == {*STORED, *lent}, "nothing else"
    assert tokens(words, ["Onu inconnu"]) == [["Onu", "[UNK]"]]


def test_folding_needs_no_variants():
    words = build(texts=["Le CHAT PARIS onu"], casing="fold")
    assert set(rows_of(words)) == {word.lower() for word in STORED}
    assert tokens(words, ["Le CHAT PARIS onu"]) == [["le", "chat", "paris", "onu"]]
    assert rows_of(words)["paris"] == [3, 0]


def test_auto_casing_follows_the_encoder():
    assert BERT.uncased
    assert "onu" in rows_of(build(casing="auto"))
    assert "onu" not in rows_of(build(casing="auto", of=encoder("roberta")))


def test_each_entry_tells_which_word_of_the_vectors_gave_its_row():
    words = build(texts=["Le chats zzz PARIS"], composer=letters)
    forms = dict(zip(words.vocabulary.entries, words.forms, strict=True))
    assert {forms[word] for word in STORED} == {*STORED}
    assert (forms["Le"], forms["PARIS"]) == ("le", "Paris"), "another casing"
    assert forms["chats"] == "", "composed"
    folded = build(["Le", "ONU"], casing="fold")
    assert dict(zip(folded.vocabulary.entries, folded.forms, strict=True)) == {"le": "Le", "onu": "ONU"}
    used = words.used_by(["Le chats"])
    assert dict(zip(used.vocabulary.entries, used.forms, strict=True)) == {"Le": "le", "chats": ""}


def test_subwords_compose_what_is_not_stored():
    texts = ["chatons ab zzz nnn", "chatons !"]
    words = build(texts=texts, composer=letters)
    rows = rows_of(words)
    assert rows["chatons"] == [0, 7]
    assert set(rows) == {*STORED, "chatons"}, "too short, zero or not finite: unknown"
    assert tokens(words, texts) == [["chatons", "[UNK]", "[UNK]", "[UNK]"], ["chatons", "[UNK]"]]
    assert coverage(words.tokenizer, texts) == 2 / 6


def test_a_stored_variant_is_better_than_a_composed_row():
    assert rows_of(build(texts=["DORT"], composer=letters))["DORT"] == [9, 0]


def test_words_of_the_text_do_not_change_how_it_is_cut():
    text = "L'avion etc. Peut-\u00eatre dort-il, peut-\u00eatre. ETC etc"
    without, with_text = build(), build(texts=[text], composer=letters)
    cut = [piece for piece, _ in without.vocabulary.segmentation.pre_tokenizer.pre_tokenize_str(text)]
    again = [piece for piece, _ in with_text.vocabulary.segmentation.pre_tokenizer.pre_tokenize_str(text)]
    assert cut == again
    assert {"avion", "ETC"} <= set(with_text.vocabulary.entries)


def test_chinese_takes_words_of_the_other_script_and_characters():
    stored = ["电脑", "中国", "大人", "大国"]
    words = build(stored, texts=["中國人用電腦。"], language="zh")
    rows = rows_of(words)
    assert {*rows} == {*stored, "電腦", "中國", *"电脑中国大人國電腦"}
    assert (rows["電腦"], rows["中國"]) == (rows["电脑"], rows["中国"])
    assert rows["人"] == rows["大人"]
    assert rows["国"] == [3, 0], "between its words, [2, 0] and [4, 0]"
    assert rows["國"] == rows["国"]
    assert tokens(words, ["中國人電腦", "大国电脑"]) == [["中國", "人", "電腦"], ["大国", "电脑"]]
    forms = dict(zip(words.vocabulary.entries, words.forms, strict=True))
    assert (forms["電腦"], forms["人"]) == ("电脑", "")


def test_characters_come_with_the_vectors_even_without_a_text():
    assert {*rows_of(build(["中国", "人"], language="zh"))} == {"中国", "人", "中", "国"}


def test_words_can_be_known_without_a_row():
    words = build()
    more = words.knowing(["chien", "arc-en-ciel", "chat", "deux mots", "Chien"])
    known = ["chien", "arc-en-ciel", "Chien"]
    assert more.vocabulary.entries == (*words.vocabulary.entries, *known)
    assert more.forms[-3:].tolist() == ["", "", ""]
    np.testing.assert_allclose(more.rows[-3:], [words.rows.mean(axis=0)] * 3, rtol=1e-6)
    np.testing.assert_array_equal(more.rows[:-3], words.rows)
    assert tokens(more, ["le chien arc-en-ciel"]) == [["le", "chien", "arc-en-ciel"]]
    assert more.vocabulary.source_index[-3:].tolist() == [-1, -1, -1]
    assert words.knowing(["chat", "deux mots"]) is words, "nothing new"
    joint = more.with_source()
    assert tokens(joint.used_by(["le chien"]), ["le chien"]) == [["le", "chien"]]


def test_chinese_words_are_known_in_both_scripts():
    more = build(["中国", "人"], language="zh").knowing(["電腦"])
    assert {"電腦", "电脑"} <= set(more.vocabulary.entries)
    assert tokens(more, ["中国人电脑", "電腦人"]) == [["中国", "人", "电脑"], ["電腦", "人"]]


def test_words_between_spaces_stay_whole_in_whatever_script():
    assert {*rows_of(build(["中国", "le"], texts=["国 le"], language="fr"))} == {"中国", "le", "国"}
    assert {*rows_of(build(["中国", "le"], texts=["le"], language="fr"))} == {"中国", "le"}


def test_counts_and_entries():
    texts = ["le chat dort.", "le chat inconnu le", ""]
    words = build(texts=texts)
    names = [[words.vocabulary.entries[i] for i in entries] for entries in words.entries(texts)]
    assert names == [["le", "chat", "dort", "."], ["le", "chat", "le"], []]
    counts = dict(zip(words.vocabulary.entries, words.counts(texts).tolist(), strict=True))
    assert {word: n for word, n in counts.items() if n} == Counter(word for text in names for word in text)
    assert words.entries([]) == []
    assert words.counts([]).tolist() == [0] * len(words.rows)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_words_that_texts_use_suffice_for_them(architecture):
    source = encoder(architecture)
    texts = ["Le chat dort-il ? etc. Peut-\u00eatre", "L'avion de Paris", "rien"]
    words = build(texts=texts, composer=letters, of=source)
    used = words.used_by(texts)
    assert len(used.rows) < len(words.rows)
    assert tokens(used, texts) == tokens(words, texts)
    assert used.entries(texts) != words.entries(texts), "they are numbered anew"
    for few, all_ in zip(used.entries(texts), words.entries(texts), strict=True):
        np.testing.assert_array_equal(used.rows[few], words.rows[all_])
    assert coverage(used.tokenizer, texts) == coverage(words.tokenizer, texts)
    assert (used.counts(texts) > 0).all(), "none too many"
    assert used.counts(texts).sum() == words.counts(texts).sum()


PIECES = [
    "le",
    "Le",
    "chat",
    "l'",
    "d'",
    "peut-\u00eatre",
    "etc.",
    ".",
    "...",
    "dort",
    "-il",
    "n't",
    "a",
    "1,5",
    ":)",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, unique=True),
    st.lists(st.text("aelct'-. 1,5:)n", max_size=20), min_size=1, max_size=4),
)
def test_any_texts_are_cut_the_same_with_the_words_they_use(words, texts):
    whole = build(words, texts)
    part = whole.used_by(texts)
    assert tokens(part, texts) == tokens(whole, texts)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("\u4e2d\u56fd\u4eba\u6c11", min_size=1, max_size=3), min_size=1, unique=True),
    st.lists(st.text("\u4e2d\u56fd\u4eba\u6c11 a", max_size=12), min_size=1, max_size=3),
)
def test_unspaced_texts_are_cut_the_same_with_the_words_they_use(words, texts):
    whole = build(words, texts, language="zh")
    assert tokens(whole.used_by(texts), texts) == tokens(whole, texts)


def test_texts_that_use_no_word_keep_all():
    words = build()
    assert words.used_by(["xyz"]) is words
    assert words.used_by([]) is words
