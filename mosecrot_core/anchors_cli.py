"""The commands `mosecrot anchors ...`: review the pairs of a run, take decisions out and bring them in."""

import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mosecrot_core.cli_options import FileArgument, FormOption, ProfileOption, RunArgument, RunsOption
from mosecrot_core.errors import InputError

if TYPE_CHECKING:
    from mosecrot_core.anchors.review import Reviews
    from mosecrot_core.runs.store import Run

app = typer.Typer(help="Look at the word pairs that a run rests on, and review them.", no_args_is_help=True)

LanguageOption = Annotated[str, typer.Option("--language", "-l", help="Code of the target language.")]
AnyLanguageOption = Annotated[
    str | None, typer.Option("--language", "-l", help="Code of the target language; all if left out.")
]
ReviewsOption = Annotated[
    Path | None,
    typer.Option("--reviews", help="File of decisions; reviews.sqlite beside the run if left out."),
]
AuthorOption = Annotated[
    str | None, typer.Option("--author", help="Who decides; the login name if left out.")
]


@app.command()
def inspect(
    place: Annotated[
        Path,
        typer.Argument(metavar="RUN|FILE", help="Run folder, or an experiment file to score the pairs of."),
    ],
    language: AnyLanguageOption = None,
    worst: Annotated[int, typer.Option("--worst", "-n", min=1, help="How many pairs to show.")] = 20,
    profile: ProfileOption = None,
    runs: RunsOption = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Rows for programs.")] = False,
) -> None:
    """Show the worst word pairs, why they are suspect, and what would fit better.

    Of an experiment file only the word pairs are looked at; nothing is fine-tuned. The scores are kept in its
    run folder, so that the dashboard shows them and a later `mosecrot run` goes on from there.
    """
    from mosecrot_core.runs.inspection import inspection_rows, print_inspection, scored_languages
    from mosecrot_core.runs.store import Run

    run = _scored(place, profile, runs) if place.is_file() else Run.open(place)
    languages = [language] if language else scored_languages(run)
    if not languages:
        raise InputError(
            "no scored pairs in this run", path=place, remedy="Name its experiment file instead."
        )
    if as_json:
        rows = [row for code in languages for row in inspection_rows(run, code, worst)]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for code in languages:
        print_inspection(run, code, worst)


@app.command()
def missing(
    file: FileArgument,
    language: AnyLanguageOption = None,
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="How many words to show.")] = 20,
    profile: ProfileOption = None,
    runs: RunsOption = Path("runs"),
    form: FormOption = None,
) -> None:
    """Show the words that the texts use most and that no pair of the word list translates.

    They are read through their mapped vector, or by what they look like. A pair for each, appended to the
    word list or accepted in a file of `decisions`, says what they mean. The texts are the task's, those of
    the test too but no labels, and the unlabelled ones. Nothing is trained but vectors, where a run would.
    """
    import pandas as pd

    from mosecrot_core.runs.experiment import load_experiment
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.missing_words import missing_words, print_missing_words
    from mosecrot_core.runs.quiet import quieten
    from mosecrot_core.runs.workbench import Workbench

    experiment = load_experiment(file, profile)
    known = [code for code, own in experiment.targets.items() if own.has_words]
    asked = [code for code in known if language in (None, code)]
    if not asked:
        named = f" is {language!r}" if language else ""
        raise InputError(
            f"no target with word vectors and a word list{named}", path=file,
            remedy=f"Those that have both: {', '.join(known) or 'none'}.",
        )  # fmt: skip
    quieten()
    bench = Workbench(experiment, file.parent, runs / ".vectors")
    found = {code: missing_words(bench, code) for code in asked}
    if form:
        typer.echo(as_text(pd.concat([table.head(most) for table in found.values()]), form))
        return
    for code, table in found.items():
        print_missing_words(table, code, most)


def _scored(file: Path, profile: str | None, runs: Path) -> "Run":
    """Score the pairs of an experiment."""
    from mosecrot_core.runs.experiment import load_experiment
    from mosecrot_core.runs.interrupts import Interruptible
    from mosecrot_core.runs.report import progress_bar
    from mosecrot_core.runs.runner import run_experiment

    experiment = load_experiment(file, profile)
    with progress_bar(quiet=False) as bar, Interruptible(bar) as progress:
        return run_experiment(experiment, file.parent, runs / experiment.name, progress, only_pairs=True)


