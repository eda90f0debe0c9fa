"""One JSON request to a server that may be busy: bounded in time and size, patient, never redirected."""

import json
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from mosecrot_core import __version__
from mosecrot_core.errors import InputError

LARGEST_ANSWER = 32 << 20
"""Bytes: 2,000 results take about 0.4 MB."""
_LONGEST_WAIT = 120.0
_PATIENCE = 10  # times the timeout: for a whole answer, where the timeout is for each part
_BUSY = frozenset((429, 500, 502, 503, 504))


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would lose its body, and may lead anywhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def post_json(
    url: str, body: dict[str, Any], *, timeout: float, attempts: int, sleep: Callable[[float], None]
) -> dict[str, Any]:
    """Send a JSON object and return the JSON object that answers.

    A busy or unreachable server (429, 5xx, no connection, a cut answer) is asked again after what its
    ``Retry-After`` says, else after 1, 2, 4 ... seconds, at most two minutes.

    Raises:
        InputError: Every attempt failed, the server refuses the request, or its answer is larger than 32 MiB
            or no JSON object.
    """
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"mosecrot/{__version__}"}
    problem, wait = "", 0.0
    for attempt in range(attempts):
        if problem:
            sleep(wait)
        wait = min(2.0**attempt, _LONGEST_WAIT)
        try:
            # The caller has checked that the address is http or https.
            with build_opener(_NoRedirect).open(Request(url, data, headers), timeout=timeout) as answer:  # noqa: S310
                received = _read(answer, time.monotonic() + _PATIENCE * timeout)
            return _json_object(received, url)
        except HTTPError as error:
            problem = _reason(error)
            if error.code not in _BUSY:
                remedy = "Check the address and the language varieties."
                raise InputError(
                    f"the server refuses the request ({problem})", path=url, remedy=remedy
                ) from error
            wait = _retry_after(error.headers.get("Retry-After")) or wait
        except (URLError, HTTPException, OSError) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
    problem = f"the server did not answer in {attempts} attempts ({problem})"
    raise InputError(problem, path=url, remedy="Check the connection and try again later.")


def _read(answer: HTTPResponse, deadline: float) -> bytes:
    """Read an answer to its end, or one byte beyond the limit.

    Raises:
        OSError: It drips for longer than the deadline, or breaks off.
    """
    data = bytearray()
    while len(data) <= LARGEST_ANSWER and (block := answer.read1(1 << 16)):
        data += block
        if time.monotonic() > deadline:
            raise TimeoutError("the answer comes too slowly")
    if len(data) <= LARGEST_ANSWER and answer.length:
        raise ConnectionError(f"the answer breaks off {answer.length} bytes before its end")
    return bytes(data)


def _json_object(data: bytes, url: str) -> dict[str, Any]:
    if len(data) > LARGEST_ANSWER:
        problem = f"an answer of at most {LARGEST_ANSWER >> 20} MiB was expected, a larger one came"
        raise InputError(problem, path=url, remedy="Ask for fewer words at a time: lower `batch`.")
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        problem = f"JSON was expected, {data[:80]!r} came"
        raise InputError(problem, path=url, remedy="Is it the address of an API?") from error
    if not isinstance(answer, dict):
        raise InputError(f"a JSON object was expected, a {type(answer).__name__} came", path=url)
    return answer


def _reason(error: HTTPError) -> str:
    """Give the status and what the server says about it, in PanLex's form where it has it."""
    try:
        said = json.loads(error.read(1 << 16))
        detail = f"{said['code']}: {said['message']}"
    except (ValueError, KeyError, TypeError, RecursionError, OSError, HTTPException):
        detail = str(error.reason)
    return f"status {error.code}, {detail[:300]}"


def _retry_after(text: str | None) -> float | None:
    """Read seconds, which PanLex gives with a fraction; a date is not read."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None
