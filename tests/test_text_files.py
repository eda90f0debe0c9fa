"""A user's own labelled files: formats, columns, and errors that name the line."""

import csv
import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts
from mosecrot_core.learning.tasks.text_files import TextFileSettings

SIB = Path(__file__).parents[2] / "shared/data/sib200"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(path: Path, **settings) -> LabelledCorpus:
    return TextFileSettings(files={"en": {"train": path.name}}, **settings).load(["en"], path.parent)


def pairs(corpus: LabelledCorpus, language: str = "en", split: str = "train") -> list[tuple[str, str]]:
    part = corpus.get(language, split)
    return [(text, corpus.label_names[label]) for text, label in zip(part.texts, part.labels, strict=True)]


def test_tsv_takes_quotes_as_they_are(tmp_path):
    path = write(tmp_path / "a.tsv", 'id\tlabel\ttext\r\n1\tpos\t"so, good\r\n2\tneg\tbad "!"\r\n')
    assert pairs(load(path)) == [('"so, good', "pos"), ('bad "!"', "neg")]


def test_csv_reads_quotes_commas_and_line_breaks(tmp_path):
    path = write(tmp_path / "a.csv", 'text,label\n"a ""b"", c",x\n"two\nlines",y\n')
    corpus = load(path)
    assert corpus.label_names == ("x", "y")
    assert pairs(corpus) == [('a "b", c', "x"), ("two\nlines", "y")]


def test_tsv_may_be_quoted_as_pandas_writes_it(tmp_path):
    rows = {"text": ['he said "no"', "a\ttab", "two\nlines"], "label": ["x", "y", "x"]}
    pd.DataFrame(rows).to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    found = pairs(load(tmp_path / "a.tsv", format="quoted_tsv"))
    assert found == list(zip(*rows.values(), strict=True))


def test_parquet_rows_and_numbers_as_labels(tmp_path):
    pd.DataFrame({"n": [5, 6], "text": ["a", "b"], "label": [1, 0]}).to_parquet(tmp_path / "a.parquet")
    assert pairs(load(tmp_path / "a.parquet")) == [("a", "1"), ("b", "0")]


def test_only_the_languages_asked_for_are_read_and_the_one_that_names_the_labels(tmp_path):
    write(tmp_path / "en.tsv", "text\tlabel\na\tpos\nb\tneg\n")
    write(tmp_path / "fr.tsv", "text\tlabel\nc\tpos\n")
    files = {"en": {"train": "en.tsv"}, "fr": {"test": "fr.tsv"}, "fi": {"test": "not there.tsv"}}
    settings = TextFileSettings(files=files)
    assert set(settings.load(["fr"], tmp_path).splits) == {("en", "train"), ("fr", "test")}
    inputs = settings.inputs(["fr"], tmp_path)
    assert (set(inputs.files), inputs.shared) == ({("en", "train"), ("fr", "test")}, (tmp_path / "en.tsv",))
    named = TextFileSettings(files=files, labels=("neg", "pos"))
    assert (
        set(named.load(["fr"], tmp_path).splits)
        == set(named.inputs(["fr"], tmp_path).files)
        == {("fr", "test")}
    )
    assert named.inputs(["fr"], tmp_path).shared == ()
    with pytest.raises(InputError, match=r"not there\.tsv"):
        settings.inputs(["fi"], tmp_path)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.tsv.gz"])
def test_gzip_and_byte_order_mark(tmp_path, name):
    text = '{"text": "hyvää", "label": 1}\n\n{"text": "b", "label": 0}\n'
    if ".tsv" in name:
        text = "\ufefftext\tlabel\nhyvää\t1\nb\t0\n"
    path = write(tmp_path / name, gzip.compress(text.encode()))
    assert pairs(load(path)) == [("hyvää", "1"), ("b", "0")]


