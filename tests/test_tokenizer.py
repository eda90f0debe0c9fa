"""The target vocabulary and the word-level tokenizer built from it."""
# ruff: noqa: RUF001, SIM905

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModel, AutoTokenizer

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.segmentation import Segmentation, kind_of
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary, TokenizerSettings
from mosecrot_core.mapping.tokenizer import build_tokenizer, coverage

DATA = Path(__file__).parents[2] / "shared/data"

FRENCH = """, de . la l' d' l’ - est qu' ? ' ( ) ... % ° C il M. -il -moi -t aujourd'hui peut-être États-Unis
etc. 1 5 50 1,5 entrée hui lumière ouvert aujourd être peut donne Lumière M plan B B. :) ”.""".split()
FRENCH.append("a b")
CHINESE = "， 。 中国 人民 中 国 北京 大学 北京大学 生 大学生 T恤 Linux 2 民".split()


def encoder_of(architecture="bert"):
    tiny = tiny_encoder(architecture)
    return SourceEncoder.from_model(tiny.model(AutoModel), tiny.tokenizer)


def used_entries(tokenizer, texts):
    """The entries that texts use, ascending, whatever ids they have."""
    special = set(tokenizer.all_special_ids)
    entries = [i for i in range(len(tokenizer)) if i not in special]
    ids = {i for text in texts for i in tokenizer(text, add_special_tokens=False)["input_ids"]}
    return np.array([place for place, i in enumerate(entries) if i in ids], np.int64)


def french(text, casing="keep", words=FRENCH):
    vocabulary = TargetVocabulary.from_words(words, TokenizerSettings(casing=casing), language="fr")
    return build_tokenizer(vocabulary, encoder_of()).tokenize(text)


# --- vocabulary


def test_entries_are_normalised_and_keep_the_better_row():
    words = ["L’", "Été", "l'", "e\u0301te\u0301", "a b", "\ufeff", "zoo", "Zoo", "co\u00adop"]
    vocabulary = TargetVocabulary.from_words(words, source_uncased=True)
    assert vocabulary.entries == ("l'", "été", "zoo", "coop")
    assert vocabulary.source_index.tolist() == [2, 1, 6, 8]
    assert vocabulary.ranks.tolist() == [0, 1, 6, 8]
    assert vocabulary.skipped == 2


def test_casing_follows_the_source_unless_told():
    words = ["Paris", "paris"]
    assert len(TargetVocabulary.from_words(words, source_uncased=True).entries) == 1
    assert len(TargetVocabulary.from_words(words, source_uncased=False).entries) == 2
    kept = TargetVocabulary.from_words(words, TokenizerSettings(casing="keep"), source_uncased=True)
    assert kept.entries == ("Paris", "paris")


def test_every_entry_can_be_produced_and_the_others_are_counted():
    vocabulary = TargetVocabulary.from_words(FRENCH, language="fr")
    assert "a b" not in vocabulary.entries
    assert "”." not in vocabulary.entries
    assert "B." not in vocabulary.entries, "`B` is more frequent, so a full stop behind it is a full stop"
    assert "M." in vocabulary.entries
    assert vocabulary.skipped == 3
    tokenizer = build_tokenizer(vocabulary, encoder_of())
    for entry in vocabulary.entries:
        context = f"{entry}est" if entry.endswith("'") and len(entry) > 1 else entry
        context = f"est{entry}" if entry.startswith("-") and len(entry) > 1 else context
        assert entry in tokenizer.tokenize(context)


def test_no_usable_word_is_an_error():
    with pytest.raises(MosecrotError, match="none of the 2 words"):
        TargetVocabulary.from_words(["a b", ""])


def test_subset_keeps_order_and_rejects_strangers():
    vocabulary = TargetVocabulary.from_words(["un", "deux", "trois"])
    assert vocabulary.subset([2, 0, 2]).entries == ("un", "trois")
    assert vocabulary.subset([]).entries == ()
    for wrong in ([3], [-1]):
        with pytest.raises(MosecrotError, match="entry indices"):
            vocabulary.subset(wrong)


