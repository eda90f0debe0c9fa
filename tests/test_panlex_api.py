"""PanLex's API, against a server on loopback that takes and refuses what the real one does."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.words import panlex_api, panlex_requests
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon
from mosecrot_core.words.panlex_api import PanlexRequest, fetch_panlex

# (variety, text, id): expressions; (id, id): quality of their translation at distance 1 and 2.
EXPRESSIONS = {
    1: ("eng-000", "dog"), 2: ("eng-000", "cat"), 3: ("eng-000", "caf\u00e9"), 4: ("eng-000", "zebra"),
    11: ("fra-000", "chien"), 12: ("fra-000", "clebs"), 13: ("fra-000", "chat"),
    14: ("fra-000", "bistro\n\tx"), 15: ("fra-000", "z\u00e8bre"), 21: ("deu-000", "Hund"),
}  # fmt: skip
QUALITIES = {
    1: {(1, 11): 60, (1, 12): 9, (2, 13): 55, (3, 14): 5, (1, 21): 70},
    2: {(4, 15): 3},
}
KNOWN = {"trans_uid", "trans_txt", "trans_distance", "trans_quality_min", "uid", "include", "sort"}
KNOWN |= {"limit", "offset"}


class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append(body)
        if server.script:
            return self.reply(*server.script.pop(0))
        if self.path != "/v2/expr":
            return self.refuse(404, "ResourceNotFoundError", f"{self.path} does not exist")
        if unknown := sorted(set(body) - KNOWN):
            return self.refuse(
                409, "InvalidArgumentError", f"the following parameters are unknown: {unknown}"
            )
        if "trans_quality" not in body.get("include", []):
            return self.refuse(409, "InvalidArgumentError", "no trans_quality in include")
        if body.get("offset", 0) > 250_000:
            return self.refuse(409, "InvalidArgumentError", "offset cannot be greater than 250000")
        return self.reply(200, self.translations(body))

    def translations(self, body):
        rows = []
        for (left, right), quality in QUALITIES[body.get("trans_distance", 1)].items():
            (uid, txt), (other_uid, other) = EXPRESSIONS[left], EXPRESSIONS[right]
            wanted = uid in body["trans_uid"] and txt in body["trans_txt"] and other_uid in body["uid"]
            if wanted and quality >= body.get("trans_quality_min", 0):
                rows.append({"id": right, "langvar": 211, "txt": other, "txt_degr": other.lower(),
                             "trans_expr": left, "trans_txt": txt, "trans_quality": quality})  # fmt: skip
        rows.sort(key=lambda row: [row[name] for name in body.get("sort", ["id"])])
        start, most = body.get("offset", 0), min(body.get("limit", self.server.most), self.server.most)
        page = rows[start : start + most]
        return {"result": page, "resultNum": len(page), "resultMax": self.server.most}

    def refuse(self, status, code, message, headers=()):
        self.reply(status, {"code": code, "message": message}, headers)

    def reply(self, status, content, headers=()):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Api)
        self.asked, self.script, self.most = [], [], 2000
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v2"


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server():
    with running(Server()) as started:
        yield started


@pytest.fixture
def waits():
    return []


@pytest.fixture
def fetch(server, waits, tmp_path):
    def fetch(words, target="fra-000", **options):
        refresh = options.pop("refresh", False)
        request = PanlexRequest(**{"url": server.url, "timeout": 5, "pause": 0.25, **options})
        path = tmp_path / "en-fr.tsv"
        return fetch_panlex(words, "eng-000", target, path, request, refresh=refresh, sleep=waits.append)

    return fetch


def rows(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[2:]]


BUSY = (429, {"code": "TooManyRequestsError", "message": "Rate limit exceeded"}, {"Retry-After": "1.53"})


def test_what_is_fetched_is_a_lexicon_with_scores(fetch):
    path = fetch(["cat", "dog", "unknown"])
    assert rows(path) == [["cat", "chat", "55"], ["dog", "chien", "60"], ["dog", "clebs", "9"]]
    lexicon = read_lexicon(LexiconSettings(path=str(path), min_score=20))
    assert list(lexicon.pairs["target"]) == ["chat", "chien"]
    assert list(lexicon.pairs["score"]) == [55, 60]
    assert lexicon.dropped == {"score below threshold": 1}


def test_results_are_paged_through_in_a_fixed_order(fetch, server):
    server.most = 1
    assert len(rows(fetch(["dog", "cat"]))) == 3
    assert [body["offset"] for body in server.asked] == [0, 1, 2, 3]
    assert all(body["sort"] == ["trans_expr", "id"] for body in server.asked)


def test_words_go_in_batches_with_a_pause_and_each_once(fetch, server, waits):
    fetch(["dog", "cat", "dog", " ", "zebra"], batch=2)
    assert [body["trans_txt"] for body in server.asked] == [["dog", "cat"], ["zebra"]]
    assert waits == [0.25, 0.25]


def test_words_are_composed_and_cells_stay_on_their_line(fetch):
    assert rows(fetch(["cafe\u0301"])) == [["caf\u00e9", "bistro x", "5"]]


def test_distance_and_quality_are_the_servers_to_judge(fetch):
    assert rows(fetch(["zebra"], distance=2)) == [["zebra", "z\u00e8bre", "3"]]
    assert rows(fetch(["dog"], min_quality=10)) == [["dog", "chien", "60"]]


def test_the_same_request_is_answered_by_the_file_and_another_is_not(fetch, server):
    path = fetch(["dog"])
    assert fetch(["dog"], batch=7) == path
    assert len(server.asked) == 1
    fetch(["dog"], refresh=True)
    fetch(["dog", "cat"])
    fetch(["dog"], "deu-000")
    assert len(server.asked) == 4
    assert rows(path) == [["dog", "Hund", "70"]]


def test_a_busy_server_is_asked_again_after_what_it_says(fetch, server, waits):
    server.script = [BUSY, (502, b"bad gateway"), (200, b'{"result": [', {"Content-Length": "900"})]
    assert len(rows(fetch(["cat"]))) == 1
    assert waits[:3] == [1.53, 2.0, 4.0]


def test_a_server_that_stays_busy_is_given_up_and_leaves_the_file(fetch, server, tmp_path):
    before = fetch(["cat"]).read_bytes()
    server.script = [BUSY] * 3
    with pytest.raises(InputError, match=r"3 attempts .status 429, TooManyRequestsError: Rate limit"):
        fetch(["dog"], attempts=3)
    assert (tmp_path / "en-fr.tsv").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["en-fr.tsv"]


def test_waits_are_bounded_whatever_the_server_says(fetch, server, waits):
    server.script = [(429, {}, {"Retry-After": "1e9"}), (429, {}, {"Retry-After": "soon"}), (429, {}, {})]
    fetch(["cat"])
    assert waits[:3] == [120, 2, 4]


@pytest.mark.parametrize(
    ("status", "content", "headers", "message"),
    [
        (409, {"code": "InvalidArgumentError", "message": "bad uid"}, {}, "409, InvalidArg.*: bad uid"),
        (404, b"<html>", {}, "refuses the request .status 404, Not Found"),
        (302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}, "status 302"),
        (200, b"<html>hello", {}, "JSON was expected, b'<html>hello' came"),
        (200, b"[" * 100_000, {}, "JSON was expected"),
        (200, [], {}, "a JSON object was expected, a list came"),
        (200, {"answer": 1}, {}, "a list `result`"),
        (200, {"result": [{}] * 2001}, {}, "a list `result` of at most 2000"),
        (200, {"result": [{"txt": "chien", "trans_txt": "dog"}]}, {}, "a number `trans_quality`"),
        (200, {"result": [{"txt": 5, "trans_txt": "dog", "trans_quality": 1}]}, {}, "the texts"),
    ],
)  # fmt: skip
def test_refusals_and_strange_answers_are_errors_at_once(fetch, server, status, content, headers, message):
    server.script = [(status, content, headers)]
    with pytest.raises(InputError, match=message):
        fetch(["dog"])
    assert len(server.asked) == 1


def test_an_answer_without_end_is_cut(fetch, server, monkeypatch):
    monkeypatch.setattr(panlex_requests, "LARGEST_ANSWER", 1000)
    server.script = [(200, b" " * 2000)]
    with pytest.raises(InputError, match="a larger one came"):
        fetch(["dog"])


def test_a_server_that_never_ends_its_pages_is_stopped(fetch, server, monkeypatch):
    monkeypatch.setattr(panlex_api, "_LARGEST_OFFSET", 3)
    page = {"result": [{"txt": "x", "trans_txt": "dog", "trans_quality": 1}], "resultMax": 1}
    server.script = [(200, page)] * 20
    with pytest.raises(InputError, match="more came"):
        fetch(["dog"])
    assert len(server.asked) == 4


def test_a_silent_server_is_given_up_after_the_timeout(fetch, server, waits):
    class Silent(BaseHTTPRequestHandler):
        def do_POST(self):
            released.wait(5)

        log_message = Api.log_message

    released = threading.Event()
    silent = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    silent.daemon_threads = True
    with running(silent):
        with pytest.raises(InputError, match=r"2 attempts \(.*timed out"):
            fetch(["dog"], url=f"http://127.0.0.1:{silent.server_address[1]}/v2", timeout=0.2, attempts=2)
        released.set()
    assert waits == [1.0]


@pytest.mark.parametrize(
    ("words", "target", "options", "message"),
    [
        (["dog"], "fr", {}, "a PanLex variety such as eng-000 was expected, 'fr' came"),
        (["dog"], "fra-000", {"url": "file:///etc/passwd"}, "an http or https address"),
        ([" "], "fra-000", {}, "at least one word"),
        (["dog"], "fao-000", {}, "PanLex knows no fao-000 translation of these 1 eng-000 words"),
        (["dog"], "fra-000", {"url": "http://127.0.0.1:9/v2", "attempts": 1}, "did not answer in 1 attempts"),
    ],
)
def test_what_cannot_be_asked_is_said(fetch, words, target, options, message):
    with pytest.raises(InputError, match=message):
        fetch(words, target, **options)
