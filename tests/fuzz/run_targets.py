"""Inputs and readers of experiment files, run folders and queues of jobs."""

import json
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from fuzz.mutations import Files
from fuzz.targets import Target, must_be_text
from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.inspection import scored_languages
from mosecrot_core.runs.jobs import Jobs
from mosecrot_core.runs.run_list import list_runs
from mosecrot_core.runs.schema import SPACE_COLUMNS, TABLES
from mosecrot_core.runs.settings_file import source_language
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import beside_nulls, summarise
from mosecrot_core.runs.word_side import read_side
from mosecrot_core.text_files import read_json_object
from mosecrot_core.words.vectors import LoadReport, WordVectors

_PROFILES = """\
name: small
seeds: [0, 1]
source: {language: en, encoder: encoder}
targets: &targets
  fr: {vectors: {path: fr.vec}, lexicon: {path: en-fr.txt}, unlabelled: {files: [a.txt]}}
task: {name: files, files: {en: {train: a.tsv}, fr: {test: b.tsv}}}
training: {learning_rate: 2.0e-3, epochs: 3}
methods:
  paper: {alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}, anchors: {composed: keep}}
  taught: &taught {kind: self_trained, save: true}
  less: {<<: *taught, self_training: {rounds: 0}}
profiles:
  quick: {seeds: [0], targets: *targets, task: {name: panx, sample: {train: 5}}}
"""
_FLOW = (
    '{"name": "a", "source": {"language": "en", "encoder": "e"}, "targets": {"fr": {}}, '
    '"task": {"name": "xnli", "files": {}}, '
    '"methods": {"raw": {"kind": "raw_word_pieces"}}, "nulls": ["shuffled"]}'
)
_FILLED = ("results", "anchors", "quality")
_NUMBERS = {
    "value", "coverage", "source_value", "share", "similarity", "margin", "score", "quality", "information",
    "x", "y", "weight", "cosine",
    "threshold", "changed", "low", "high", "confidence", "accuracy", "source_norm", "target_norm", "angle",
}  # fmt: skip
_WHOLE = {
    "seed",
    "n",
    "anchor",
    "token",
    "line",
    "pair",
    "pairs",
    "round",
    "example",
    "word_number",
    "a1",
    "a2",
    "given",
    "accepted",
    "right",
}


def targets() -> list[Target]:
    """Return the readers of experiments and runs."""
    settings: list[Files] = [{"a.yaml": _PROFILES.encode()}, {"a.yaml": _FLOW.encode()}]
    jobs = _made_jobs()
    return [
        Target("yaml", "experiment", settings, _read_experiment),
        Target("runs", "tables", [_made_run()], _read_tables),
        Target("runs", "words", [_made_words()], _read_words),
        Target(
            "runs", "info", [{"run/run.json": _info(), "run/experiment.yaml": _FLOW.encode()}], _read_info
        ),
        Target("runs", "jobs", [{"jobs.sqlite": jobs, "run/run.json": _info()}], _read_jobs),
    ]


def _read_experiment(folder: Path) -> None:
    path = folder / "a.yaml"
    with_profile = path.is_file() and zlib.crc32(path.read_bytes()) % 4 == 0
    experiment = load_experiment(path, "quick" if with_profile else None)
    yaml.safe_dump(experiment.model_dump(mode="json"), allow_unicode=True).encode()
    must_be_text([experiment.name, *experiment.methods, *experiment.targets])


def _read_tables(folder: Path) -> None:
    run = Run.open(folder / "run")
    problems = []
    for name in _FILLED:
        try:
            assert set(TABLES[name]) <= set(run.table(name, TABLES[name]).columns)
        except MosecrotError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    beside_nulls(summarise(run.results()))
    must_be_text(scored_languages(run))


def _read_words(folder: Path) -> None:
    run = Run.open(folder / "run")
    for _, space in run.table("spaces", SPACE_COLUMNS).iterrows():
        side = read_side(run, space)
        side.find("ch", 5)
        assert len(side.units) == len(side.words)
        assert np.isfinite(side.units).all()
        must_be_text(side.names)


def _read_info(folder: Path) -> None:
    for run in list_runs(folder):
        assert run.state is None or isinstance(run.state, str)
    run = Run.open(folder / "run")
    assert isinstance(read_json_object(folder / "run" / "run.json", ""), dict)
    must_be_text([source_language(run.folder)])


def _read_jobs(folder: Path) -> None:
    jobs = Jobs(folder)
    for job in jobs.newest(10):
        must_be_text([job.run, job.state, job.message])
    job = jobs.take()
    if job is not None:
        jobs.end(job.number, "done")
        jobs.cancel(job.number)
        jobs.state(job.number)


def _info() -> bytes:
    return json.dumps(
        {"schema": 1, "state": "done", "name": "run", "base": "/nowhere", "environment": {"python": "3"}}
    ).encode()


def _bytes_of(folder: Path) -> Files:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _column(name: str) -> list[object]:
    if name in _NUMBERS:
        return [0.5, 1.5]
    if name in _WHOLE:
        return [0, 1]
    if name in ("reasons", "source_near", "target_near"):
        return [["mutual"], []]
    return {
        "language": ["fr", "fr"],
        "method": ["paper", "paper:shuffled"],
        "baseline_of": ["", "paper"],
        "metric": ["macro_f1"] * 2,
    }.get(name, ["a", "b"])


def _made_run() -> Files:
    with tempfile.TemporaryDirectory() as place:
        run = Run(Path(place) / "run")
        run.write_text("run.json", _info().decode())
        for name in _FILLED:
            run.write_table(name, pd.DataFrame({column: _column(column) for column in TABLES[name]}))
        return _bytes_of(Path(place))


def _made_words() -> Files:
    with tempfile.TemporaryDirectory() as place:
        run = Run(Path(place) / "run")
        run.write_text("run.json", _info().decode())
        words = pd.DataFrame(
            {
                "language": "fr",
                "word": ["chat", "", "chien"],
                "form": ["chat", "x", "chien"],
                "origin": "vectors",
                "token": -1,
            }
        )
        run.write_table("words", words)
        run.write_table(
            "spaces", pd.DataFrame({"language": ["fr"], "side": ["target"], "file": ["steps/fr.safetensors"]})
        )
        (run.folder / "steps").mkdir()
        vectors = WordVectors(["chat", "x", "chien"], np.eye(3, dtype=np.float32), LoadReport(kept=3))
        vectors.save(run.folder / "steps" / "fr.safetensors", "float16")
        return _bytes_of(Path(place))


def _made_jobs() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "run").mkdir()
        (folder / "run" / "run.json").write_bytes(_info())
        jobs = Jobs(folder)
        jobs.put("run")
        return (folder / "jobs.sqlite").read_bytes()
