"""Inputs and readers of labelled texts, words, trees and running text."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pandas as pd

from fuzz.mutations import Files
from fuzz.targets import Target, must_be_text
from mosecrot_core.learning.tasks.amazon_reviews import AmazonReviewSettings
from mosecrot_core.learning.tasks.base import TaskSettings
from mosecrot_core.learning.tasks.conll import ConllSettings
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.tasks.dependencies import DependenciesSettings
from mosecrot_core.learning.tasks.panx import PanxSettings
from mosecrot_core.learning.tasks.sib200 import Sib200Settings
from mosecrot_core.learning.tasks.taxi1500 import Taxi1500Settings
from mosecrot_core.learning.tasks.text_files import TextFileSettings
from mosecrot_core.learning.tasks.umsab import UmsabSettings
from mosecrot_core.learning.tasks.universal_dependencies import UniversalDependenciesSettings
from mosecrot_core.learning.tasks.webis_cls import WebisClsSettings
from mosecrot_core.learning.tasks.xnli import XnliSettings

_TSV = 'text\tlabel\nthe cat\tanimals\n"bread\tfood\nit rains\tweather\n'
_CSV = 'text,label\n"the ""cat"", it",animals\nbread,food\n"two\nlines",food\n'
_JSONL = '{"text": "the cat", "label": "animals"}\n{"text": "bread \\u00e9", "label": 3}\n'
_CONLL = "-DOCSTART- O\n\nAda NNP B-PER\nsleeps VBZ O\n\nUlm NNP I-LOC\n"
_CONLLU = (
    "# text = Ada sleeps\n1\tAda\tAda\tPROPN\t_\t_\t2\tnsubj\t_\t_\n2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tsleeps\tsleep\tVERB\t_\t_\t0\troot\t_\t_\n2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_\n3\t.\t.\tPUNCT\t_\t_\t2\tpunct:x\t_\t_\n\n"
)
_XML = (
    '<?xml version="1.0" encoding="UTF-8"?><items><item><summary>Good</summary><text>A &lt;book&gt;.</text>'
    "<rating>5.0</rating></item><item><text>Bad.</text><rating>1.0</rating></item></items>\n"
)
_BIBLE = "# language: fao\n40001001\tIn the beginning\n40001002\tAnd\n40001003\tGod\n"
_LABELS = "40001001\ttrain\tFaith\n40001002\tdev\tSin\n40001003\ttest\tGrace\n"


def targets() -> list[Target]:
    """Return the readers of tasks."""
    tables = {
        name: _table(name, text)
        for name, text in (
            ("tsv", _TSV),
            ("csv", _CSV),
            ("quoted_tsv", _CSV.replace(",", "\t")),
            ("jsonl", _JSONL),
        )
    }
    found = [Target("tasks", name, seeds, _task(_files(name))) for name, seeds in tables.items()]
    parquet = _parquet({"text": ["a", "b"], "label": ["x", "y"], "n": [1, 2]})
    found.append(Target("tasks", "parquet", [{"a.parquet": parquet}], _task(_files("parquet"))))
    taxi = Taxi1500Settings(labels="labels.tsv", texts={"en": "bible.txt"})
    conll = {"en": {"train": "eng.train"}}
    named: dict[str, tuple[TaskSettings, list[Files]]] = {
        "conll": (
            ConllSettings(files=conll),
            [{"eng.train": _CONLL.encode()}, {"eng.train": gzip.compress(_CONLL.encode(), 1)}],
        ),
        "conll_zip": (
            ConllSettings(source="conll.zip"),
            [{"conll.zip": _zip({"x/eng.train": _CONLL, "eng.testa": _CONLL})}],
        ),
        "conllu": (
            UniversalDependenciesSettings(files={"en": {"train": "a.conllu"}}),
            [{"a.conllu": _CONLLU.encode()}],
        ),
        "dependencies": (
            DependenciesSettings(files={"en": {"train": "a.conllu"}}, longest=2),
            [{"a.conllu": _CONLLU.encode()}],
        ),
        "panx": (
            PanxSettings(files={"en": {"train": "train-en.tsv"}}),
            [{"train-en.tsv": b"en:Ada\tB-PER\nen:sleeps\tO\n\nen:Ulm\tI-LOC\n"}],
        ),
        "panx_parquet": (
            PanxSettings(files={"en": {"train": "a.parquet"}}),
            [{"a.parquet": _parquet({"tokens": [["Ada", "x"], ["y"]], "ner_tags": [[1, 0], [0]]})}],
        ),
        "taxi1500": (taxi, [{"bible.txt": _BIBLE.encode(), "labels.tsv": _LABELS.encode()}]),
        "taxi1500_labelled": (
            Taxi1500Settings(source="."),
            [dict.fromkeys((f"en_{s}.tsv" for s in ("train", "dev", "test")), b"40001001\tFaith\tx\n")],
        ),
        "xnli": (XnliSettings(files={"fr": {"train": "a.tsv", "dev": "b.tsv", "test": "c.tsv"}}), [_xnli()]),
        "webis_cls": (
            WebisClsSettings(source=".", domains=("books",), dev_every=2),
            [{f"en/books/{s}.review": _XML.encode() for s in ("train", "test")}],
        ),
        "umsab": (UmsabSettings(source="."), [_umsab()]),
        "amazon_reviews": (AmazonReviewSettings(source="."), _amazon()),
        "sib200": (
            Sib200Settings(source="."),
            [
                {
                    f"eng_Latn/{s}.tsv": b'index_id\tcategory\ttext\n1\ttravel\t"a ""b"""\n'
                    for s in ("train", "dev", "test")
                }
            ],
        ),
    }
    found += [
        Target("tasks", name, seeds, _task(settings, "fr" if name == "xnli" else "en"))
        for name, (settings, seeds) in named.items()
    ]
    return found


