"""Sentences as a parser is given them, and its answers, held to sentences read one by one."""

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import AutoModel, PreTrainedTokenizerFast

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import prediction
from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.parser_model import NO_ARC
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import train_model
from mosecrot_core.learning.tree_head import TreeHead
from mosecrot_core.learning.tree_parts import TreeDev
from mosecrot_core.learning.tree_windows import best_trees, node_labels, tree_windows, word_labels
from mosecrot_core.learning.trees import best_tree, is_tree

NAMES = ("dep", "det", "root")
R = len(NAMES)
SILENT = "\u200b"


def trees(seed, n=9, longest=12):
    """Random words and random trees over them."""
    rng = np.random.default_rng(seed)
    words = [tuple(map(str, rng.choice(WORDS[:9], rng.integers(1, longest)))) for _ in range(n)]
    heads = [tuple(best_tree(rng.standard_normal((len(w) + 1, len(w) + 1))).tolist()) for w in words]
    relations = [tuple(rng.integers(0, R, len(w)).tolist()) for w in words]
    counted = [tuple(bool(x) for x in rng.random(len(w)) < 0.8) for w in words]
    return LabelledTrees(tuple(words), tuple(heads), tuple(relations), tuple(counted))


def new_model(folder, architecture="bert", compat=None, seed=0):
    tiny = tiny_encoder(architecture)
    tiny.model(AutoModel).save_pretrained(folder / architecture)
    torch.manual_seed(seed)
    return TreeHead(NAMES, 40, compat).new_model(folder / architecture).eval()


