"""XNLI: real files where there are any, built ones of every layout, and what is not as published."""

import gzip
import io
import json
from collections import Counter
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
from hub_stand_in import hub_stand_in
from pyarrow import parquet
from pydantic import TypeAdapter, ValidationError
from test_published_tasks import load_with, refusal, write

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.xnli import XnliSettings
from mosecrot_core.runs.experiment import Task

SHARED = Path(__file__).parents[2] / "shared/data/xnli"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data sets are not at {SHARED}")
LANGUAGES = "ar bg de el en es fr hi ru sw th tr ur vi zh".split()  # noqa: SIM905
LABELS = ("entailment", "neutral", "contradiction")
_PEOPLE = """
language gold_label sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse
sentence1 sentence2 promptID pairID genre label1 label2 label3 label4 label5
sentence1_tokenized sentence2_tokenized match
"""
PEOPLE = _PEOPLE.split()


def rows(language, split):
    """Three pairs, one of each label; quotes are ordinary characters."""
    return [
        (f'{language} {split} "{label}', f"l'hypothèse {number}" + '"' * (number == 1), label)
        for number, label in enumerate(("neutral", "contradiction", "entailment"))
    ]


def tsv(lines):
    return "".join("\t".join(line) + "\n" for line in lines)


def by_people(split, languages=LANGUAGES):
    cells = [dict.fromkeys(PEOPLE, "x") for _ in range(3 * len(languages))]
    found = [(language, *row) for language in languages for row in rows(language, split)]
    for cell, (language, premise, hypothesis, label) in zip(cells, found, strict=True):
        cell |= {
            "language": language, "gold_label": label, "sentence1": premise, "sentence2": hypothesis,
            "sentence1_tokenized": "autre", "match": "True",
        }  # fmt: skip
    return tsv([PEOPLE, *(cell.values() for cell in cells)])


def by_machine(language):
    own = [
        (premise, hypothesis, label.replace("contradiction", "contradictory"))
        for premise, hypothesis, label in rows(language, "train")
    ]
    return tsv([("premise", "hypo", "label"), *own])


def archives(languages=("fr", "zh"), people="", machine="multinli/"):
    return {
        f"{people}xnli.dev.tsv": by_people("dev"), f"{people}xnli.test.tsv": by_people("test"),
        **{f"{machine}multinli.train.{language}.tsv": by_machine(language) for language in languages},
    }  # fmt: skip


def table(language, split):
    premises, hypotheses, labels = zip(*rows(language, split), strict=True)
    numbers = [LABELS.index(label) for label in labels]
    return pa.table({"premise": premises, "hypothesis": hypotheses, "label": pa.array(numbers, pa.int64())})


def on_the_hub(languages=("fr", "zh"), form="{language}/{split}-00000-of-00001.parquet"):
    names = {"train": "train", "dev": "validation", "test": "test"}
    return {
        form.format(language=language, split=name): table(language, split)
        for language in languages
        for split, name in names.items()
    }


def bare(languages=("fr", "zh"), suffix=""):
    return {
        f"{split}-{language}.tsv{suffix}": tsv(rows(language, split))
        for language in languages
        for split in SPLITS
    }


def named(corpus, language, split):
    part = corpus.get(language, split)
    return [(*row, corpus.label_names[label]) for row, label in zip(part.rows, part.labels, strict=True)]