@given(st.text(max_size=30), st.booleans())
def test_normalisation_is_idempotent(text, fold):
    segmentation = Segmentation("words", fold)
    once = segmentation.normalise(text)
    assert segmentation.normalise(once) == once == segmentation.normalizer.normalize_str(text)


# --- words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("peut-être", "peut-être"),
        ("1,5 °C", "1,5 ° C"),
        ("50%", "50 %"),
        ("l'entrée, l’entrée", "l' entrée , l' entrée"),
        ("aujourd'hui, est-il ouvert ?", "aujourd'hui , est -il ouvert ?"),
        ("donne-moi", "donne -moi"),
        ("qu'il", "qu' il"),
        ("(États-Unis...)", "( États-Unis ... )"),
        ("M. M", "M. M"),
        ("le plan B.", "[UNK] plan B ."),
        ("'peut'", "' peut '"),
        ("peut :) être", "peut :) être"),
        ("peut\u00a0être\u202f?", "peut être ?"),
        ("", ""),
    ],
)
def test_french_text_is_cut_as_the_vocabulary_shows(text, tokens):
    assert french(text) == tokens.split()


def test_folding_folds_text_and_vocabulary():
    assert french("LUMIÈRE", casing="fold") == ["lumière"]
    assert french("LUMIÈRE", casing="keep") == ["[UNK]"]


def test_words_without_an_entry_for_the_hyphen_form_fall_apart_into_known_words():
    assert french("peut-entrée-être") == ["peut", "-", "entrée", "-", "être"]


def test_english_negation_and_possessive():
    words = ["do", "n't", "'s", "cat", "can", "don", "'", "t", "can't"]
    assert french("don't cat's can't", words=words) == ["do", "n't", "cat", "'s", "can't"]


def test_scripts_with_marks_and_joiners_stay_whole():
    words = ["می\u200cخواهم", "हिन्दी", "שלום"]
    assert french(" ".join(words), words=words) == words


# --- scripts without spaces


def test_kind_comes_from_the_language_or_the_scripts():
    assert kind_of("zh", []) == kind_of("zho_Hans", []) == kind_of("th-TH", []) == "longest_match"
    assert kind_of("fr", []) == kind_of("ko", ["한국", "사람"]) == kind_of("", []) == "words"
    assert kind_of("", CHINESE) == kind_of("", ["ภาษา", "ไทย"]) == kind_of("xx", ["ကမ္ဘာ"]) == "longest_match"
    vocabulary = TargetVocabulary.from_words(CHINESE, TokenizerSettings(segmentation="words"), language="zh")
    assert vocabulary.segmentation.kind == "words"


def chinese(text):
    vocabulary = TargetVocabulary.from_words(CHINESE, language="zh")
    return build_tokenizer(vocabulary, encoder_of()).tokenize(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("中国人民。", "中国 人民 。"),
        ("北京大学生", "北京 大学生"),
        ("中国囧人民", "中国 [UNK] 人民"),
        ("囧囧囧，中国", "[UNK] ， 中国"),
        ("囧北京，囧", "[UNK] 北京 ， [UNK]"),
        ("中国Linux大学", "中国 Linux 大学"),
        ("中国T恤2", "中国 T恤 2"),
        ("人民民", "人民 民"),
        ("学", "[UNK]"),
        ("中国 人民", "中国 人民"),
    ],
)
def test_fewest_words_cover_the_text_and_only_unknown_characters_are_lost(text, tokens):
    expected = [{"[UNK]": None}.get(t, t) for t in tokens.split()]
    got = [None if t not in CHINESE else t for t in chinese(text)]
    assert got == expected


def test_a_long_clause_stays_fast():
    assert len(chinese("中国人民" * 5_000)) == 10_000