def slow_labels(model, tokenizer, words, compat=None):
    """Read one sentence by itself: the words' first subwords are found by hand."""
    pieces = [
        tokenizer.encode(" " + word if "Ġa" in tokenizer.get_vocab() else word, add_special_tokens=False)
        for word in words
    ]
    ids = [tokenizer.cls_token_id, *(i for own in pieces for i in own), tokenizer.sep_token_id]
    starts = np.cumsum([0, 1, *map(len, pieces)])[: len(words) + 1]
    with torch.no_grad():
        logits = model(
            input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            nodes=torch.tensor([starts.tolist()]),
        ).logits[0].double()  # fmt: skip
    best = logits.amax(2).numpy()
    heads = best_tree(np.exp(best) if compat else best)
    relations = [
        0 if compat and head == 0 else int(logits[i, head].argmax()) for i, head in enumerate(heads, 1)
    ]
    return heads * R + np.array(relations), logits


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", 60)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("compat", [None, "wu2022"])
def test_parts_read_together_are_read_as_one_by_one(tmp_path, architecture, compat):
    model, tokenizer = new_model(tmp_path, architecture, compat), tiny_encoder(architecture).tokenizer
    head, reader = TreeHead(NAMES, 40, compat), Reader(tokenizer, max_length=8)
    parts = {"en": trees(0), "fr": trees(1)}
    evaluation = EvaluationSet(head, {name: (reader, part) for name, part in parts.items()})
    answers = evaluation.answers(Interpolation([model, model], rows=evaluation.rows).at((1.0, 0.0)))
    labels, scores = evaluation.labels(answers), evaluation.scores(answers)
    for name, part in parts.items():
        wanted, losses = [], []
        for words, heads, relations in zip(part.sentences, part.heads, part.relations, strict=True):
            found, logits = slow_labels(model, tokenizer, words, compat)
            wanted.append(found)
            losses += [
                -float(logits[i, h, r])
                for i, (h, r) in enumerate(zip(heads, relations, strict=True), 1)
                if h or not compat
            ]
        np.testing.assert_array_equal(labels[name], np.concatenate(wanted))
        np.testing.assert_array_equal(head.predict(model, reader, part), labels[name])
        assert scores[name]["loss"] == pytest.approx(np.mean(losses), rel=1e-3)
        right = np.array(head.unit_labels(part))
        counted = np.concatenate(part.counted)
        assert scores[name]["las"] == pytest.approx((right == labels[name])[counted].mean())
        assert scores[name]["uas"] == pytest.approx((right // R == labels[name] // R)[counted].mean())
        at_root = labels[name][labels[name] // R == 0]
        assert len(at_root) == len(part), "one root a sentence"
        assert not compat or (at_root == 0).all()


def test_a_digest_names_all_that_scores_depend_on():
    reader, part = Reader(tiny_encoder("bert").tokenizer), trees(0)
    others = [
        LabelledTrees(
            part.sentences, part.heads, part.relations, tuple((True,) * len(w) for w in part.sentences)
        ),
        LabelledTrees(part.sentences, part.heads, tuple((0,) * len(w) for w in part.sentences), part.counted),
    ]
    heads = [TreeHead(NAMES), TreeHead(NAMES, compat="wu2022"), TreeHead(("dep", "det", "obj"))]
    digests = [EvaluationSet(head, {"en": (reader, part)}).digest for head in heads]
    digests += [EvaluationSet(heads[0], {"en": (reader, other)}).digest for other in others]
    assert len(set(digests)) == 5
    assert digests[0] == EvaluationSet(TreeHead(NAMES), {"en": (reader, trees(0))}).digest


def test_names_of_words_labels():
    names = TreeHead(NAMES, 2).unit_names
    assert names[:4] == ("0:dep", "0:det", "0:root", "1:dep")
    assert names[-1] == "3:root", "of a word that was cut off"
    part = LabelledTrees((("a", "b"),), ((3, 0),), ((1, 2),), ((True, True),))
    assert [names[label] for label in TreeHead(NAMES, 2).unit_labels(part)] == ["3:det", "0:root"]


def test_words_that_leave_no_subword_or_do_not_fit_are_no_nodes():
    reader = Reader(tiny_encoder("bert").tokenizer)
    part = LabelledTrees(
        ((SILENT, "the", "dog", "runs", "under"), (SILENT,)),
        ((2, 3, 4, 0, 1), (0,)), ((0, 1, 0, 2, 1), (2,)), ((True,) * 5, (True,)),
    )  # fmt: skip
    (window,) = tree_windows(reader, part)
    assert window.words == (1, 2, 3, 4)
    assert window.inputs["nodes"] == [0, 1, 2, 3, 4]
    assert node_labels(window, part, R) == [NO_ARC, 2 * R + 1, 3 * R + 0, 2, NO_ARC]
    (short,) = tree_windows(reader, part, max_length=4)
    assert short.words == (1, 2)
    assert node_labels(short, part, R) == [NO_ARC, 2 * R + 1, NO_ARC]
    said = word_labels(window, np.array([2, 0, 2, 3]), np.array([1, 2, 0, 1]), R)
    assert said.tolist() == [3 * R + 1, 2, 3 * R + 0, 4 * R + 1], "heads are words again"


def test_what_is_no_node_is_its_own_head_and_never_right(tmp_path):
    model, reader = new_model(tmp_path), Reader(tiny_encoder("bert").tokenizer)
    part = LabelledTrees(
        (("dog", SILENT, "runs"), (SILENT,)), ((3, 3, 0), (0,)), ((1, 0, 2), (2,)),
        ((True,) * 3, (True,)),
    )  # fmt: skip
    for compat, words in ((None, 4), ("wu2022", 2)):
        head = TreeHead(NAMES, 9, compat)
        found = head.predict(model, reader, part)
        assert found[[1, 3]].tolist() == [2 * R, 1 * R]
        right = (found == head.unit_labels(part)).sum()
        assert head.unit_scores(part, found)["las"] == pytest.approx(right / words)
        assert np.isnan(head.encoded(reader, part).read(model, reader.tokenizer)[[1, 3]]).all()


def test_a_tokenizer_without_a_special_token_in_front_is_refused():
    backend = tiny_encoder("bert").tokenizer.backend_tokenizer.from_str(
        tiny_encoder("bert").tokenizer.backend_tokenizer.to_str()
    )
    backend.post_processor = None
    bare = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]")
    with pytest.raises(MosecrotError, match="special token in front"):
        tree_windows(Reader(bare), trees(0))


def test_the_best_tree_is_the_most_probable_one_and_wu_et_als_has_the_largest_sum():
    """Word 1 is the root; then .1 and .9, or .45 and .5."""
    p = torch.full((1, 4, 4, 2), 1e-12)
    p[0, 1, 0, 1] = 0.8
    p[0, 2, 1, 0], p[0, 3, 2, 1] = 0.1, 0.9
    p[0, 3, 1, 1], p[0, 2, 3, 0] = 0.45, 0.5
    ((heads, relations),) = best_trees(p.log(), [3])
    assert (heads.tolist(), relations.tolist()) == ([0, 3, 1], [1, 0, 1])
    p[0, :, 0] = 0
    ((heads, relations),) = best_trees(p.log(), [3], "wu2022")
    assert (heads.tolist(), relations.tolist()) == ([0, 1, 2], [0, 0, 1])


@pytest.mark.parametrize("compat", [None, "wu2022"])
def test_a_mix_that_overflows_still_says_some_tree(compat):
    logits = torch.full((2, 5, 5, R), torch.nan)
    logits[1, 2, 3] = -1.0
    for heads, _ in best_trees(logits, [4, 3], compat):
        assert is_tree(heads)


def test_a_dev_set_is_scored_as_its_sentences_are_read(tmp_path):
    model, reader, part = new_model(tmp_path), Reader(tiny_encoder("bert").tokenizer), trees(4, n=23)
    head, config = TreeHead(NAMES, 40), TrainConfig(select="best_on_dev", epochs=1, batch_size=3)
    task = head.task(reader, (part, part), config)
    assert isinstance(task.dev, TreeDev)
    seen = []
    score = task.dev.score
    task.dev.score = lambda *arrays: seen.append(score(*arrays)) or seen[-1]
    train_model(lambda: model, reader.tokenizer, task, config, 0, tmp_path / "work")
    assert seen == [pytest.approx(head.scores(model, reader, part))]
