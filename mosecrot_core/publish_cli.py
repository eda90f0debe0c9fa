"""The commands `mosecrot export` and `mosecrot verify`: saved models as bundles that can be published."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from mosecrot_core.cli_options import RunArgument


def export(
    folder: RunArgument,
    to: Annotated[Path, typer.Option("--to", help="Folder that bundles are kept in.")] = Path("bundles"),
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Only models of this language; all if left out.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="Only models of this method; all if left out.")] = None,
    licence: Annotated[
        str | None,
        typer.Option("--licence", "--license", help="Of the models, as the hub calls it: cc-by-sa-4.0."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace older bundles.")] = False,
) -> None:
    """Make of each saved model (`save: true`) a folder ready for the hub; nothing is sent anywhere.

    A bundle holds the model, its card (languages, data with hashes, licences, scores, limits), all scores of
    the run, its settings and the hashes of all files, and loads without this package.
    """
    from mosecrot_core.runs.bundle import export_bundles

    for place in export_bundles(
        folder, to, language=language, method=method, licence=licence, overwrite=overwrite
    ):
        typer.echo(f"bundle: {place}")
        typer.echo(f"to publish it: hf upload YOUR-NAME/{place.name} {shlex.quote(str(place))} . --private")


def verify(
    folder: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder that `mosecrot export` made.")],
) -> None:
    """Check a bundle: hashes, card, scores, and that plain Transformers loads it, offline."""
    from mosecrot_core.runs.bundle_check import check_bundle

    typer.echo(f"{folder}: whole; it says {check_bundle(folder)}")
