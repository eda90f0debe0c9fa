"""Markdown in which text from files stays text: no markup, no HTML, no link, no end of a table's cell."""

import re
from collections.abc import Iterable, Sequence

from mosecrot_core.display import visible

_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}


def escaped(text: object) -> str:
    r"""Write text as a part of a line, or of a table's cell.

    >>> print(escaped("<b>*so*</b>"))
    &lt;b&gt;\*so\*&lt;\/b&gt;
    """
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), visible(text))


def code(text: object) -> str:
    """Write a name or a path as code, where it has nothing that would end it.

    >>> code("fr.vec")
    '`fr.vec`'
    """
    shown = visible(text)
    plain = shown.strip() and not set("`|") & set(shown)
    return f"`{shown}`" if plain else escaped(text)


def fenced(text: str, language: str = "") -> str:
    """Write lines as a block of code."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write cells, each Markdown of its own, as a table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))