@app.command()
def review(
    folder: RunArgument,
    language: LanguageOption,
    reviews: ReviewsOption = None,
    author: AuthorOption = None,
    queue: Annotated[
        Literal["suspect", "undecided", "ask", "all"],
        typer.Option(help="Which pairs, the worst first; ask: those whose answers teach the score most."),
    ] = "suspect",
) -> None:
    """Decide on pairs one by one: a accept, x reject, c correct, s skip, z undo, q quit.

    Every decision is kept at once. Where the input is no terminal it is read line by line: a key, and for `c`
    the right word behind it.
    """
    from mosecrot_core.runs.triage import Triage, pairs_to_review

    run, decided = _open(folder, language, reviews)
    pairs = pairs_to_review(run, language, decided, queue)
    if pairs.empty:
        typer.echo(f"No pair to review in this queue ({queue}).")
        return
    triage = Triage(run, language, decided, author or _login_name(), typer.echo)
    triage.go_through(pairs, _ask_for_a_key if sys.stdin.isatty() else _ask_for_a_line)


@app.command()
def export(
    folder: RunArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="File to write.")],
    language: LanguageOption,
    reviews: ReviewsOption = None,
    form: Annotated[
        Literal["tsv", "muse"],
        typer.Option("--format", help="tsv: the decisions. muse: the word list with the decisions applied."),
    ] = "tsv",
) -> None:
    """Write the decisions, or the word list that they lead to.

    The word list holds the pairs of the run's list that the encoder and the vectors know.
    """
    from mosecrot_core.anchors.decisions import apply_decisions, write_decisions, write_word_list
    from mosecrot_core.words.lexicon import Lexicon

    run, decided = _open(folder, language, reviews)
    if out.resolve() == decided.path.resolve():
        raise InputError(
            "this is the file of decisions itself", path=out, remedy="Name another file to write."
        )
    if form == "tsv":
        typer.echo(f"{out}: {write_decisions(decided, out):,} decisions")
        return
    quality = run.quality()
    pairs = quality.loc[quality["language"] == language, ["source", "target", "score", "line"]]
    if pairs.empty:
        raise InputError(f"no scored pairs in {language!r}", path=folder, remedy="Name another language.")
    lexicon = Lexicon(pairs.reset_index(drop=True), {}, str(folder))
    lexicon = apply_decisions(lexicon, decided.standing())
    left_out = write_word_list(lexicon, out)
    typer.echo(f"{out}: {len(lexicon) - left_out:,} pairs")
    for reason, count in lexicon.dropped.items():
        typer.echo(f"{count:,} left out: {reason}")
    if left_out:
        typer.echo(f"{left_out:,} left out: white space or control characters in a word", err=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="DECISIONS", help="Exported table, or a file of reviews.")],
    reviews: Annotated[Path, typer.Option("--reviews", help="File of decisions to add to.")],
    language: LanguageOption,
    source: Annotated[str, typer.Option("--source", help="Code of the source language.")] = "en",
    author: AuthorOption = None,
) -> None:
    """Add decisions from a file as one batch; the same decisions are added once, however often imported.

    Each keeps its author and time. They hold over what was decided before, and only who imported them can
    undo them; after that they can be imported again.
    """
    from mosecrot_core.anchors.decisions import import_decisions, read_decisions
    from mosecrot_core.anchors.review import Reviews

    found = read_decisions(file, (source, language))
    if found.empty:
        typer.echo(f"{file}: no decisions on {source}-{language} pairs")
        return
    done = import_decisions(Reviews(reviews, (source, language)), found, author or _login_name())
    if done.new:
        typer.echo(f"{reviews}: {len(found):,} decisions added as batch {done.batch}")
        typer.echo(f"{done.changed:,} of them change what held")
    else:
        typer.echo(f"{reviews}: these {len(found):,} decisions are there already, batch {done.batch}")


def _open(folder: Path, language: str, reviews: Path | None) -> "tuple[Run, Reviews]":
    from mosecrot_core.anchors.review import REVIEWS, Reviews
    from mosecrot_core.runs.settings_file import source_language
    from mosecrot_core.runs.store import Run

    run = Run.open(folder)
    beside = Path(os.path.abspath(folder)).parent  # noqa: PTH100 - `..` goes, a link stays: as the dashboard does
    return run, Reviews(reviews or beside / REVIEWS, (source_language(folder), language))


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise InputError(
            "this system does not tell who you are", remedy="Name the author: --author NAME."
        ) from None


def _ask_for_a_line(prompt: str) -> str | None:
    del prompt  # nobody reads it
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _ask_for_a_key(prompt: str) -> str | None:
    """Read one key from the terminal, and for `c` a line."""
    typer.echo(prompt, nl=False)
    try:
        key = typer.getchar()
        typer.echo(key if key.isprintable() else "")
        if key == "c":
            return f"c {input('right word (Enter takes the suggestion): ')}"
    except (EOFError, KeyboardInterrupt):
        typer.echo("")
        return None
    return key
