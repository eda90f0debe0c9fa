"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated, Literal

import typer

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment file (YAML).")]
ProfileOption = Annotated[
    str | None, typer.Option(help="One of the file's profiles: other values for some of its keys.")
]
RunsOption = Annotated[Path, typer.Option("--runs", help="Folder that run folders are kept in.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")]
RunsArgument = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")]
FormOption = Annotated[
    Literal["csv", "markdown", "latex", "json"] | None,
    typer.Option("--format", help="Print the table for another program."),
]
