"""Attachment scores, held to the script of the CoNLL 2018 shared task as Universal Dependencies keeps it."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mosecrot_core.learning.tasks.dependencies import RELATIONS, DependenciesSettings
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.tree_scores import attachment_scores, tree_labels, tree_scores
from mosecrot_core.learning.trees import best_tree

DATA = Path(__file__).parents[2] / "shared/data/ud"
N = len(RELATIONS)


def official(gold, system):
    from udtools.udeval import evaluate, load_conllu_file

    found = evaluate(load_conllu_file(str(gold), {}), load_conllu_file(str(system), {}))
    return {"las": found["LAS"].f1, "uas": found["UAS"].f1}


def disturbed(part, rng, *, only_counted):
    """Other trees over the same sentences, some arcs and some relations of which are right."""
    heads, relations = [], []
    for own, names, counted in zip(part.heads, part.relations, part.counted, strict=True):
        scores = rng.standard_normal((len(own) + 1, len(own) + 1))
        right = np.array(own)
        scores[np.arange(1, len(own) + 1), right] += 3
        kept = ~np.array(counted) & only_counted
        scores[np.flatnonzero(kept) + 1, right[kept]] += 1e4
        heads.append(best_tree(scores))
        drawn = rng.integers(0, N, len(own))
        relations.append(np.where((rng.random(len(own)) < 0.7) | kept, names, drawn))
    return np.concatenate(heads), np.concatenate(relations)


def written(path, lines, heads, relations):
    """Write a treebank with other heads and relations, some of which get a subtype."""
    rows = iter(zip(heads.tolist(), relations.tolist(), strict=True))
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if cells[0].isdecimal():
                head, relation = next(rows)
                subtype = ":any" if head % 3 == 1 else ""
                cells[6:8] = [str(head), RELATIONS[relation] + subtype]
            file.write("\t".join(cells) + "\n")
    assert next(rows, None) is None
    return path


@pytest.mark.parametrize(("treebank", "split"), [("mt_mudt", "dev"), ("de_gsd", "dev"), ("en_ewt", "test")])
def test_as_the_shared_task_scores(treebank, split, tmp_path):
    pytest.importorskip("udtools")
    path = DATA / f"{treebank}-ud-{split}.conllu.gz"
    if not path.exists():
        pytest.skip("no shared/data/ud beside this clone")
    settings = DependenciesSettings(files={"xx": {split: str(path)}}, longest=800)
    part = settings.load(["xx"]).get("xx", split)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = list(file)
    gold = tmp_path / "gold.conllu"
    gold.write_text("".join(lines), encoding="utf-8")
    right = np.divmod(tree_labels(part, N), N)
    everything, counted = np.ones(len(right[0]), bool), np.concatenate(part.counted)
    assert 0.05 < 1 - counted.mean() < 0.25, "punctuation and symbols"

    heads, relations = disturbed(part, np.random.default_rng(0), only_counted=False)
    wanted = official(gold, written(tmp_path / "system.conllu", lines, heads, relations))
    found = attachment_scores(right, (heads, relations), everything)
    assert found == pytest.approx(wanted, abs=1e-12)
    assert 0.3 < found["las"] < found["uas"] < 0.9

    # The script knows no words that do not count: with all of these right, its errors are the others'.
    heads, relations = disturbed(part, np.random.default_rng(1), only_counted=True)
    wanted = official(gold, written(tmp_path / "system.conllu", lines, heads, relations))
    found = tree_scores(part, heads * N + relations, N)
    for metric, score in wanted.items():
        assert (1 - found[metric]) * counted.sum() == pytest.approx((1 - score) * len(counted), abs=1e-6)


PART = LabelledTrees(
    (("a", "b", "."), ("c",)), ((2, 0, 2), (0,)), ((1, 2, 0), (2,)), ((True, True, False), (True,))
)


def labels(*pairs):
    return np.array([head * 3 + relation for head, relation in pairs])


def test_words_that_do_not_count():
    assert tree_labels(PART, 3).tolist() == [7, 2, 6, 2]
    assert tree_scores(PART, tree_labels(PART, 3), 3) == {"las": 1, "uas": 1}
    found = tree_scores(PART, labels((2, 0), (0, 2), (1, 1), (0, 2)), 3)
    assert found == pytest.approx({"las": 2 / 3, "uas": 1})
    nothing = LabelledTrees((("!",),), ((0,),), ((2,),), ((False,),))
    assert tree_scores(nothing, labels((0, 2)), 3) == {"las": 0, "uas": 0}


def test_words_that_are_not_read_are_wrong_and_as_wu_et_al_left_out():
    said = labels((1, 1), (0, 2), (2, 0), (0, 0))
    assert tree_scores(PART, said, 3) == pytest.approx({"las": 1 / 3, "uas": 2 / 3})
    assert tree_scores(PART, said, 3, "wu2022") == pytest.approx({"las": 1 / 2, "uas": 1})
