"""Stitched models: exact where nothing changed, plain Hugging Face directories, nothing half-written."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.stitching import save_stitched, stitch
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary
from mosecrot_core.mapping.tokenizer import build_tokenizer

HEADS = {
    "none": AutoModel,
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
    "masked": AutoModelForMaskedLM,
}
BATCH = [WORDS[:9], WORDS[9:12], WORDS[5:6]]


class Swap:
    """A source model and its own whole words as the target vocabulary, in another order."""

    def __init__(self, architecture, head="sequence"):
        self.tiny = tiny_encoder(architecture)
        self.source = self.tiny.model(HEADS[head])
        self.encoder = SourceEncoder.from_model(self.source, self.tiny.tokenizer)
        self.vocabulary = TargetVocabulary.from_words(WORDS[::-1])
        self.tokenizer = build_tokenizer(self.vocabulary, self.encoder)
        self.old_ids = self.encoder.anchor_ids(self.vocabulary.entries)
        self.rows = self.encoder.rows[self.old_ids]

    def stitch(self, rows=None):
        rows = self.rows if rows is None else rows
        return stitch(self.source, self.tiny.tokenizer, self.tokenizer, rows).eval()

    def source_batch(self, pairs=False):
        texts = [self.tiny.sentence(words) for words in BATCH]
        return self.tiny.tokenizer(texts, texts[::-1] if pairs else None, padding=True, return_tensors="pt")

    def target_batch(self, pairs=False):
        texts = [" ".join(words) for words in BATCH]
        return self.tokenizer(texts, texts[::-1] if pairs else None, padding=True, return_tensors="pt")

    def accepted(self, batch):
        """Inputs that the architecture has: the source tokenizer may return token types that it lacks."""
        names = self.tokenizer.model_input_names
        return {name: batch[name] for name in names}


@torch.no_grad()
def outputs(model, batch):
    result = model(**batch)
    return result.logits if hasattr(result, "logits") else result.last_hidden_state


def random_rows(swap, seed=0):
    return np.random.default_rng(seed).standard_normal(swap.rows.shape, dtype=np.float32)


@pytest.mark.parametrize("pairs", [False, True], ids=["single", "pair"])
@pytest.mark.parametrize("head", ["none", "sequence", "token"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_source_rows_themselves_change_no_logit(architecture, head, pairs):
    swap = Swap(architecture, head)
    before, after = swap.source_batch(pairs), swap.target_batch(pairs)
    assert not torch.equal(before["input_ids"], after["input_ids"])
    expected = outputs(swap.source, swap.accepted(before))
    assert torch.equal(outputs(swap.stitch(), swap.accepted(after)), expected)
    assert not torch.allclose(outputs(swap.stitch(random_rows(swap)), swap.accepted(after)), expected)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_masked_lm_scores_every_word_as_the_source_did(architecture):
    swap = Swap(architecture, "masked")
    stitched = swap.stitch()
    expected = outputs(swap.source, swap.accepted(swap.source_batch()))
    got = outputs(stitched, swap.accepted(swap.target_batch()))
    new_ids = swap.tokenizer.convert_tokens_to_ids(list(swap.vocabulary.entries))
    torch.testing.assert_close(got[..., new_ids], expected[..., swap.old_ids], rtol=1e-5, atol=1e-5)
    assert got.shape[-1] == len(swap.tokenizer) == stitched.config.vocab_size
    output, embedding = stitched.get_output_embeddings(), stitched.get_input_embeddings()
    assert output.weight is embedding.weight
    assert output.out_features == embedding.num_embeddings == output.bias.numel() == len(swap.tokenizer)


def test_output_bias_is_kept_for_special_tokens_and_averaged_for_words():
    for architecture in ARCHITECTURES:
        swap = Swap(architecture, "masked")
        bias = swap.source.get_output_embeddings().bias
        torch.nn.init.normal_(bias)
        stitched = swap.stitch().get_output_embeddings().bias
        words = np.setdiff1d(np.arange(len(bias)), swap.tiny.tokenizer.all_special_ids)
        specials = swap.tokenizer.all_special_ids
        old = swap.tiny.tokenizer.convert_tokens_to_ids(swap.tokenizer.convert_ids_to_tokens(specials))
        assert torch.equal(stitched[specials], bias[old])
        others = np.setdiff1d(np.arange(len(stitched)), specials)
        torch.testing.assert_close(stitched[others], bias[words].mean().expand(len(others)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_lie_where_the_tokenizer_looks(architecture):
    swap = Swap(architecture)
    rows = random_rows(swap)
    weight = swap.stitch(rows).get_input_embeddings().weight.detach().numpy()
    source = swap.source.get_input_embeddings().weight.detach().numpy()
    for token in swap.tokenizer.all_special_tokens:
        old, new = (t.convert_tokens_to_ids(token) for t in (swap.tiny.tokenizer, swap.tokenizer))
        np.testing.assert_array_equal(weight[new], source[old])
    for entry, row in zip(swap.vocabulary.entries, rows, strict=True):
        np.testing.assert_array_equal(weight[swap.tokenizer.convert_tokens_to_ids(entry)], row)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_callers_model_and_random_state_are_untouched(architecture, head):
    swap = Swap(architecture, head)
    before = {name: value.clone() for name, value in swap.source.state_dict().items()}
    config, state = swap.source.config.to_json_string(), torch.get_rng_state()
    stitched = swap.stitch(random_rows(swap))
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        for parameter in stitched.parameters():
            parameter.add_(1.0)
    after = swap.source.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert swap.source.config.to_json_string() == config


def test_a_target_vocabulary_of_the_sources_size_is_no_exception():
    swap = Swap("bert", "masked")
    words = [f"mot{i}" for i in range(len(swap.tiny.tokenizer) - len(swap.encoder.special_ids))]
    swap.vocabulary = TargetVocabulary.from_words(words)
    swap.tokenizer = build_tokenizer(swap.vocabulary, swap.encoder)
    before = swap.source.get_input_embeddings().weight.clone()
    stitched = swap.stitch(np.zeros((len(words), 16), dtype=np.float32))
    assert len(swap.tokenizer) == len(before)
    assert torch.equal(swap.source.get_input_embeddings().weight, before)
    assert stitched.get_output_embeddings().weight is stitched.get_input_embeddings().weight


def test_the_old_embedding_matrix_is_not_copied(monkeypatch):
    swap = Swap("bert")
    copied = []
    deepcopy = torch.nn.Parameter.__deepcopy__
    monkeypatch.setattr(
        torch.nn.Parameter, "__deepcopy__", lambda p, memo: copied.append(tuple(p.shape)) or deepcopy(p, memo)
    )
    swap.stitch()
    assert copied
    assert tuple(swap.source.get_input_embeddings().weight.shape) not in copied


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_configuration_and_padding_follow(architecture):
    swap = Swap(architecture)
    swap.source.config.tokenizer_class = "SomeSlowTokenizer"
    stitched = swap.stitch()
    assert stitched.config.vocab_size == len(swap.tokenizer)
    assert stitched.config.tokenizer_class is None
    assert stitched.get_input_embeddings().padding_idx == swap.tokenizer.pad_token_id
    for role in ("pad", "bos", "eos", "cls", "sep", "mask"):
        expected = getattr(swap.tokenizer, f"{role}_token_id")
        if expected is not None:
            assert getattr(stitched.config, f"{role}_token_id") == expected


def test_half_precision_stays():
    swap = Swap("bert")
    swap.source.to(torch.bfloat16)
    stitched = swap.stitch()
    assert {p.dtype for p in stitched.parameters()} == {torch.bfloat16}


def test_errors_print_both_shapes():
    swap = Swap("electra")
    count, width = swap.rows.shape
    for wrong in (swap.rows[:-1], np.zeros((count, 16), dtype=np.float32)):
        with pytest.raises(MosecrotError) as caught:
            swap.stitch(wrong)
        assert str((count, width)) in str(caught.value)
        assert str(wrong.shape) in str(caught.value)


def test_rows_that_are_not_finite_are_refused():
    swap = Swap("bert")
    swap.rows[3, 2] = np.nan
    with pytest.raises(MosecrotError, match="1 of 16 rows hold NaN"):
        swap.stitch()


def test_a_foreign_tokenizer_is_refused():
    bert, roberta = Swap("bert"), Swap("roberta")
    with pytest.raises(MosecrotError, match="no row for the special tokens"):
        stitch(bert.source, bert.tiny.tokenizer, roberta.tokenizer, roberta.rows)


def test_a_moved_pad_token_is_refused_where_positions_hang_on_it():
    swap = Swap("roberta")
    swap.tokenizer.pad_token = "<unk>"
    swap.tokenizer.add_special_tokens({"extra_special_tokens": ["<pad>"]})
    with pytest.raises(MosecrotError, match="counts positions from its pad token's id, 1, which is 3"):
        swap.stitch()


def test_an_output_layer_of_its_own_is_refused():
    swap = Swap("bert", "masked")
    swap.tiny.config.tie_word_embeddings = False
    swap.source = swap.tiny.model(AutoModelForMaskedLM)
    with pytest.raises(MosecrotError, match="not tied"):
        swap.stitch()


# --- on disk

LOAD = """
import json, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "mosecrot_core":
            raise ImportError("mosecrot_core is not here")
