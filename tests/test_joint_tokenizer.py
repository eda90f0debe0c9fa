# ruff: noqa: RUF001 (signs that look alike are what this is about)
"""A joint vocabulary reads words of the vectors as such and all else in the source's pieces."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.joint_tokenizer import join
from mosecrot_core.mapping.stitching import save_stitched
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary, TokenizerSettings
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors

STORED = ["chat", "dort", "l'", "Paris", "été", "cat", ",", "3,5", "-il", "sings"]


def encoder(architecture="bert", auto_class=AutoModel):
    tiny = tiny_encoder(architecture)
    return SourceEncoder.from_model(tiny.model(auto_class), tiny.tokenizer)


BERT = encoder()


def build(words=STORED, of=BERT, language="fr", texts=()):
    rows = np.random.default_rng(0).standard_normal((len(words), 3), dtype=np.float32)
    vectors = WordVectors(list(words), rows, LoadReport(read=len(words), kept=len(words)))
    return TargetWords.build(vectors, of, TokenizerSettings(casing="keep"), language, texts).with_source()


def tokens(words, text):
    ids = words.tokenizer(text, add_special_tokens=False)["input_ids"]
    return words.tokenizer.convert_ids_to_tokens(ids)


def test_words_of_the_vectors_stand_behind_the_sources_tokens():
    words = build()
    n_source = len(BERT.tokenizer)
    assert words.joint.words_from == n_source
    ids = words.tokenizer.convert_tokens_to_ids(list(words.vocabulary.entries))
    assert ids == list(range(n_source, n_source + len(words.rows))) == words.ids.tolist()
    assert words.entries(["chat cat inconnu dort"]) == [
        [words.vocabulary.entries.index(w) for w in ("chat", "cat", "dort")]
    ]


def test_known_signs_are_the_sources_own():
    words = build()
    assert "," not in words.vocabulary.entries
    assert "3,5" in words.vocabulary.entries, "the source has no digits"
    assert words.tokenizer("chat,")["input_ids"][2] == BERT.tokenizer.convert_tokens_to_ids(",")


def test_a_word_of_both_is_the_vectors_own_and_the_sources_is_kept():
    words = build()
    (cat,) = words.tokenizer("cat", add_special_tokens=False)["input_ids"]
    assert cat == words.ids[words.vocabulary.entries.index("cat")]
    assert BERT.tokenizer.convert_tokens_to_ids("cat") < words.joint.words_from


def test_unknown_words_are_spelled_in_the_sources_pieces():
    words = build()
    assert tokens(words, "dogs runs houseing") == BERT.tokenizer.tokenize("dogs runs houseing")
    assert tokens(words, "dogs runs houseing") == ["dog", "##s", "runs", "house", "##ing"]
    assert tokens(words, "chats") == ["chat", "##s"], "a word of the vectors may begin an unknown one"
    assert tokens(words, "Dog") == ["[UNK]"], "the text is not folded, and the source has no capitals"


def test_letters_that_the_source_lacks_have_the_rows_of_plain_ones():
    words = build()
    read = words.tokenizer("dogé été", add_special_tokens=False)["input_ids"]
    assert tokens(words, "dogé été") == ["dog", "##é", "été"]
    copies_from = len(words.tokenizer) - len(words.joint.copied)
    assert words.joint.copied[read[1] - copies_from] == BERT.tokenizer.convert_tokens_to_ids("##e")


def test_unspaced_text_takes_the_fewest_tokens_and_spells_the_rest():
    words = build(["中国", "人", "民", "人民"], language="zh")
    assert tokens(words, "中国人民，the cat。") == ["中国", "人民", "，", "the", "cat", "[UNK]"]
    (comma,) = words.tokenizer("，", add_special_tokens=False)["input_ids"]
    copies_from = len(words.tokenizer) - len(words.joint.copied)
    assert words.joint.copied[comma - copies_from] == BERT.tokenizer.convert_tokens_to_ids(",")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_word_of_the_source_is_still_read_through_its_own_row(architecture):
    source = encoder(architecture)
    words = build(["chat", "dort"], of=source)
    text = " ".join(["chat", *WORDS])
    assert (
        words.tokenizer(text, add_special_tokens=False)["input_ids"][1:] == source.anchor_ids(WORDS).tolist()
    )
    around = words.tokenizer("the")["input_ids"]
    assert around == source.tokenizer(tiny_encoder(architecture).sentence(["the"]))["input_ids"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_stitched_model_reads_the_source_as_before_and_mapped_rows_where_they_belong(architecture):
    tiny = tiny_encoder(architecture)
    model = tiny.model(AutoModelForSequenceClassification)
    source = SourceEncoder.from_model(model, tiny.tokenizer)
    words = build(of=source)
    rows = np.random.default_rng(1).standard_normal((len(words.rows), source.rows.shape[1]), dtype=np.float32)
    stitched = words.stitched(model, rows).eval()
    weight = stitched.get_input_embeddings().weight.detach().numpy()
    assert weight.shape == (len(words.tokenizer), source.rows.shape[1])
    np.testing.assert_array_equal(weight[words.ids], rows)
    np.testing.assert_array_equal(weight[: words.joint.words_from], source.rows)
    np.testing.assert_array_equal(
        weight[len(weight) - len(words.joint.copied) :], source.rows[words.joint.copied]
    )
    inputs = tiny.tokenizer([tiny.sentence(WORDS[:7])], return_tensors="pt")
    inputs = {name: inputs[name] for name in words.tokenizer.model_input_names}
    with torch.no_grad():
        assert torch.equal(stitched(**inputs).logits, model(**inputs).logits)
    assert model.get_input_embeddings().num_embeddings == len(source.rows), "the caller's is left alone"


def test_a_masked_lm_scores_the_sources_tokens_as_before():
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModelForMaskedLM)
    torch.nn.init.normal_(model.get_output_embeddings().bias)
    words = build(of=SourceEncoder.from_model(model, tiny.tokenizer))
    stitched = words.stitched(model, np.zeros((len(words.rows), 16), np.float32)).eval()
    inputs = tiny.tokenizer(["the cat sleeps"], return_tensors="pt")
    with torch.no_grad():
        got, expected = stitched(**inputs).logits, model(**inputs).logits
    torch.testing.assert_close(got[..., : words.joint.words_from], expected)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_saved_model_is_read_by_plain_transformers(architecture, tmp_path):
    tiny = tiny_encoder(architecture)
    model = tiny.model(AutoModelForSequenceClassification)
    source = SourceEncoder.from_model(model, tiny.tokenizer)
    words = build(of=source)
    stitched = words.stitched(model, np.ones((len(words.rows), source.rows.shape[1]), np.float32)).eval()
    text = "l'chat dogé, dort-il 3,5 the house xyz"
    expected = words.tokenizer(text)["input_ids"]
    folder = save_stitched(stitched, words.tokenizer, tmp_path / "model", {})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer(text)["input_ids"] == expected
    loaded = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    inputs = tokenizer([text], return_tensors="pt")
    with torch.no_grad():
        torch.testing.assert_close(loaded(**inputs).logits, stitched(**inputs).logits)


def test_coverage_counts_what_is_spelled():
    words = build()
    assert coverage(words.tokenizer, ["chat dogs Ж dort"]) == 4 / 5


def test_the_source_needs_an_unknown_token_and_special_tokens_are_no_words():
    vocabulary = TargetVocabulary.from_words(["chat"])
    with pytest.raises(MosecrotError, match="spelled like special tokens"):
        join(
            TargetVocabulary(
                ("[CLS]",), np.zeros(1, np.int64), np.zeros(1, np.int64), vocabulary.segmentation, 0
            ),
            BERT,
        )
    other = encoder()
    other.tokenizer.unk_token = None
    with pytest.raises(MosecrotError, match="no unknown token"):
        join(vocabulary, other)


PIECES = [*STORED, "dog", "do", "g", "the", "...", "d'", "n't", "1", "a", "chats"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, unique=True),
    st.lists(st.text("chatsdogénr'-. ,3451", max_size=20), min_size=1, max_size=4),
)
def test_any_texts_are_cut_the_same_with_the_words_they_use(words, texts):
    whole = build(words, texts=texts)
    part = whole.used_by(texts)
    assert [tokens(part, text) for text in texts] == [tokens(whole, text) for text in texts]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("\u4e2d\u56fd\u4eba\u6c11", min_size=1, max_size=3), min_size=1, unique=True),
    st.lists(st.text("\u4e2d\u56fd\u4eba\u6c11 a,，dog", max_size=12), min_size=1, max_size=3),
)
def test_unspaced_texts_are_cut_the_same_with_the_words_they_use(words, texts):
    whole = build(words, language="zh")
    part = whole.used_by(texts)
    assert [tokens(part, text) for text in texts] == [tokens(whole, text) for text in texts]


def test_clusters_of_signs_are_spelled_too():
    words = build(["chat", ",,", ",", "--", "-"])
    assert words.vocabulary.entries == ("chat", "--", "-"), "the source has no hyphen"
    assert tokens(words, "chat,,") == ["chat", ",", ","]


def test_no_token_is_lost_where_a_number_is_a_word_and_the_sources_too():
    """The name that hides the source's `12` must not be that of its twelfth token, which is unreachable."""
    pieces = [f"Ġ{i}" for i in range(3, 20)]  # no digit below 3, so that 12 is not spelled
    pieces.insert(12 - 3, "Ġ")
    backend = Tokenizer(models.WordLevel({t: i for i, t in enumerate(["<s>", "</s>", "<unk>", *pieces])}))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel()
    backend.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    rows = np.zeros((len(tokenizer), 4), np.float32)
    source = SourceEncoder(tokenizer, rows, False, 20, False, False)
    joint = join(TargetVocabulary.from_words(["chat", "12", "20"]), source)
    assert len(joint.tokenizer) == len(tokenizer) + 3 + len(joint.copied)
    assert sorted(joint.tokenizer.get_vocab().values()) == list(range(len(joint.tokenizer)))
