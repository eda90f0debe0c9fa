"""The card of a saved model, as the Hugging Face hub reads it: metadata, and what a reader should know."""

from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from mosecrot_core import __version__
from mosecrot_core.learning.tasks.base import TokenTask, TreeTask
from mosecrot_core.learning.tasks.xnli import XnliSettings
from mosecrot_core.runs.card_scores import limits, own_scores, scores
from mosecrot_core.runs.input_files import InputFile
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.runs.markdown import code, escaped, fenced, table
from mosecrot_core.runs.methods import Method, Multilingual, SelfTrained, Stitched
from mosecrot_core.runs.saved_models import SavedModel
from mosecrot_core.runs.shareable import shareable
from mosecrot_core.text_files import read_json_object

UNKNOWN = "unknown"
"""The hub's word for a licence that nobody has named."""
_TYPES = {"macro_f1": "f1", "span_f1": "f1"}


def model_card(model: SavedModel, licence: str) -> ModelCard:
    """Write the card of a saved model.

    Args:
        model: The model.
        licence: Its own, as the hub calls it, or UNKNOWN.
    """
    parts = [
        f"# {model.name}", _summary(model), "## Use", _use(model), "## How it was made", _making(model),
        "## What it was made of", _inputs(model), "## Scores", scores(model), "## Limits", limits(model),
        "## Licence", _licence(model, licence), "## Files", _FILES, "## Sources", _SOURCES,
    ]  # fmt: skip
    metadata = _metadata(model, licence).to_yaml()
    return ModelCard("---\n" + metadata + "\n---\n\n" + "\n\n".join(parts) + "\n")


def pipeline_task(model: SavedModel) -> str | None:
    """Return the pipeline of Transformers that the model is for; none: there is none for trees."""
    if isinstance(model.experiment.task, TreeTask):
        return None
    return "token-classification" if isinstance(model.experiment.task, TokenTask) else "text-classification"


def _metadata(model: SavedModel, licence: str) -> ModelCardData:
    sources = {role: _sources(model, role) for role in ("encoder", "texts")}
    scored, task = own_scores(model), model.experiment.task
    of_hub = sources["texts"][0] if sources["texts"] else (task.name, None)
    results = [
        EvalResult(
            task_type=pipeline_task(model) or "token-classification",
            dataset_type=of_hub[0],
            dataset_name=getattr(task, "title", task.name),
            dataset_config=model.language,
            dataset_split="test",
            dataset_revision=of_hub[1],
            metric_type=_TYPES.get(metric, metric),
            metric_name=metric,
            metric_value=value,
            metric_args={"seed": model.seed},
        )
        for metric, value in scored.items()
    ]
    return ModelCardData(
        language=_languages(model),
        license=licence,
        library_name="transformers",
        pipeline_tag=pipeline_task(model),
        base_model=[source for source, _ in sources["encoder"]] or None,
        datasets=[source for source, _ in sources["texts"]] or None,
        tags=["mosecrot", "cross-lingual-transfer", "zero-shot"],
        metrics=list(dict.fromkeys(_TYPES.get(metric, metric) for metric in scored)) or None,
        model_name=model.name if results else None,
        eval_results=results or None,
    )


def _sources(model: SavedModel, role: str) -> list[tuple[str, str | None]]:
    """Return the hub's repositories that inputs of a role are from, with their commits."""
    own = model.experiment.methods[model.method]
    if role == "encoder" and isinstance(own, Multilingual):
        role = "encoder of a method"
    found = [(e.source, e.revision) for e in model.inputs if e.role.endswith(role) and e.source]
    return list(dict.fromkeys(found))


def _languages(model: SavedModel) -> list[str]:
    """Name what it reads; a swapped vocabulary leaves nothing of the source language."""
    method = model.experiment.methods[model.method]
    swapped = isinstance(method, MappedMethod) and not method.joins_source
    return [model.language] if swapped else [model.language, model.experiment.source.language]


def _summary(model: SavedModel) -> str:
    method, source = model.experiment.methods[model.method], model.experiment.source.language
    reads = (
        f"It reads {code(model.language)} through word vectors that a bilingual word list ties to the "
        f"embedding of {code(model.experiment.source.encoder)}."
        if isinstance(method, MappedMethod)
        else f"It is {code(getattr(method, 'encoder', ''))}, which reads both languages as they are."
    )
    taught = (
        " It also learned from its own labels of unlabelled text." if isinstance(method, SelfTrained) else ""
    )
    lines = [
        f"Learned its task from labelled {code(source)} texts alone, to be used on {code(model.language)}. "
        f"{reads}{taught}"
    ]
    if model.experiment.description:
        lines.append(f"> {escaped(' '.join(model.experiment.description[:_LONGEST].split()))}")
    return "\n\n".join(lines)