sys.meta_path.insert(0, Refuse())
try:
    import mosecrot_core
    raise SystemExit("mosecrot_core was importable")
except ImportError:
    pass
import torch, transformers
from transformers import AutoModelForSequenceClassification, AutoModelForMaskedLM, AutoTokenizer
results = {}
for name in sys.argv[2:]:
    folder = f"{sys.argv[1]}/{name}"
    head = AutoModelForMaskedLM if name.endswith("masked") else AutoModelForSequenceClassification
    tokenizer, model = AutoTokenizer.from_pretrained(folder), head.from_pretrained(folder).eval()
    texts = json.load(open(f"{sys.argv[1]}/texts.json"))
    with torch.no_grad():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
    output = model.get_output_embeddings()
    tied = output is not None and output.weight is model.get_input_embeddings().weight
    results[name] = [tied, tokenizer.tokenize(texts[0]), logits]
torch.save(results, f"{sys.argv[1]}/results.pt")
"""


def test_saved_models_load_without_this_package_and_give_the_same_logits(tmp_path):
    texts = ["L'dog the-cat, 1,5 zzz!", "red house", "a"]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    expected = {}
    for architecture in ARCHITECTURES:
        for head in ("sequence", "masked"):
            swap = Swap(architecture, head)
            words = [*WORDS, "l'", "L'", "1,5", ",", "-", "the-cat", "!"]
            swap.tokenizer = build_tokenizer(TargetVocabulary.from_words(words), swap.encoder)
            rows = np.random.default_rng(0).standard_normal(
                (len(words), swap.rows.shape[1]), dtype=np.float32
            )
            stitched, name = swap.stitch(rows), f"{architecture}-{head}"
            swap.tokenizer(
                texts, padding=True, truncation=True, max_length=5
            )  # Leaves both enabled in the backend.
            save_stitched(stitched, swap.tokenizer, tmp_path / name, {"language": "xx"})
            inputs = swap.tokenizer(texts, padding=True, return_tensors="pt")
            expected[name] = [head == "masked", swap.tokenizer.tokenize(texts[0]), outputs(stitched, inputs)]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path), *expected], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert expected["bert-sequence"][1] == ["L'", "dog", "the-cat", ",", "1,5", "[UNK]", "!"]
    got = torch.load(tmp_path / "results.pt")
    for name, (tied, tokens, logits) in expected.items():
        assert got[name][:2] == [tied, tokens], name
        assert torch.equal(got[name][2], logits), name


def test_the_directory_is_a_standard_one(tmp_path):
    swap = Swap("bert")
    folder = save_stitched(
        swap.stitch(), swap.tokenizer, tmp_path / "deep/model", {"seed": 3, "language": "fr"}
    )
    files = {path.name for path in folder.iterdir()}
    assert {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "mosecrot.json",
    } == files
    assert json.loads((folder / "mosecrot.json").read_text()) == {"seed": 3, "language": "fr"}
    saved = json.loads((folder / "tokenizer.json").read_text())
    assert saved["padding"] is None
    assert saved["truncation"] is None
    assert type(AutoTokenizer.from_pretrained(folder)) is type(swap.tokenizer)


def test_an_earlier_result_is_replaced_but_nothing_else(tmp_path):
    swap = Swap("bert")
    folder = tmp_path / "model"
    save_stitched(swap.stitch(), swap.tokenizer, folder, {"run": 1})
    (folder / "stale.txt").write_text("old")
    save_stitched(swap.stitch(), swap.tokenizer, folder, {"run": 2})
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1  # whoever reads one reads all
    assert json.loads((folder / "mosecrot.json").read_text()) == {"run": 2}
    assert not (folder / "stale.txt").exists()
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    save_stitched(swap.stitch(), swap.tokenizer, thesis, {})
    (thesis / "mosecrot.json").unlink()
    with pytest.raises(MosecrotError, match="no stitched model"):
        save_stitched(swap.stitch(), swap.tokenizer, thesis, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "thesis"]


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), SafetensorError("No space left")]
)
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, failure):
    swap = Swap("bert")
    stitched = swap.stitch()
    save_stitched(stitched, swap.tokenizer, tmp_path / "old", {"run": 1})

    def fail(folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise failure

    monkeypatch.setattr(stitched, "save_pretrained", fail)
    for name in ("new", "old"):
        with pytest.raises(MosecrotError, match="No space left"):
            save_stitched(stitched, swap.tokenizer, tmp_path / name, {"run": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert json.loads((tmp_path / "old/mosecrot.json").read_text()) == {"run": 1}
    assert AutoModelForSequenceClassification.from_pretrained(tmp_path / "old") is not None
