"""The command `mosecrot`: run an experiment, show its table, open the dashboard."""

import errno
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from mosecrot_core import __version__, anchors_cli, publish_cli, results_cli, sweep_cli, vectors_cli
from mosecrot_core.cli_options import FileArgument, FormOption, ProfileOption, RunArgument, RunsOption
from mosecrot_core.errors import MosecrotError
from mosecrot_core.files import FULL

app = typer.Typer(
    name="mosecrot",
    help="Take an English encoder to another language with word vectors and a bilingual word list.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Start with: mosecrot run experiments/demo.yaml",
)

app.add_typer(sweep_cli.app)
app.add_typer(anchors_cli.app, name="anchors")
app.add_typer(vectors_cli.app, name="vectors")
BAD_INPUT = 2
INTERRUPTED = 130


@app.command()
def run(
    file: FileArgument,
    runs: RunsOption = Path("runs"),
    profile: ProfileOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar, no table.")] = False,
) -> None:
    """Run an experiment; what is already done is not done again.

    The run folder is RUNS/NAME, NAME being the experiment's own, with -PROFILE behind it if one is taken.
    Stop it whenever you like: the same command goes on from where it was.
    """
    from mosecrot_core.runs.experiment import load_experiment
    from mosecrot_core.runs.interrupts import Interruptible
    from mosecrot_core.runs.report import print_report, progress_bar

    try:
        experiment = load_experiment(file, profile)
        with progress_bar(quiet) as bar, Interruptible(bar) as progress:
            from mosecrot_core.runs.runner import run_experiment

            finished = run_experiment(experiment, file.parent, runs / experiment.name, progress)
    except KeyboardInterrupt:
        _stopped()
    if not quiet:
        print_report(finished)


@app.command()
def check(
    file: FileArgument,
    profile: ProfileOption = None,
    form: FormOption = None,
) -> None:
    """Read the inputs of an experiment and tell what is in them; nothing is trained or written.

    Texts, word lists, vectors, the encoder if it is on this machine, and how many pairs all of them know.
    """
    from mosecrot_core.runs.experiment import load_experiment
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.input_check import check_inputs

    found = check_inputs(load_experiment(file, profile), file.parent)
    if form:
        typer.echo(as_text(found, form))
    else:
        for row in found.itertuples(index=False):
            typer.echo(f"{row.language:<6}{row.what:<14}{row.found}")


@app.command()
def rerun(
    folder: RunArgument,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar, no table.")] = False,
) -> None:
    """Run the experiment of a run again with the decisions on its anchors, into RUN-reviewed beside it.

    What the decisions do not touch is taken over, not done again. Stop it whenever you like.
    """
    from mosecrot_core.runs.interrupts import Interruptible
    from mosecrot_core.runs.report import print_report, progress_bar
    from mosecrot_core.runs.rerun import rerun as run_again

    try:
        with progress_bar(quiet) as bar, Interruptible(bar) as progress:
            finished = run_again(folder, progress)
    except KeyboardInterrupt:
        _stopped()
    if not quiet:
        print_report(finished)


for command in (
    results_cli.show,
    results_cli.compare,
    results_cli.gap,
    results_cli.surfaces,
    publish_cli.export,
    publish_cli.verify,
):
    app.command()(command)


@app.command()
def settings() -> None:
    """Print every key of an experiment file with its type, default and meaning."""
    from mosecrot_core.runs.settings_help import print_settings

    print_settings()


@app.command()
def dashboard(
    runs: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    port: Annotated[int | None, typer.Option(help="8501, or the next free one, if left out.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    address: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0: wherever this machine can be reached.")
    ] = "127.0.0.1",
    token: Annotated[
        bool | None,
        typer.Option(help="Ask for a token, which is printed; left out: if other machines can reach it."),
    ] = None,
) -> None:
    """Open the dashboard on the runs in a folder; unless told otherwise, on this machine only."""
    from mosecrot_core.runs.serving import serve

    raise typer.Exit(serve(runs, port, browser, address, token))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"mosecrot {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; what the user can mend ends in one message and exit code 2."""
    try:
        app(prog_name="mosecrot")
    except MosecrotError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno not in (*FULL, errno.EACCES, errno.EROFS):
            raise
        place = f"{error.filename}: " if error.filename else ""
        remedy = "Make room" if error.errno in FULL else "Allow it or name another folder"
        _stop(f"{place}{error.strerror}. Nothing was left half-written. {remedy} and run the command again.")


def _stopped() -> NoReturn:
    typer.echo("mosecrot: stopped; what is done is kept, and the same command goes on from there.", err=True)
    raise typer.Exit(INTERRUPTED) from None


def _stop(message: str) -> None:
    typer.echo(f"mosecrot: {message}", err=True)
    sys.exit(BAD_INPUT)
