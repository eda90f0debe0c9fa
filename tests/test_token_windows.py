"""Windows over sentences: each word once, by its first subword, with the same labels as a whole sentence."""

from pathlib import Path

import numpy as np
import pytest
from tiny_encoders import ARCHITECTURES, WORDS, bert_tokenizer, tiny_encoder
from transformers import AutoModelForTokenClassification

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.token_windows import Window, encode_words, labels_of_words, silent_label
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary
from mosecrot_core.mapping.tokenizer import build_tokenizer

NAMES = ("O", "B-PER", "I-PER")
# Of one, two and several subwords.
MIXED = [*WORDS[:6], "cats", "dogs", "reading", "bears", ",", "holes"]


def sentences(n, longest=30, seed=0):
    rng = np.random.default_rng(seed)
    return [[str(word) for word in rng.choice(MIXED, rng.integers(1, longest))] for _ in range(n)]


def subwords(tokenizer, words):
    """The subwords of each word, one word at a time, as it stands inside a sentence."""
    lead = " " if "Ġ" in "".join(tokenizer.get_vocab()) else ""
    return [tokenizer(lead + word, add_special_tokens=False)["input_ids"] for word in words]


def slow_windows(tokenizer, words, limit, context):
    """Slide over the subwords one at a time; give (ids, {word: position}) of each window."""
    flat = [
        (word, i == 0, token)
        for word, ids in enumerate(subwords(tokenizer, words))
        for i, token in enumerate(ids)
    ]
    start, end = tokenizer("")["input_ids"]
    room, windows, done, begin = limit - 2, [], set(), 0
    while True:
        piece = flat[begin : begin + room]
        new = {w: 1 + i for i, (w, first, _) in enumerate(piece) if first and w not in done}
        done |= set(new)
        if new:
            windows.append(([start, *(token for *_, token in piece), end], new))
        if begin + room >= len(flat):
            return windows
        begin += room - context


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("limit", "context"), [(1000, 64), (12, 4), (9, 1), (8, 0)])
def test_against_windows_slid_by_hand(architecture, limit, context):
    tokenizer = tiny_encoder(architecture).tokenizer
    texts = sentences(20)
    windows = encode_words(tokenizer, texts, limit, context=context)
    found = [
        (w.sentence, w.inputs["input_ids"], dict(zip(w.words, w.positions, strict=True))) for w in windows
    ]
    wanted = [
        (i, *w) for i, words in enumerate(texts) for w in slow_windows(tokenizer, words, limit, context)
    ]
    assert found == wanted
    assert (len(windows) > len(texts)) == (limit < 100)


@pytest.mark.parametrize("limit", [8, 17, 1000])
def test_each_word_is_scored_once(limit):
    texts = sentences(30)
    windows = encode_words(bert_tokenizer(), texts, limit)
    scored = [(w.sentence, word) for w in windows for word in w.words]
    assert scored == [(i, word) for i, words in enumerate(texts) for word in range(len(words))]


def test_the_context_is_64_subwords_or_half_a_window():
    tokenizer = bert_tokenizer()
    words = [WORDS[i % len(WORDS)] for i in range(200)]
    for limit, step in ((128, 126 - 64), (32, 30 - 16)):
        first, second, *_ = encode_words(tokenizer, [words], limit)
        assert first.words == tuple(range(limit - 2))
        assert second.inputs["input_ids"][1:-1][: limit - 2 - step] == first.inputs["input_ids"][1:-1][step:]
        assert second.words[0] == limit - 2
        assert second.positions[0] == limit - 2 - step + 1


def test_the_tokenizers_own_limit_holds():
    tokenizer = bert_tokenizer()
    tokenizer.model_max_length = 10
    assert max(len(w.inputs["input_ids"]) for w in encode_words(tokenizer, [["cat"] * 16])) == 10


def test_a_word_longer_than_a_window_is_scored_by_its_first_subword():
    tokenizer = bert_tokenizer()
    words = ["the", "c" + "hot" * 20, "cat"]
    windows = encode_words(tokenizer, [words], 12, context=3)
    assert [(w.words, w.positions[0]) for w in windows] == [((0, 1), 1), ((2,), windows[-1].positions[0])]
    assert windows[-1].inputs["input_ids"][windows[-1].positions[0]] == tokenizer.get_vocab()["cat"]


def test_labels_stand_on_first_subwords_only():
    windows = encode_words(bert_tokenizer(), [["cats", "the", "dogs"]])
    assert windows[0].labels([2, 0, 1]) == [-100, 2, -100, 0, 1, -100, -100]


def test_words_that_leave_no_subword():
    texts = [["\u200b", "cat", "\x01"], ["\u200b"], ["dog", "\u200b", "cat"]]
    windows = encode_words(bert_tokenizer(), texts)
    assert [(w.sentence, w.words) for w in windows] == [(0, (1,)), (2, (0, 2))]
    labels = labels_of_words(windows, [[1], [1, 2]], [3, 1, 3], ("B-PER", "I-PER", "O"))
    assert [list(found) for found in labels] == [[2, 1, 2], [2], [1, 2, 2]]
    assert silent_label(("NOUN", "X")) == 1
    assert silent_label(("NOUN", "VERB")) == 0