# --- the tokenizer as a drop-in


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("words", [FRENCH, CHINESE], ids=["fr", "zh"])
def test_special_tokens_template_and_inputs_follow_the_source(architecture, words):
    encoder = encoder_of(architecture)
    source, tokenizer = encoder.tokenizer, build_tokenizer(TargetVocabulary.from_words(words), encoder)
    assert tokenizer.special_tokens_map == source.special_tokens_map
    assert tokenizer.pad_token_id == source.pad_token_id
    by_id = sorted(source.all_special_tokens, key=source.convert_tokens_to_ids)
    assert sorted(tokenizer.all_special_tokens, key=tokenizer.convert_tokens_to_ids) == by_id
    assert sorted(tokenizer.all_special_ids) == list(range(len(by_id)))
    assert sorted(tokenizer.get_vocab().values()) == list(range(len(tokenizer)))
    known = source.convert_ids_to_tokens(source("a", "a")["input_ids"])
    pair = tokenizer.convert_ids_to_tokens(tokenizer(words[0], words[0])["input_ids"])
    assert [t if t in by_id else "·" for t in pair] == [t if t in by_id else "·" for t in known]
    assert tokenizer.model_max_length == encoder.max_length
    assert tokenizer.padding_side == source.padding_side
    has_types = architecture in ("bert", "electra")
    assert ("token_type_ids" in tokenizer(words[0])) == has_types
    if has_types:
        assert tokenizer(words[0], words[0])["token_type_ids"] == [0, 0, 0, 1, 1]


def test_token_types_only_where_the_source_tokenizer_gives_them():
    encoder = encoder_of("bert")
    encoder.tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer = build_tokenizer(TargetVocabulary.from_words(FRENCH), encoder)
    assert "token_type_ids" not in tokenizer("est", "il"), "the model was fine-tuned without them"


def test_mask_is_one_token_inside_text():
    tokenizer = build_tokenizer(TargetVocabulary.from_words(FRENCH), encoder_of("roberta"))
    assert tokenizer.tokenize("est<mask>il") == ["est", "<mask>", "il"]


def test_a_pad_token_behind_the_words_keeps_its_id_or_says_why_not():
    encoder = encoder_of("roberta")
    encoder.tokenizer.add_special_tokens({"pad_token": "<late>"})
    words = [f"mot{i}" for i in range(400)]
    tokenizer = build_tokenizer(TargetVocabulary.from_words(words), encoder)
    assert tokenizer.pad_token_id == encoder.tokenizer.pad_token_id > 100
    assert used_entries(tokenizer, [" ".join(words)]).tolist() == list(range(400))
    with pytest.raises(MosecrotError, match="must keep id"):
        build_tokenizer(TargetVocabulary.from_words(words[:3]), encoder)
    free = replace(encoder, positions_from_padding=False)
    assert sorted(build_tokenizer(TargetVocabulary.from_words(words[:3]), free).all_special_ids) == list(
        range(5)
    )


def test_an_entry_spelled_like_a_special_token_is_an_error():
    encoder = encoder_of()
    encoder.tokenizer.add_special_tokens({"mask_token": "MASK"})
    with pytest.raises(MosecrotError, match="MASK"):
        build_tokenizer(TargetVocabulary.from_words(["MASK"]), encoder)


@pytest.mark.parametrize("words", [FRENCH, CHINESE], ids=["fr", "zh"])
def test_saved_file_reloads_and_holds_no_truncation_or_padding(words, tmp_path):
    tokenizer = build_tokenizer(TargetVocabulary.from_words(words), encoder_of())
    tokenizer.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    assert saved["truncation"] is None
    assert saved["padding"] is None
    texts = ["aujourd'hui, est-il 1,5 °C", "中国囧T恤Linux。"]
    assert AutoTokenizer.from_pretrained(tmp_path)(texts, texts) == tokenizer(texts, texts)


# --- coverage and restriction