def test_label_order_is_the_users_or_sorted_and_shared_by_all_languages(tmp_path):
    write(tmp_path / "en.tsv", "text\tlabel\na\tpos\nb\tneg\n")
    write(tmp_path / "fr.tsv", "text\tlabel\nc\tpos\n")
    files = {"en": {"train": "en.tsv"}, "fr": {"test": "fr.tsv"}}
    corpus = TextFileSettings(files=files).load(["en", "fr"], tmp_path)
    assert (corpus.label_names, corpus.languages) == (("neg", "pos"), ("en", "fr"))
    assert corpus.get("fr", "test").labels == (1,)
    explicit = TextFileSettings(files=files, labels=("pos", "mixed", "neg")).load(["en", "fr"], tmp_path)
    assert explicit.get("en", "train").labels == (0, 2)


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        ("a.tsv", "", None, "empty"),
        ("a.tsv", "text\tlabel\n", None, "holds none"),
        ("a.tsv", "Text\tlabel\na\tx\n", 1, "found 'Text', 'label'. .*Did you mean 'Text'"),
        ("a.tsv", "sentence\tcategory\na\tx\n", 1, "found 'sentence', 'category'"),
        ("a.tsv", "text\ttext\tlabel\na\tb\tx\n", 1, "2 columns are called 'text'"),
        ("a.tsv", "text\tlabel\na\tx\nb\tc\ty\n", 3, "2 columns expected as in the header, 3 found"),
        ("a.tsv", "text\tlabel\na\tx\n \ty\n", 3, "column 'text' is empty"),
        ("a.tsv", "text\tlabel\na\tx\nb\t\n", 3, "column 'label' is empty"),
        ("a.tsv", "text\tlabel\na\tx\nb\tx\n", None, "at least two labels"),
        ("a.tsv", b"text\tlabel\na\tx\n\xe9t\xe9\ty\n", 3, "UTF-8"),
        ("a.tsv", b"text\tlabel\n\x00\x01\ty\n", 2, "binary"),
        ("a.csv", 'text,label\n"two\nlines",x\n"open,y\n', 4, "not valid CSV"),
        ("a.csv", 'text,label\n"two\nlines",x\nb\n', 4, "1 found"),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": \n', 2, "not a JSON object"),
        ("a.jsonl", '["a", "x"]\n', 1, "found list"),
        ("a.jsonl", '{"text": "a \\ud800", "label": "x"}\n', 1, "half of one"),
        ("a.jsonl", '{"text": "a", "label": ' + "9" * 5_000 + "}\n", 1, "not a JSON object"),
        ("a.jsonl", '{"text": "a", "lable": "x"}\n', 1, "Did you mean 'lable'"),
        ("a.jsonl", '{"text": "a", "label": ["x"]}\n', 1, "text expected, found list"),
        ("a.jsonl", '{"text": null, "label": "x"}\n', 1, "column 'text' is empty"),
        ("a.xlsx", "anything", None, "suffix '.xlsx'"),
        ("a.parquet", "anything", None, "not a Parquet file"),
        ("a.tsv.gz", gzip.compress(b"text\tlabel\na\tx\n", mtime=0)[:-9], None, "gzip"),
    ],
)
def test_errors_name_the_place(tmp_path, name, content, line, says):
    path = write(tmp_path / name, content)
    with pytest.raises(InputError, match=says) as caught:
        load(path)
    assert str(path) + (f":{line}: " if line else "") in str(caught.value)


def test_missing_file_and_nothing_named(tmp_path):
    with pytest.raises(InputError, match=r"b\.tsv: .*no such file"):
        load(tmp_path / "b.tsv")
    with pytest.raises(InputError, match="in en, fr were expected, there are some in no language"):
        TextFileSettings(files={}).load(["en", "fr"], tmp_path)


def test_unknown_label_in_test_names_file_and_line(tmp_path):
    write(tmp_path / "en.tsv", "text\tlabel\na\tpos\nb\tneg\n")
    write(tmp_path / "fr.tsv", "text\tlabel\nc\tpos\nd\tneutre\n")
    files = {"en": {"train": "en.tsv"}, "fr": {"test": "fr.tsv"}}
    with pytest.raises(InputError, match=r"fr\.tsv:3: label 'neutre' is not known; the labels are neg, pos"):
        TextFileSettings(files=files).load(["en", "fr"], tmp_path)
    with pytest.raises(InputError, match="train file of the first language, 'fr'"):
        TextFileSettings(files={"fr": {"test": "fr.tsv"}}).load(["en", "fr"], tmp_path)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip()
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=6), st.sampled_from(["csv", "jsonl"]))
def test_any_text_survives_csv_and_json(tmp_path, texts, form):
    path = tmp_path / f"any.{form}"
    rows = [(text, "ab"[position % 2]) for position, text in enumerate([*texts, "last"])]
    with path.open("w", encoding="utf-8", newline="") as stream:
        if form == "csv":
            csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
                [("text", "label"), *rows]
            )
        else:
            stream.writelines(json.dumps({"text": t, "label": y}) + "\n" for t, y in rows)
    found = [
        (text.replace("\r\n", "\n").replace("\r", "\n").split(), label) for text, label in pairs(load(path))
    ]
    assert found == [(text.replace("\r\n", "\n").replace("\r", "\n").split(), label) for text, label in rows]


def test_corpus_checks_and_lists_what_there_is():
    with pytest.raises(ValueError, match="2 texts, 1 labels"):
        LabelledTexts(("a", "b"), (0,))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.0"):
        LabelledCorpus(("x",), {("en", "train"): LabelledTexts(("a",), (1,))})
    with pytest.raises(ValueError, match="split 'valid'"):
        LabelledCorpus(("x",), {("en", "valid"): LabelledTexts(("a",), (0,))})
    with pytest.raises(ValueError, match="must differ"):
        LabelledCorpus(("x", "x"), {})
    corpus = LabelledCorpus(("x",), {("en", "train"): LabelledTexts(("a",), (0,))})
    with pytest.raises(InputError, match="no 'test' texts in language 'en'; there is en: train"):
        corpus.get("en", "test")


@pytest.mark.skipif(not SIB.is_dir(), reason=f"SIB-200 is not at {SIB}")
def test_sib200_topics():
    folders = sorted(path.name for path in SIB.iterdir() if path.is_dir())
    files = {"eng_Latn": {}} | {folder: {} for folder in folders}
    for folder in files:
        files[folder] = {"train": f"{folder}/train.tsv"}
    chosen = TextFileSettings(files=files, label_column="category")
    corpus = chosen.load(folders, SIB)
    assert len(corpus.label_names) == 7
    assert {len(corpus.get(language, "train")) for language in corpus.languages} == {701}
    assert len({corpus.get(language, "train").labels for language in corpus.languages}) == 1
