"""Errors whose message is meant for the user: what was expected, what came, what to do."""

from pathlib import Path

_LONGEST = 2_000  # characters of a problem, which may hold what a file says


class MosecrotError(Exception):
    """Any failure that the user can mend; the command line prints it and exits with code 2."""


class InputError(MosecrotError):
    """A file or a setting that cannot be used.

    Args:
        problem: What is wrong: what was expected and what came instead.
        path: The file in question.
        line: Its line, counted from 1.
        remedy: What the user can do about it.

    >>> print(InputError("3 numbers expected, 2 found", path="fr.vec", line=7, remedy="Download it again."))
    fr.vec:7: 3 numbers expected, 2 found. Download it again.
    """

    def __init__(
        self, problem: str, *, path: str | Path | None = None, line: int | None = None, remedy: str = ""
    ) -> None:
        problem = " ".join(line.strip() for line in problem.splitlines())  # libraries write paragraphs
        problem = problem if len(problem) <= _LONGEST else f"{problem[:_LONGEST]} [...]"
        self.problem, self.path, self.line, self.remedy = problem, path, line, remedy
        place = f"{path}:{line}: " if line is not None else f"{path}: " if path is not None else ""
        message = f"{place}{problem.rstrip('.')}.{' ' + remedy if remedy else ''}"
        # A name that is no UTF-8 has halves of characters (PEP 383), which no stream takes.
        super().__init__(message.encode(errors="backslashreplace").decode())