LAYOUTS = {
    "two archives in one folder": archives(),
    "as the archives unpack": archives(people="XNLI-1.0/", machine="XNLI-MT-1.0/multinli/"),
    "all in one folder": archives(machine=""),
    "Parquet of the hub": on_the_hub(),
    "Parquet of its conversion": on_the_hub(form="{language}/{split}/0000.parquet"),
    "a file a language": bare(),
    "packed": {f"{name}.gz": gzip.compress(text.encode()) for name, text in bare().items()},
    "with a header": {
        name: tsv(line.split("\t")[::-1] for line in f"premise\thypothesis\tlabel\n{text}".splitlines())
        for name, text in bare().items()
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_pairs(tmp_path, layout):
    corpus = XnliSettings(source=str(write(tmp_path, LAYOUTS[layout]))).load(["fr", "zh"])
    assert corpus.label_names == LABELS
    assert corpus.main_metric == "accuracy"
    for language, split in product(("fr", "zh"), SPLITS):
        assert named(corpus, language, split) == rows(language, split)


@needs_shared
def test_real_xnli():
    languages = ["en", "fr", "de", "zh", "es"]
    corpus = XnliSettings(source=str(SHARED)).load(languages)
    for language, (split, size) in product(languages, {"dev": 2490, "test": 5010}.items()):
        part = corpus.get(language, split)
        assert Counter(part.labels) == dict.fromkeys(range(3), size // 3)
        assert part.labels == corpus.get("en", split).labels, "the same pairs in every language"
        assert all(text == text.strip() != "" for row in part.rows for text in row)
        assert len({premise for premise, _ in part.rows}) <= size / 2, "several hypotheses a premise"
    first = ("And he said, Mama, I'm home.", "He didn't say a word.", "contradiction")
    assert named(corpus, "en", "dev")[1] == first
    assert not {split for _, split in corpus.splits} & {"train"}


@needs_shared
def test_real_dev_pairs_in_the_place_of_train():
    splits = {"train": str(SHARED / "dev-fr.tsv.gz"), "test": str(SHARED / "test-fr.tsv.gz")}
    settings = XnliSettings(source=str(SHARED), files={"fr": splits}, sample={"train": 300})
    corpus, whole = settings.load(["fr", "en"]), XnliSettings(source=str(SHARED)).load(["fr", "en"])
    assert set(corpus.splits) == {("fr", "train"), ("fr", "test"), ("en", "dev"), ("en", "test")}
    assert corpus.get("fr", "test") == whole.get("fr", "test")
    drawn, every = (named(corpus, "fr", "train"), named(whole, "fr", "dev"))
    assert len(drawn) == 300
    places = iter(every)
    assert all(pair in places for pair in drawn), "in their old order"


def test_own_files_may_be_of_any_layout(tmp_path):
    write(tmp_path, {
        "alle": by_people("dev", ["de", "xx"]), "mt.tsv": by_machine("xx"), "xx": tsv(rows("xx", "test")),
        "hub.parquet": table("de", "test"),
    })  # fmt: skip
    files = {
        "xx": {"train": "mt.tsv", "dev": "alle", "test": "xx"}, "de": {"dev": "alle", "test": "hub.parquet"},
    }  # fmt: skip
    corpus = XnliSettings(files=files).load(["xx", "de"], tmp_path)
    for language, split in product(("xx", "de"), SPLITS):
        if (language, split) != ("de", "train"):
            assert named(corpus, language, split) == rows(language, split)
    inputs = XnliSettings(files=files).inputs(["xx", "de"], tmp_path)
    assert inputs.files["de", "dev"] == inputs.files["xx", "dev"] == (tmp_path / "alle",)
    assert not {"files", "source"} & set(inputs.settings)


def test_a_sample_draws_whole_pairs(tmp_path):
    lines = [(f"p{i}", f"h{i}", LABELS[i % 3]) for i in range(60)]
    write(tmp_path, {"train-fr.tsv": tsv(lines)})
    drawn = named(XnliSettings(source=str(tmp_path), sample={"train": 20}).load(["fr"]), "fr", "train")
    assert len(set(drawn)) == 20
    assert set(drawn) <= set(lines)
    settings = [XnliSettings(source=str(tmp_path), sample={"train": 20, "seed": seed}) for seed in (0, 0, 1)]
    assert settings[0].load(["fr"]) == settings[1].load(["fr"]) != settings[2].load(["fr"])


def test_what_a_machine_left_empty_stays_what_people_wrote_may_not_be(tmp_path):
    lines = [("premise", "hypo", "label"), ("a", "", "neutral"), ("", "b", "contradictory")]
    write(tmp_path, {"multinli.train.fr.tsv": tsv(lines)})
    pairs = named(XnliSettings(source=str(tmp_path)).load(["fr"]), "fr", "train")
    assert pairs == [("a", "", "neutral"), ("", "b", "contradiction")]
    write(tmp_path, {"multinli.train.fr.tsv": tsv([lines[0], ("", " ", "neutral")])})
    assert "train.fr.tsv:2: column 'premise' is empty" in refusal(XnliSettings(source=str(tmp_path)))


def test_the_hub_gives_what_is_asked_for(tmp_path):
    def packed(content):
        stream = io.BytesIO()
        parquet.write_table(content, stream)
        return stream.getvalue()

    files = {name: packed(content) for name, content in on_the_hub().items()}
    files |= {"all_languages/train-00000-of-00004.parquet": b"", "README.md": b""}
    with hub_stand_in({"datasets/facebook/xnli": files}) as (address, asked):
        said = load_with(address, tmp_path, {"name": "xnli"}, "fr")
        premises, hypotheses, labels = zip(*rows("fr", "dev"), strict=True)
        assert str((("fr", "dev"), premises, hypotheses, tuple(map(LABELS.index, labels)))) in said
        fetched = {path.partition("/resolve/")[2].partition("/")[2] for path in asked if "/resolve/" in path}
        assert fetched == {name for name in files if name.startswith("fr/")}
        assert "not among those of XNLI: ar, bg, de" in load_with(address, tmp_path, {"name": "xnli"}, "ja")


TRAIN, DEV = "multinli/multinli.train.fr.tsv", "xnli.dev.tsv"
HEAD = "premise\thypo\tlabel\n"
DAMAGE = {
    "nothing": ({}, "XNLI, fr: no files found; expected one of: multinli.train.fr.tsv; multinli/"),
    "two columns": (
        {"train-fr.tsv": "a\tneutral\n"},
        "train-fr.tsv:1: 3 columns expected (premise, hypothesis, label;",
    ),
    "four columns": (
        {"train-fr.tsv": "a\tb\tneutral\nc\td\te\tneutral\n"},
        "train-fr.tsv:2: 3 columns expected",
    ),
    "other header": (
        {"train-fr.tsv": "s1\ts2\tgold\na\tb\tneutral\n"},
        "train-fr.tsv:1: label 'gold' is not known",
    ),
    "other label": (
        {"train-fr.tsv": "a\tb\tneutral\nc\td\tEntailment\n"},
        "tsv:2: label 'Entailment' is not known; the labels are entailment, neutral, contradiction, ",
    ),
    "no hypothesis": (
        {"train-fr.tsv": "a\tb\tneutral\nc\t \tneutral\n"},
        "train-fr.tsv:2: column 'hypothesis' is empty",
    ),
    "no premise": ({"train-fr.tsv": "\tb\tneutral\n"}, "train-fr.tsv:1: column 'premise' is empty"),
    "empty": ({"train-fr.tsv": ""}, "train-fr.tsv: a header line was expected, the file is empty"),
    "header only": ({TRAIN: HEAD}, "train.fr.tsv: labelled texts were expected, the file holds none"),
    "few cells": (
        {TRAIN: HEAD + "a\tneutral\n"},
        "train.fr.tsv:2: 3 columns expected as in the header, 2 found",
    ),
    "latin-1": ({TRAIN: HEAD.encode() + "é\tb\tneutral\n".encode("latin-1")}, "train.fr.tsv:2: UTF-8"),
    "binary": ({TRAIN: HEAD.encode() + b"\0\tb\tneutral\n"}, "train.fr.tsv:2: text was expected"),
    "a zip archive": (
        {"train-fr.tsv": b"PK\x03\x04\0\0"},
        "train-fr.tsv:1: text was expected, this is a binary file",
    ),
    "cut off": (
        {"train-fr.tsv.gz": gzip.compress(b"a\tb\tneutral\n" * 99)[:-6]},
        "the gzip data is damaged or cut off",
    ),
    "other languages": (
        {DEV: by_people("dev", ["de", "zh"])},
        "xnli.dev.tsv: pairs in language 'fr' were expected, found de, zh. Check `languages`.",
    ),
    "no gold label": (
        {DEV: by_people("dev").replace("gold_label", "gold")},
        "xnli.dev.tsv:1: there is no column 'gold_label'; found 'language', 'gold', ",
    ),
    "no consensus": ({DEV: by_people("dev").replace("\tneutral\t", "\t-\t")}, "label '-' is not known"),
    "other Parquet": (
        {"fr/train-0.parquet": pa.table({"sentence1": ["a"], "sentence2": ["b"], "label": [0]})},
        "train-0.parquet:1: there is no column 'premise'; found 'sentence1', 'sentence2', 'label'",
    ),
    "all languages": (
        {"fr/train-0.parquet": pa.table({"premise": [{"fr": "a"}], "hypothesis": ["b"], "label": [0]})},
        "train-0.parquet:1: column 'premise': text expected, found dict",
    ),
    "no label": (
        {"fr/train-0.parquet": pa.table({"premise": ["a"], "hypothesis": ["b"], "label": [-1]})},
        "train-0.parquet:1: label '-1' is not known",
    ),
    "no Parquet": ({"fr/train-0.parquet": b"PAR1"}, "train-0.parquet: not a Parquet file"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_not_as_published_is_refused(tmp_path, damage):
    files, says = DAMAGE[damage]
    assert says in refusal(XnliSettings(source=str(write(tmp_path, files))))


def test_settings_that_do_not_fit(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        XnliSettings(files={"fr": {"train": "no.tsv"}}).load(["fr"], tmp_path)
    with pytest.raises(ValidationError, match="valid"):
        XnliSettings(files={"fr": {"valid": "a.tsv"}})
    with pytest.raises(ValidationError, match="languages"):
        XnliSettings(languages={"xx": "../elsewhere"})
    task = TypeAdapter(Task).validate_json(json.dumps({"name": "xnli", "sample": {"train": 5}}))
    assert isinstance(task, XnliSettings)
    assert list(task.known) == LANGUAGES
    write(tmp_path, {"train-fr.tsv": tsv(rows("fr", "train"))})
    with pytest.raises(InputError, match="no 'dev' texts in language 'fr'; there is fr: train"):
        XnliSettings(source=str(tmp_path)).load(["fr"]).get("fr", "dev")
