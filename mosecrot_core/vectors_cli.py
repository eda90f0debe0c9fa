"""The commands `mosecrot vectors ...`: look into a vector file, convert it, train one on running text."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mosecrot_core.display import short

if TYPE_CHECKING:
    from mosecrot_core.words.conversion import VectorSummary

app = typer.Typer(help="Look into files of word vectors, convert them, and train some.", no_args_is_help=True)

FileArgument = Annotated[
    str, typer.Argument(help="Vector file, spaCy folder or package:NAME.", show_default=False)
]
FormatOption = Annotated[
    str, typer.Option("--format", help="text, word2vec, fasttext, npz, spacy or safetensors; auto looks.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first usable words.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress bar.")]


@app.command()
def convert(
    file: Annotated[str, typer.Argument(metavar="IN", help="Vector file, spaCy folder or package:NAME.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="File to write, NAME.safetensors.")],
    precision: Annotated[
        Literal["float32", "float16"] | None,
        typer.Option(
            help="float16 takes half the room and keeps 3 digits; as in IN, or float32, if left out."
        ),
    ] = None,
    limit: LimitOption = None,
    form: FormatOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Convert word vectors, once, to a safetensors file that loads fastest and can be memory-mapped.

    Subwords of a fastText or floret file are not kept: unseen words get no row from the converted file.
    """
    from mosecrot_core.words.conversion import convert_vectors

    summary = convert_vectors(file, out, format=form, limit=limit, precision=precision, progress=not quiet)
    typer.echo(f"{out}: {_described(summary)}")
    for line in _dropped(summary):
        typer.echo(line)
    if summary.subwords:
        typer.echo("Subwords are not kept: with this file, unseen words have no row.", err=True)


@app.command()
def inspect(
    file: FileArgument,
    limit: LimitOption = None,
    form: FormatOption = "auto",
    quiet: QuietOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show how many words a vector file has, their width, what is dropped, the first ones, the memory."""
    from mosecrot_core.words.conversion import inspect_vectors

    summary = inspect_vectors(file, format=form, limit=limit, progress=not quiet)
    if as_json:
        typer.echo(json.dumps({**asdict(summary), "bytes": summary.n_bytes}, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{file}: {summary.format}, {_described(summary)}")
    typer.echo(f"subwords: {'yes, unseen words get a row too' if summary.subwords else 'no'}")
    typer.echo(f"first words: {' '.join(map(short, summary.first_words))}")
    for line in _dropped(summary):
        typer.echo(line)


@app.command()
def train(
    files: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="UTF-8 text, plain or .gz, one text a line.")
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="File to write: NAME.bin with subwords, NAME.safetensors with words alone."
        ),
    ],
    column: Annotated[
        int | None,
        typer.Option(
            min=1, help="Column of the text, from 1, where tabs divide lines; the whole line if left out."
        ),
    ] = None,
    model: Annotated[
        Literal["fasttext", "word2vec"], typer.Option(help="fasttext makes words of subwords.")
    ] = "fasttext",
    dim: Annotated[int, typer.Option(min=2, max=2000, help="Numbers in a vector.")] = 300,
    epochs: Annotated[int, typer.Option(min=1, help="How often the text is gone through.")] = 20,
    window: Annotated[int, typer.Option(min=1, help="Words on either side that a word predicts.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Rarer words are left out.")] = 2,
    buckets: Annotated[int, typer.Option(min=1, help="Rows that all subwords share.")] = 100_000,
    casing: Annotated[Literal["fold", "keep"], typer.Option(help="Lower-case the text, or not.")] = "fold",
    cut: Annotated[
        Literal["words", "spaces"],
        typer.Option(help="Cut at spaces and punctuation, or (where a cutter has put them) at spaces alone."),
    ] = "words",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 2, help="The same seed, the same vectors.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Train word vectors on running text, for a language that has no published ones.

    A million words take two or three minutes. OUT serves as `vectors: {path: OUT}` in an experiment file.
    """
    from mosecrot_core.locations import resolve_path
    from mosecrot_core.words.trained_files import train_vector_file
    from mosecrot_core.words.vector_training import VectorTraining

    settings = VectorTraining(
        model=model, dim=dim, epochs=epochs, window=window, min_count=min_count, buckets=buckets,
        casing=casing, cut=cut, seed=seed,
    )  # fmt: skip
    texts = [resolve_path(file) for file in files]
    trained = train_vector_file(texts, out, settings, column=column, progress=not quiet)
    size = out.stat().st_size / 2**20
    typer.echo(f"{out}: {trained.words:,} words of {dim} numbers, {size:,.1f} MiB")
    if model == "fasttext" and out.suffix != ".bin":
        typer.echo("Subwords are not kept: with this file, unseen words have no row.", err=True)


def _described(summary: "VectorSummary") -> str:
    size = f"{summary.n_bytes / 2**20:,.1f} MiB as {summary.precision}"
    return f"{summary.words:,} words of {summary.dim} numbers, {size}"


def _dropped(summary: "VectorSummary") -> list[str]:
    counts = summary.report.as_dict()
    return [
        f"{count:,} dropped: {name.replace('_', ' ')}"
        for name, count in counts.items()
        if count and name not in ("read", "kept")
    ]
