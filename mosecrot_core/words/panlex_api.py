"""Translations from PanLex's HTTP API, version 2, kept in a file that `read_lexicon` reads.

What is followed is https://dev.panlex.org/api/ and the server's own source, github.com/longnow/panlex-api
(commit 423f8ec): ``POST /expr`` with a JSON object. ``trans_txt`` and ``trans_uid`` are the words and the
variety translated from, ``uid`` the variety translated into; a result holds ``txt``, and with ``include``
also ``trans_txt`` and ``trans_quality``. At most 2,000 results come at a time (``offset`` pages on, up to
250,000), a list may hold 10,000 words, and 120 requests a minute are served; more get status 429 with
``Retry-After``. Errors are JSON objects with ``code`` and ``message``.
"""

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon_formats.columns import PANLEX_COMMENT
from mosecrot_core.words.panlex_requests import post_json

PANLEX_URL = "https://api.panlex.org/v2"
_MOST_RESULTS = 2_000
_LARGEST_OFFSET = 250_000
_UID = re.compile(r"[a-z]{3}-\d{3}")
_HEADER = "source\ttarget\ttrans_quality"

Translation = tuple[str, str, float]


class PanlexRequest(Settings):
    """How PanLex is asked."""

    url: str = PANLEX_URL
    """Where the API lies, up to and with its version."""
    distance: int = Field(default=1, ge=1, le=2)
    """1: translations that a source attests. 2: also those through a third language, most of them poor."""
    min_quality: int = Field(default=0, ge=0)
    """Leave translations of lower quality with the server."""
    batch: int = Field(default=500, ge=1, le=10_000)
    """Words a request."""
    pause: float = Field(default=0.5, ge=0)
    """Seconds between requests: the server allows two a second."""
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for the server to connect or to go on with an answer."""
    attempts: int = Field(default=6, ge=1)
    """How often a request is tried where the server is busy or out of reach."""


def fetch_panlex(
    words: Iterable[str],
    source: str,
    target: str,
    path: Path,
    request: PanlexRequest | None = None,
    *,
    refresh: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch the translations of words and write them as a table ``source TAB target TAB trans_quality``.

    The file names the request it answers: where it is there and answers this one, nothing is asked. It is
    written whole at the end or not at all. Read it with ``LexiconSettings(path=..., min_score=...)``.

    Args:
        words: Words of the source language; they are composed (NFC), and each is asked once.
        source: PanLex's identifier of the source variety, such as ``eng-000``.
        target: That of the target variety, such as ``fao-000``.
        path: The file to write.
        request: Where and how to ask.
        refresh: Ask again even if the file answers this request.
        sleep: What waits between requests, in seconds.

    Returns:
        `path`.

    Raises:
        InputError: An identifier is malformed, no word is given, the server cannot be reached or refuses,
            what it answers is not what its documentation says, or it knows no translation.
    """
    request = request or PanlexRequest()
    for uid in (source, target):
        if not _UID.fullmatch(uid):
            problem = f"a PanLex variety such as eng-000 was expected, {uid!r} came"
            raise InputError(problem, remedy="Look it up in langs207.txt of its Swadesh lists.")
    if urlsplit(request.url).scheme not in {"http", "https"}:
        raise InputError(f"an http or https address was expected, {request.url!r} came")
    composed = (_one_line(unicodedata.normalize("NFC", word)) for word in words)
    composed = (_one_line(unicodedata.normalize("NFC", word)) for word in words)
    asked = list(dict.fromkeys(filter(None, composed)))
    if not asked:
        raise InputError("at least one word was expected, none came")
    note = f"{PANLEX_COMMENT} API v2, {source} to {target}, request {_digest(asked, source, target, request)}"
    if not refresh and _answers(path, note):
        return path
    found = sorted(_translations(asked, source, target, request, sleep), key=_order(asked))
    if not found:
        problem = f"PanLex knows no {target} translation of these {len(asked)} {source} words"
        raise InputError(problem, remedy="Check both identifiers; try distance 2, or a lower min_quality.")
    with atomic_path(path) as temporary:
        rows = (f"{word}\t{translation}\t{quality:g}\n" for word, translation, quality in found)
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{note}\n{_HEADER}\n")
            file.writelines(rows)
    return path


def _translations(
    words: list[str], source: str, target: str, request: PanlexRequest, sleep: Callable[[float], None]
) -> Iterator[Translation]:
    remaining = iter(words)
    while batch := list(islice(remaining, request.batch)):
        query: dict[str, Any] = {
            "trans_uid": [source],
            "trans_txt": batch,
            "uid": [target],
            "trans_distance": request.distance,
            "include": ["trans_txt", "trans_quality"],
            # One expression may translate several words: only both together have one order to page through.
            "sort": ["trans_expr", "id"],
            "limit": _MOST_RESULTS,
        }
        if request.min_quality:
            query["trans_quality_min"] = request.min_quality
        yield from _pages(query, request, sleep)


def _pages(
    query: dict[str, Any], request: PanlexRequest, sleep: Callable[[float], None]
) -> Iterator[Translation]:
    url = f"{request.url.rstrip('/')}/expr"
    offset = 0
    while offset <= _LARGEST_OFFSET:
        answer = post_json(
            url, {**query, "offset": offset}, timeout=request.timeout, attempts=request.attempts, sleep=sleep
        )
        results = answer.get("result")
        if not isinstance(results, list) or len(results) > _MOST_RESULTS:
            problem = (
                f"a list `result` of at most {_MOST_RESULTS} was expected from the API, another answer came"
            )
            raise InputError(problem, path=url, remedy="Is it version 2 of PanLex's API?")
        yield from (_translation(result, url) for result in results)
        sleep(request.pause)
        most = answer.get("resultMax")
        full = min(_MOST_RESULTS, most) if isinstance(most, int) and most > 0 else _MOST_RESULTS
        if len(results) < full:
            return
        offset += len(results)
    count = len(query["trans_txt"])
    problem = f"at most {_LARGEST_OFFSET:,} translations of {count} words were expected, more came"
    raise InputError(problem, path=url, remedy="Ask for fewer words at a time: lower `batch`.")


def _translation(result: Any, url: str) -> Translation:
    """Check one result: nothing that the server says is believed."""
    if isinstance(result, dict):
        word, text, quality = result.get("trans_txt"), result.get("txt"), result.get("trans_quality")
        if isinstance(word, str) and isinstance(text, str) and isinstance(quality, int | float):
            return _one_line(word), _one_line(text), float(quality)
    problem = (
        "results with the texts `trans_txt`, `txt` and a number `trans_quality` were expected from the API"
    )
    raise InputError(f"{problem}, {str(result)[:200]!r} came", path=url, remedy="Is it version 2 of the API?")


def _order(words: list[str]) -> Callable[[Translation], tuple[int, float, str]]:
    """Sort as the words were given, the best translation first."""
    rank = {word: place for place, word in enumerate(words)}
    return lambda found: (rank.get(found[0], len(rank)), -found[2], found[1])


def _one_line(text: str) -> str:
    """Make a text fit a cell of the table."""
    return " ".join(text.split())


def _digest(words: list[str], source: str, target: str, request: PanlexRequest) -> str:
    """Hash what decides the answer; how fast and in which portions it is asked for does not."""
    content = [words, source, target, request.url, request.distance, request.min_quality]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


def _answers(path: Path, note: str) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(1_000).rstrip("\n") == note
    except (OSError, UnicodeDecodeError):
        return False
