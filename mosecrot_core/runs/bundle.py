"""A saved model as a folder of its own, ready for the hub: the model, its card, scores, settings, hashes."""

import re
import shutil
from pathlib import Path

import yaml

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.runs.bundle_check import CARD, SUMS, check_bundle, sums_of
from mosecrot_core.runs.export import as_text
from mosecrot_core.runs.model_card import UNKNOWN, model_card
from mosecrot_core.runs.saved_models import SavedModel, saved_models
from mosecrot_core.runs.shareable import shareable

_MODEL_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_NEEDED = ("config.json", "tokenizer.json", "mosecrot.json")
_HUB_LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def export_bundles(
    folder: Path,
    out: Path,
    *,
    language: str | None = None,
    method: str | None = None,
    licence: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Make a bundle of each saved model of a run, each there whole and checked or not at all.

    Args:
        folder: The run.
        out: Where the bundles go, each in a folder called RUN-METHOD-LANGUAGE.
        language: Only models of this language.
        method: Only models of this method.
        licence: Of the models, as the hub calls it, such as `cc-by-sa-4.0`; none: unknown.
        overwrite: Put new bundles in the place of older ones.

    Returns:
        The bundles' folders.

    Raises:
        InputError: As `saved_models`; a model is not whole; or something is there already.
    """
    if licence is not None and not _HUB_LICENCE.fullmatch(licence):
        raise InputError(f"a licence as the hub calls it expected, such as cc-by-sa-4.0, got {licence!r:.80}")
    models = saved_models(folder, language, method)
    places = [out / model.name for model in models]
    for model, place in zip(models, places, strict=True):
        _check_whole(model)
        _check_free(place, overwrite=overwrite)
    for model, place in zip(models, places, strict=True):
        with atomic_path(place) as temporary:
            temporary.mkdir()
            _write(model, temporary, licence or UNKNOWN)
            check_bundle(temporary)
    return places


def _check_whole(model: SavedModel) -> None:
    remedy = "Run its experiment file again; if that does nothing, remove the run's models/ and steps/ first."
    missing = [name for name in _NEEDED if not (model.folder / name).is_file()]
    if not missing and not any(model.folder.glob("*.safetensors")):
        missing = ["model.safetensors"]
    if missing:
        raise InputError(
            f"a whole saved model expected, {missing[0]} is missing", path=model.folder, remedy=remedy
        )


def _check_free(place: Path, *, overwrite: bool) -> None:
    if not place.exists():
        return
    if not overwrite:
        raise InputError(
            "exists already", path=place, remedy="Give --overwrite, or another folder with --to."
        )
    if not ((place / SUMS).is_file() and (place / CARD).is_file()):
        raise InputError("this is no bundle, it stays", path=place, remedy="Move it away.")


def _write(model: SavedModel, place: Path, licence: str) -> None:
    for pattern in _MODEL_FILES:
        for path in sorted(model.folder.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                shutil.copyfile(path, place / path.name)
    (place / "results.csv").write_text(as_text(model.run.results(), "csv") + "\n", encoding="utf-8")
    base = model.run.info().get("base")
    settings = shareable(model.experiment.model_dump(mode="json"), Path(base) if base else None)
    (place / "experiment.yaml").write_text(
        yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    model_card(model, licence).save(place / CARD)
    (place / SUMS).write_text(sums_of(place), encoding="utf-8")
