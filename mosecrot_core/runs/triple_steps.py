"""The step of a triple: three fine-tunings from one initialisation, and the scores of all between them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from transformers import PreTrainedModel, set_seed

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.learning.deltas import deltas, random_neighbour
from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation_grid import Point, all_points, lines, rough_plane
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.training import Progress
from mosecrot_core.learning.triples import MEMBERS, Side, load_triple, train_triple
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.methods import Checkpoints, Interpolated, StitchedTriple
from mosecrot_core.runs.readers import source_reader, stitched_model, target_reader
from mosecrot_core.runs.schema import DELTA_COLUMNS, POINT_COLUMNS, POINT_PREDICTION_COLUMNS
from mosecrot_core.runs.steps import Triple
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.surface import Surface, surface
from mosecrot_core.runs.workbench import Workbench

_POINTS: dict[str, Callable[[], list[Point]]] = {
    "all": all_points, "lines": lines, "coarse": rough_plane,
}  # fmt: skip


def triple_texts(triple: Triple, experiment: Experiment) -> set[tuple[str, str]]:
    """Name the texts that a triple needs, by language and split."""
    method = experiment.interpolated(triple.method)
    splits: set[str] = {method.read}
    if not isinstance(method, Checkpoints):
        splits |= {"train", "dev"} if triple.config.select == "best_on_dev" else {"train"}
    return {(side, split) for side in (experiment.source.language, triple.language) for split in splits}


def triple_tables(triple: Triple, bench: Workbench, run: Run, progress: Progress) -> dict[str, pd.DataFrame]:
    """Train what is not trained, score what is not scored; return the rows of the step's tables."""
    folder, method = run.models_folder(triple.key), bench.experiment.interpolated(triple.method)
    readers = [
        (bench.experiment.source.language, source_reader(bench, triple.method)),
        (triple.language, target_reader(bench, triple.language, triple.method)),
    ]
    models = _models(triple, bench, readers, folder, progress)
    languages = dict(zip(MEMBERS[1:], (name for name, _ in readers), strict=True))
    of_triple: dict[str, Any] = {"language": triple.language, "method": triple.method, "seed": triple.seed}

    def together(tables: Mapping[str, pd.DataFrame], columns: list[str]) -> pd.DataFrame:
        whole = pd.concat([table.assign(scope=scope) for scope, table in tables.items()], ignore_index=True)
        return whole.assign(read=whole["read"].map(languages), **of_triple)[columns]

    def preview(scope: str, scores: pd.DataFrame) -> None:
        run.write_table("point_previews", together({scope: scores}, POINT_COLUMNS))
        run.write_info()  # so that who looks on looks again

    planes = _planes(models, method, bench, readers, folder, progress, preview)
    found = deltas(*models)
    row = {
        **of_triple, "source_norm": found.source_norm, "target_norm": found.target_norm, "angle": found.angle,
    }  # fmt: skip
    return {
        "points": together({scope: plane.scores for scope, plane in planes.items()}, POINT_COLUMNS),
        "point_predictions": together(
            {scope: plane.predictions for scope, plane in planes.items()}, POINT_PREDICTION_COLUMNS
        ),
        "deltas": pd.DataFrame([row], columns=DELTA_COLUMNS),
    }


def _models(
    triple: Triple, bench: Workbench, readers: Sequence[tuple[str, Reader]], folder: Path, progress: Progress
) -> list[PreTrainedModel]:
    """Return the models that are mixed, the bilingual one first; train what is not trained."""
    method = bench.experiment.interpolated(triple.method)
    if isinstance(method, Checkpoints):
        trained = [_fine_tuned(spec, bench) for spec in method.models]
    else:
        trained = _trained(triple, bench, readers, folder, progress)
    return _corners(method, trained, triple.seed)


def _planes(
    models: Sequence[PreTrainedModel],
    method: Interpolated,
    bench: Workbench,
    readers: Sequence[tuple[str, Reader]],
    folder: Path,
    progress: Progress,
    preview: Callable[[str, pd.DataFrame], None],
) -> dict[str, Surface]:
    """Score what is not scored, by scope, on all GPUs or the processor."""
    read = [(reader, bench.corpus.get(language, method.read)) for language, reader in readers]
    devices = [f"cuda:{number}" for number in range(torch.cuda.device_count())] or ["cpu"]
    evaluation = EvaluationSet(bench.head, dict(zip(MEMBERS[1:], read, strict=True)), devices[0])
    return {
        scope: surface(
            models, evaluation, folder / "points", points=_POINTS[method.points](), scope=scope,
            dtype=getattr(torch, method.precision), devices=devices, progress=progress,
            preview=partial(preview, scope),
        )
        for scope in method.scopes
    }  # fmt: skip


def _trained(
    triple: Triple, bench: Workbench, readers: Sequence[tuple[str, Reader]], folder: Path, progress: Progress
) -> list[PreTrainedModel]:
    """Train what is not trained of the three models."""
    initial = folder / "initial"
    if not initial.exists():
        set_seed(triple.seed)  # the new head's
        with atomic_path(initial) as temporary:
            _new_model(triple, bench).save_pretrained(temporary)
    source, target = (
        Side(reader, bench.corpus.get(language, "train"), bench.corpus.splits.get((language, "dev")))
        for language, reader in readers
    )
    train_triple(bench.head, initial, source, target, triple.config, triple.seed, folder, progress)
    return list(load_triple(bench.head, folder).values())


def _fine_tuned(spec: str, bench: Workbench) -> PreTrainedModel:
    """Load a model that has the labels of the task, or as many without names."""
    folder, wanted = bench.folder(spec), list(bench.head.label_names)
    model = bench.head.load(folder)
    found = [name for _, name in sorted((model.config.id2label or {}).items())]
    if found not in (wanted, [f"LABEL_{i}" for i in range(len(wanted))]):
        raise InputError(
            f"the labels {', '.join(wanted)} were expected in this order, the model has {', '.join(found)}",
            path=folder,
            remedy="Give models that were fine-tuned for this task.",
        )
    return model


def _corners(method: Interpolated, trained: list[PreTrainedModel], seed: int) -> list[PreTrainedModel]:
    """Return the models that are mixed, the bilingual one first."""
    if method.corners == "trained":
        return trained
    bilingual, *alone = trained
    return [
        bilingual,
        *(
            random_neighbour(bilingual, 2 * seed + i, other if method.corners == "random" else None)
            for i, other in enumerate(alone)
        ),
    ]


def _new_model(triple: Triple, bench: Workbench) -> PreTrainedModel:
    method = bench.experiment.interpolated(triple.method)
    model = bench.new_classifier(spec=method.own_encoder)
    if isinstance(method, StitchedTriple):
        return stitched_model(bench, model, triple.language, triple.method)
    return model
