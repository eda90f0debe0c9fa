"""The readers, by kind: small valid inputs of each, and what reads them and looks at what it gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.mutations import Files


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        kind: `vectors`, `lexica`, `tasks`, `yaml`, `runs`, `uploads` or `checkpoints`.
        name: Which one.
        seeds: Valid inputs, the files of each by name.
        read: Reads an input that lies in a folder; returns, or raises.
    """

    kind: str
    name: str
    seeds: Sequence[Files]
    read: Callable[[Path], object]


def must_be_text(texts: Iterable[object]) -> None:
    """Fail where a reader has let through what is no text, or what no file in UTF-8 can hold."""
    for text in texts:
        if not isinstance(text, str):
            raise AssertionError(f"no text: {text!r}"[:200])
        try:
            text.encode()
        except UnicodeEncodeError:
            raise AssertionError(f"half a character: {text!r}"[:200]) from None


def all_targets() -> list[Target]:
    """Return every reader; their inputs are made at the first call."""
    from fuzz import (
        checkpoint_targets,
        lexicon_targets,
        run_targets,
        task_targets,
        upload_targets,
        vector_targets,
    )

    modules = (
        vector_targets, lexicon_targets, task_targets, run_targets, upload_targets, checkpoint_targets,
    )  # fmt: skip
    return [target for module in modules for target in module.targets()]