def _use(model: SavedModel) -> str:
    task, config = pipeline_task(model), read_json_object(model.folder / "config.json", "Save it again.")
    labels = ", ".join(code(label) for label in config.get("id2label", {}).values())
    if task is None:
        lines = [
            "from pathlib import Path", "", "from mosecrot_core.learning.parser_model import load_parser", "",
            'parser = load_parser(Path("."))  # in this folder; AutoModel reads the encoder in it alone',
        ]  # fmt: skip
    else:
        text = (
            '{"text": "...", "text_pair": "..."}'
            if isinstance(model.experiment.task, XnliSettings)
            else '"..."'
        )
        lines = [
            "from transformers import pipeline", "",
            f'pipeline("{task}", ".")({text})  # in this folder, or by its name on the hub',
        ]  # fmt: skip
    return fenced("\n".join(lines), "python") + f"\n\nLabels: {labels or 'none'}."


def _making(model: SavedModel) -> str:
    experiment, packages = model.experiment, model.run.info().get("environment", {}).get("packages", {})
    method = experiment.methods[model.method]
    own = {
        "method": {
            model.method: shareable({**method.model_dump(mode="json", exclude_none=True), **_filled(method)})
        },
        "training": shareable(experiment.training_for(model.method).model_dump(mode="json")),
        "seed": model.seed,
    }
    versions = ", ".join(f"{code(name)} {escaped(version)}" for name, version in packages.items() if version)
    return "\n\n".join(
        [
            f"With {versions or 'packages unknown'}; this card is by `mosecrot` {escaped(__version__)}. The "
            "settings of its method, all others are in `experiment.yaml`:",
            fenced(yaml.safe_dump(own, sort_keys=False, allow_unicode=True), "yaml"),
        ]
    )


def _filled(method: Method) -> dict[str, Any]:
    """Return what settings that were left out come to."""
    filled: dict[str, Any] = {}
    if isinstance(method, MappedMethod):
        filled = {
            "vocabulary": "joint" if method.joins_source else "swapped",
            "spelling": method.spelled,
            "listed": method.takes_listed,
            "frequent": method.frequent_from,
        }
    return filled | ({"source_rows": method.learns_on} if isinstance(method, Stitched) else {})


def _inputs(model: SavedModel) -> str:
    rows = [
        [
            escaped(each.role),
            code(each.language) if each.language else "",
            code(each.name) + (f" of {code(each.source)} at {code(each.revision)}" if each.source else ""),
            code(each.hash),
            _licence_of(model, each),
        ]
        for each in model.inputs
    ]
    return "SHA-256 of files; 24 digits stand for all files of a folder.\n\n" + table(
        ("what", "language", "name", "hash", "licence"), rows
    )


def _licence_of(model: SavedModel, each: InputFile) -> str:
    known, task = model.experiment.licences, model.experiment.task
    names = [each.name, each.source]
    if "texts" in each.role:
        names += [getattr(task, "source", ""), task.name]
    return next((escaped(known[name]) for name in names if name in known), UNKNOWN)


def _licence(model: SavedModel, licence: str) -> str:
    without = sorted({each.name for each in model.inputs if _licence_of(model, each) == UNKNOWN})
    lines = [
        f"Of the model: {escaped(licence)}."
        if licence != UNKNOWN
        else "Of the model: unknown, nobody has named one."
    ]
    if without:
        lines.append(
            f"Unknown of what it was made of: {', '.join(map(code, without))}. What their licences ask of a "
            "model made from them is not looked into here."
        )
    return "\n\n".join(lines)


_LONGEST = 2000
_FILES = """\
`results.csv` has every score of the run, of each method, seed and null baseline; `experiment.yaml` is the
experiment with every setting. `SHA256SUMS` names all files but this one: `sha256sum -c SHA256SUMS`, or
`mosecrot verify .`, which also loads the model."""
_SOURCES = """\
Ye, Liu, Ma and Schütze: MoSECroT, [arXiv:2401.04821](https://arxiv.org/abs/2401.04821). Self-training:
[arXiv:2310.04726](https://arxiv.org/abs/2310.04726)."""