def _files(form: str) -> TextFileSettings:
    return TextFileSettings(files={"en": {"train": f"a.{form}"}}, format=form)


def _table(name: str, text: str) -> list[Files]:
    return [{f"a.{name}": text.encode()}, {f"a.{name}": gzip.compress(text.encode(), 1)}]


def _task(settings: TaskSettings, language: str = "en"):
    def read(folder: Path) -> None:
        corpus = settings.load([language], folder)
        for part in corpus.splits.values():
            assert len(part)
            texts: Iterable[str] = (
                chain(*part.columns) if isinstance(part, LabelledTexts) else chain(*part.sentences)
            )
            must_be_text(texts)
        must_be_text(corpus.label_names)

    return read


def _parquet(columns: dict[str, list[object]]) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(columns).to_parquet(out)
    return out.getvalue()


def _zip(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def _xnli() -> Files:
    people = "language\tgold_label\tsentence1\tsentence2\nfr\tneutral\ta b\tc\nen\tentailment\td\te\n"
    machine = "premise\thypo\tlabel\na\tb\tcontradictory\n"
    return {"a.tsv": machine.encode(), "b.tsv": people.encode(), "c.tsv": b"a\tb\tneutral\n"}


def _umsab() -> Files:
    parts = ("train", "val", "test")
    return {f"english/{s}_text.txt": b"good day\nbad\n" for s in parts} | {
        f"english/{s}_labels.txt": b"2\n0\n" for s in parts
    }


def _amazon() -> list[Files]:
    review = {"language": "en", "stars": "4", "review_title": "Good", "review_body": "A lamp.", "x": [1]}
    published = (json.dumps(review) + "\n") * 2
    copies = 'text,label\n"Good\n\nA lamp.",4\nBad,0\n'
    return [
        {f"{s}/dataset_en_{s}.json": published.encode() for s in ("train", "dev", "test")},
        {f"{s}.csv": copies.encode() for s in ("train", "validation", "test")},
    ]
