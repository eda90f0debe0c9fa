"""The reader of trees: what it makes of a file, what it refuses and where, and the real treebanks."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.dependencies import RELATIONS, DependenciesSettings
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees, TreeCorpus

DATA = Path(__file__).parents[2] / "shared/data/ud"
UD = """\
# sent_id = 1
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\t_\t3\tdet:poss\t_\t_
3\tcafé\tcafé\tNOUN\t_\t_\t0\troot\t_\t_
3.1\tnothing\t_\tVERB\t_\t_\t_\t_\t_\t_
4\t#\t#\tSYM\t_\t_\t3\tdep\t_\t_

# sent_id = 2
1\tAh\t_\tINTJ\t_\t_\t0\troot\t_\t_
2\t!\t_\tPUNCT\t_\t_\t1\tpunct\t_\t_
"""


def read(path, content=None, split="train", **settings):
    if content is not None:
        path.write_text(content, encoding="utf-8")
    return DependenciesSettings(files={"en": {split: path.name}}, **settings).load(["en"], path.parent)


def named(part):
    return [
        [f"{word} {head}:{RELATIONS[relation]}" for word, head, relation in zip(*tree, strict=True)]
        for tree in zip(part.sentences, part.heads, part.relations, strict=True)
    ]


def test_syntactic_words_without_subtypes(tmp_path):
    corpus = read(tmp_path / "a.conllu", UD.replace("\n", "\r\n"))
    part = corpus.get("en", "train")
    assert named(part) == [["de 3:case", "le 3:det", "café 0:root", "# 3:dep"], ["Ah 0:root", "! 1:punct"]]
    assert part.counted == ((True, True, True, False), (True, False))
    assert corpus.label_names == RELATIONS == tuple(sorted(set(RELATIONS)))
    assert len(RELATIONS) == 37


def test_of_a_long_sentence_the_first_words_are_read(tmp_path):
    """Heads behind them stay, as a number that no word has."""
    corpus = read(tmp_path / "a.conllu", UD, longest=2)
    assert named(corpus.get("en", "train")) == [["de 3:case", "le 3:det"], ["Ah 0:root", "! 1:punct"]]
    assert read(tmp_path / "a.conllu", longest=1).get("en", "train").heads == ((2,), (0,))
    assert (corpus.longest, corpus.compat) == (2, None)
    assert read(tmp_path / "a.conllu", compat="wu2022").compat == "wu2022"


def row(number, head, relation="dep", word="a", tag="NOUN"):
    return "\t".join([str(number), word, "_", tag, "_", "_", str(head), relation, "_", "_"])


def rows(*heads):
    return "\n".join(row(number, head) for number, head in enumerate(heads, 1)) + "\n"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", None, "holds none"),
        ("# only a comment\n", None, "holds none"),
        (rows(0).replace("\t_\t_\n", "\t_\n"), 1, "10 columns parted by tabs expected, 9 found"),
        (rows(0, 1, 4), 3, "head 4 of a sentence of 3 words"),
        (rows(0) + "\n" + rows(2, 0, "x"), 5, "the number of a word's head expected, 'x' found"),
        (rows(0, "_"), 2, "'_' found. Is the treebank parsed?"),
        (rows(0, -1), 2, "'-1' found"),
        (rows(0, "9" * 5000), 2, "the number of a word's head expected"),
        (rows(0, "\u0661"), 2, "the number of a word's head expected"),
        ("# c\n" + rows(0, 1, 0), 4, "one root expected, this is another: 'a' beside 'a'"),
        (rows(2, 3, 1), 1, "circle, 1 -> 2 -> 3 -> 1, and there is no root"),
        (rows(0, 3, 4, 3), 3, "circle, 3 -> 4 -> 3"),
        (rows(0, 2), 2, "circle, 2 -> 2"),
        (rows(1), 1, "circle, 1 -> 1, and there is no root"),
        (row(1, 0) + "\n" + row(3, 1), 2, "word 2 expected, 3 found"),
        (row(1, 0) + "\n" + row(1, 1), 2, "word 2 expected, 1 found"),
        (row(1, 0, "ROOT"), 1, "label 'ROOT' is not known; the labels are acl, advcl"),
        (row(1, 0, ""), 1, "label '' is not known"),
        (row("x", 0), 1, "a word behind its number expected"),
        (row(1, 0, word="_"), None, "words are withheld"),
    ],
)
def test_what_is_no_tree_is_refused_with_its_line(tmp_path, content, line, says):
    path = tmp_path / "a.conllu"
    with pytest.raises(InputError) as raised:
        read(path, content)
    assert (raised.value.path, raised.value.line) == (path, line)
    assert says in str(raised.value)


def test_a_sentence_as_deep_as_it_is_long(tmp_path):
    part = read(tmp_path / "a.conllu", rows(*range(5000)), longest=800).get("en", "train")
    assert part.heads[0] == tuple(range(800))


def test_folders_and_samples_are_as_for_parts_of_speech(tmp_path):
    (tmp_path / "UD_French-GSD").mkdir()
    (tmp_path / "UD_French-GSD" / "fr_gsd-ud-dev.conllu.gz").write_bytes(gzip.compress(UD.encode()))
    settings = DependenciesSettings(languages={"fr": "fr_gsd"}, sample={"dev": 1})
    assert len(settings.load(["fr"], tmp_path).get("fr", "dev")) == 1
    with pytest.raises(InputError, match=r"language 'mt' are called is not known"):
        settings.load(["mt"], tmp_path)


@pytest.mark.parametrize(
    ("words", "heads", "relations", "says"),
    [
        ((("a",), ("b",)), ((0,),), ((0,), (0,)), "trees of all 2 sentences"),
        (((),), ((),), ((),), "at least one word"),
        ((("a", "b"),), ((0,),), ((0, 0),), "a head, a relation and a mark a word"),
        ((("a", "b"),), ((0, 2),), ((0, 0),), "heads that are other words"),
        ((("a", "b"),), ((0, -1),), ((0, 0),), "heads that are other words"),
    ],
)
def test_parts_hold_what_belongs_together(words, heads, relations, says):
    counted = tuple(tuple(True for _ in own) for own in words)
    with pytest.raises(ValueError, match=says):
        LabelledTrees(words, heads, relations, counted)


def test_a_corpus_says_how_long_its_sentences_are():
    part = LabelledTrees((("a", "b"),), ((0, 4),), ((0, 1),), ((True, True),))
    assert TreeCorpus(("x", "y"), {("en", "dev"): part}, longest=3).longest == 3
    with pytest.raises(ValueError, match="heads up to 3 expected"):
        TreeCorpus(("x", "y"), {("en", "dev"): part}, longest=2)
    with pytest.raises(ValueError, match="sentences of 1 words at most"):
        TreeCorpus(("x", "y"), {("en", "dev"): part}, longest=1)
    with pytest.raises(ValueError, match="labels must lie in"):
        TreeCorpus(("x",), {("en", "dev"): part})


@pytest.mark.parametrize("name", ["mt_mudt-ud-train", "fo_farpahc-ud-train", "de_gsd-ud-test"])
def test_real_treebanks_against_the_conllu_library(name):
    import conllu

    path = DATA / f"{name}.conllu.gz"
    if not path.exists():
        pytest.skip("no shared/data/ud beside this clone")
    settings = DependenciesSettings(files={"xx": {"train": str(path)}}, longest=800)
    part = settings.load(["xx"]).get("xx", "train")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        wanted = [
            [
                (token["form"], token["head"], token["deprel"].split(":")[0], token["upos"])
                for token in sentence
                if isinstance(token["id"], int)
            ]
            for sentence in conllu.parse_incr(file)
        ]
    names = [[RELATIONS[relation] for relation in own] for own in part.relations]
    found = [list(zip(*tree, strict=True)) for tree in zip(part.sentences, part.heads, names, strict=True)]
    assert found == [[row[:3] for row in sentence] for sentence in wanted]
    counted = [[tag not in ("PUNCT", "SYM") for *_, tag in sentence] for sentence in wanted]
    assert [list(own) for own in part.counted] == counted
    assert np.mean([own.count(0) for own in part.heads]) == 1