def test_coverage_counts_tokens_with_a_row():
    tokenizer = build_tokenizer(TargetVocabulary.from_words(["un", "deux"]), encoder_of())
    assert coverage(tokenizer, ["un deux trois", "un"]) == 0.75
    assert math.isnan(coverage(tokenizer, []))
    assert math.isnan(coverage(tokenizer, ["", " "]))
    assert used_entries(tokenizer, []).shape == (0,)


def assert_restriction_changes_nothing(words, texts, language):
    encoder = encoder_of()
    vocabulary = TargetVocabulary.from_words(words, language=language, source_uncased=True)
    whole = build_tokenizer(vocabulary, encoder)
    used = used_entries(whole, texts)
    part = build_tokenizer(vocabulary.subset(used), encoder)
    assert [part.tokenize(t) for t in texts] == [whole.tokenize(t) for t in texts]
    assert used_entries(part, texts).tolist() == list(range(len(used)))
    np.testing.assert_equal(coverage(part, texts), coverage(whole, texts))
    ids, part_ids = (t(texts)["input_ids"] for t in (whole, part))
    assert [whole.convert_ids_to_tokens(i) for i in ids] == [part.convert_ids_to_tokens(i) for i in part_ids]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("aAb'-.,é1 ", min_size=1, max_size=6), min_size=3, max_size=30), st.data())
def test_restricting_words_to_those_used_cuts_text_the_same(words, data):
    words = ["a", *words]
    assert_restriction_changes_nothing(
        words, [data.draw(st.text("aAb'-.,é1 ", min_size=1, max_size=40))], "fr"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("中国人民大aT1", min_size=1, max_size=4), min_size=3, max_size=30), st.data())
def test_restricting_longest_match_to_those_used_cuts_text_the_same(words, data):
    words = ["中", *words]
    assert_restriction_changes_nothing(
        words, [data.draw(st.text("中国人民大aT1，囧", min_size=1, max_size=40))], "zh"
    )


# --- real vectors


@pytest.fixture(scope="module")
def french_words():
    path = DATA / "vectors/fr.npz"
    if not path.exists():
        pytest.skip(f"{path} is not here: shared development data")
    return [str(word) for word in np.load(path)["words"]]


def texts_of(folder):
    path = DATA / f"sib200/{folder}/test.tsv"
    return [line.split("\t")[2] for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def test_real_french_vectors(french_words):
    vocabulary = TargetVocabulary.from_words(french_words, language="fr", source_uncased=True)
    tokenizer = build_tokenizer(vocabulary, encoder_of())
    text = "Éteins la lumière de l'entrée aujourd'hui, est-il ouvert ?"
    expected = "éteins la lumière de l' entrée aujourd'hui , est -il ouvert ?"
    assert tokenizer.tokenize(text) == expected.split()
    assert tokenizer.tokenize("peut-être 1,5 °C 50%") == ["peut-être", "1,5", "°", "c", "50", "%"]
    texts = texts_of("fra_Latn")
    assert coverage(tokenizer, texts) > 0.98
    assert_restriction_changes_nothing(french_words, texts, "fr")


def test_real_chinese_vectors():
    path = DATA / "vectors/zh.bin.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here: shared development data")
    words = read_word2vec_words(path)
    texts = texts_of("zho_Hans")
    tokenizer = build_tokenizer(TargetVocabulary.from_words(words, language="zh"), encoder_of())
    assert tokenizer.tokenize("土耳其首都")[0] == "土耳其"
    assert coverage(tokenizer, texts) > 0.55
    assert_restriction_changes_nothing(words, texts, "zh")


def read_word2vec_words(path):
    with gzip.open(path, "rb") as file:
        count, width = map(int, file.readline().split())
        words = []
        for _ in range(count):
            word = b""
            while not (c := file.read(1)).isspace() or not word.strip():
                word += c
            words.append(word.strip().decode())
            file.read(4 * width)
    return words
