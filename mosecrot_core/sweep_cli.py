"""The commands `mosecrot sweep`, `status` and `gc`: many workers on many settings, how far, and tidying."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mosecrot_core.cli_options import ProfileOption, RunsOption
from mosecrot_core.errors import MosecrotError

if TYPE_CHECKING:
    from mosecrot_core.runs.hints import Hints
    from mosecrot_core.runs.sweeping import Execute

app = typer.Typer()

FolderArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run or of a sweep.")]


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="Experiment file (YAML), with a key `sweep` or without.")],
    runs: RunsOption = Path("runs"),
    profile: ProfileOption = None,
    executor: Annotated[
        Literal["here", "ray", "slurm"], typer.Option(help="Who does the tasks: this machine, Ray, Slurm.")
    ] = "here",
    workers: Annotated[
        int, typer.Option(min=1, help="Processes on this machine, or jobs of Slurm. Ray fills its cluster.")
    ] = 1,
    address: Annotated[
        str | None, typer.Option(help="HOST:PORT of the Ray cluster; left out: this machine's.")
    ] = None,
    cpus: Annotated[float, typer.Option(min=0, help="Cores for each task of Ray or job of Slurm.")] = 1,
    gpus: Annotated[float, typer.Option(min=0, help="GPUs for each; Ray takes fractions, as 0.25.")] = 0,
    memory: Annotated[float | None, typer.Option(help="GiB of memory for each.")] = None,
    resource: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=AMOUNT", help="A resource of the Ray cluster, as spot=1."),
    ] = None,
    slurm: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of sbatch, as partition=gpu.")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, help="How long a job of Slurm may take.")] = 1440,
    attempts: Annotated[
        int, typer.Option(min=1, help="A task fails when so many workers in a row died over it.")
    ] = 5,
    lease: Annotated[
        float, typer.Option(min=1, help="Seconds of silence after which another machine's worker is dead.")
    ] = 120,
    retry: Annotated[bool, typer.Option("--retry", help="Try failed tasks again.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar, no tables.")] = False,
) -> None:
    """Run an experiment, or one in many settings, as tasks that any number of workers share.

    Stop it whenever you like: the same command goes on from there. Give it on several machines that see the
    same folders, and they share the work.
    """
    from mosecrot_core.runs.hints import Hints
    from mosecrot_core.runs.interrupts import Interruptible
    from mosecrot_core.runs.report import progress_bar
    from mosecrot_core.runs.sweep import load_sweep
    from mosecrot_core.runs.sweep_report import print_sweep
    from mosecrot_core.runs.sweeping import run_sweep

    whole = load_sweep(file, runs, profile, attempts=attempts, lease=lease)
    amounts = {name: _amount(name, value) for name, value in _pairs(resource).items()}
    hints = Hints(cpus, gpus, memory, amounts)
    how = _execute(executor, workers, address, hints, minutes, _pairs(slurm))
    try:
        with progress_bar(quiet) as bar, Interruptible(bar) as progress:
            finished = run_sweep(whole, how, progress, retry=retry, wait=executor != "slurm")
    except KeyboardInterrupt:
        typer.echo("mosecrot: stopped; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None
    if executor == "slurm":
        typer.echo(f"{workers} jobs submitted; how far they are: mosecrot status {whole.folder}")
    elif not quiet:
        print_sweep(whole, finished)


@app.command()
def status(
    folder: FolderArgument,
    all_tasks: Annotated[bool, typer.Option("--all", help="List every task.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell how far a sweep or a run is: done, running, failed and why, and the time left."""
    from mosecrot_core.runs.sweep_report import print_status, status_json

    if as_json:
        typer.echo(status_json(folder))
    else:
        print_status(folder, all_tasks=all_tasks)


@app.command()
def gc(
    folder: FolderArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
) -> None:
    """Remove what no result needs: steps of earlier settings, models that were only needed on the way."""
    from mosecrot_core.runs.cleaning import clean

    removed = clean(folder, dry_run=dry_run)
    for path in removed.paths:
        typer.echo(str(path))
    said = "would be removed" if dry_run else "removed"
    typer.echo(f"{len(removed.paths)} files and folders, {removed.bytes / 1e6:.1f} MB, {said}.")


def _execute(
    executor: str,
    workers: int,
    address: str | None,
    hints: "Hints",
    minutes: int,
    options: dict[str, str],
) -> "Execute":
    if executor == "ray":
        from mosecrot_core.runs.ray_executor import on_ray

        return on_ray(address, hints)
    if executor == "slurm":
        from mosecrot_core.runs.slurm_executor import on_slurm

        return on_slurm(workers, hints, minutes, options)
    from mosecrot_core.runs.sweeping import here

    return here(workers)


def _pairs(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not (name and sign):
            raise MosecrotError(f"NAME=VALUE expected, got {text!r}.")
        found[name] = value
    return found


def _amount(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise MosecrotError(f"{name}: an amount expected, got {value!r}.") from None