def test_no_sentences():
    assert encode_words(bert_tokenizer(), []) == encode_words(bert_tokenizer(), [], joined=True) == []


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(MosecrotError, match="windows of 2 subwords have no room"):
        encode_words(bert_tokenizer(), [["cat"]], 2)


def target_tokenizer(words, language=""):
    tiny = tiny_encoder("bert")
    encoder = SourceEncoder.from_model(tiny.model(AutoModelForTokenClassification), tiny.tokenizer)
    return build_tokenizer(
        TargetVocabulary.from_words(words, language=language, source_uncased=True), encoder
    )


def tokens(tokenizer, window):
    return tokenizer.convert_ids_to_tokens(window.inputs["input_ids"])[1:-1]


def test_the_stitched_tokenizer_reads_words():
    tokenizer = target_tokenizer(["maison", "l'", "l", "'", "peut-être", "-il", "etc.", "etc", "grand", "d'"])
    words = ["L\u2019", "maison", "peut-être", "-il", "l'maison", "etc.", "\u200b", "Grand", "zzz"]
    (window,) = encode_words(tokenizer, [words])
    assert tokens(tokenizer, window) == [
        "l'", "maison", "peut-être", "-il", "l'", "maison", "etc.", "grand", "[UNK]"
    ]  # fmt: skip
    assert window.words == (0, 1, 2, 3, 4, 5, 7, 8)
    assert window.positions == (1, 2, 3, 4, 5, 7, 8, 9)


CHINESE = ["中国", "人民", "中", "北京", "iphone", "。", "大"]


def test_chinese_characters_are_read_as_words_where_they_are_joined():
    tokenizer = target_tokenizer(CHINESE, "zh")
    words = [*"中国大人民", "\u200b", "。"]
    (alone,) = encode_words(tokenizer, [words])
    assert tokens(tokenizer, alone) == ["中", "[UNK]", "大", "[UNK]", "[UNK]", "。"]
    (joined,) = encode_words(tokenizer, [words], joined=True)
    assert tokens(tokenizer, joined) == ["中国", "大", "人民", "。"]
    assert joined.words == (0, 1, 2, 3, 4, 6)
    assert joined.positions == (1, 1, 2, 3, 3, 4)
    assert joined.labels([1, 2, 0, 1, 2, 0, 0]) == [-100, 1, 0, 1, 0, -100]
    labels = labels_of_words([joined], [[1, 1, 0, 2, 2, 0]], [7], NAMES)
    assert list(labels[0]) == [1, 2, 0, 2, 2, 0, 0], "a begun entity goes on within a token"


def test_joined_words_of_spaced_scripts_keep_their_space():
    tokenizer = target_tokenizer(["iphone", "中", "plus", *"iphone"], "zh")
    (window,) = encode_words(tokenizer, [["中", "iPhone", "Plus", "中"]], joined=True)
    assert tokens(tokenizer, window) == ["中", "iphone", "plus", "中"]
    (window,) = encode_words(tokenizer, [[*"中iphone", "中"]], joined=True)
    assert tokens(tokenizer, window) == ["中", "iphone", "中"]
    assert window.positions == (1, 2, 2, 2, 2, 2, 2, 3)


@pytest.mark.parametrize("limit", [7, 12, 1000])
def test_joined_windows_score_each_word_once(limit):
    tokenizer = target_tokenizer(CHINESE, "zh")
    rng = np.random.default_rng(0)
    texts = [[str(c) for c in rng.choice(list("中国人民北京大。x"), rng.integers(1, 60))] for _ in range(20)]
    windows = encode_words(tokenizer, texts, limit, joined=True)
    scored = [(w.sentence, word) for w in windows for word in w.words]
    assert scored == [(i, word) for i, words in enumerate(texts) for word in range(len(words))]
    for window in windows:
        ids = tokenizer.convert_ids_to_tokens(window.inputs["input_ids"])
        for word, position in zip(window.words, window.positions, strict=True):
            assert ids[position] == "[UNK]" or texts[window.sentence][word] in ids[position]


def test_real_words_of_panx_by_the_real_rules():
    """Chinese and French as they are: every word is scored, and joining finds more known words."""
    data = Path(__file__).parents[2] / "shared/data"
    if not data.exists():
        pytest.skip("no shared/data beside this clone")
    from mosecrot_core.learning.tasks.panx import PanxSettings
    from mosecrot_core.words.vectors import WordVectors

    part = PanxSettings(source=str(data / "panx")).load(["zh"]).get("zh", "dev")
    words = WordVectors.load(data / "vectors/zh.bin.gz").words
    tokenizer = target_tokenizer(words, "zh")
    unknown = {}
    for joined in (False, True):
        windows = encode_words(tokenizer, part.sentences[:2000], joined=joined)
        n_words = sum(map(len, part.sentences[:2000]))
        assert sum(len(w.words) for w in windows) >= n_words - 5
        scored = [w.inputs["input_ids"][p] for w in windows for p in w.positions]
        unknown[joined] = scored.count(tokenizer.unk_token_id) / n_words
    assert unknown[True] < 0.9 * unknown[False]


def test_a_window_of_shared_tokens():
    assert Window({"input_ids": [0, 1, 2]}, 0, (0, 1), (1, 1)).labels([1, 2]) == [-100, 1, -100]
