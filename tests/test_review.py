"""Decisions are kept exactly and in order, whoever else writes and whatever is killed; an undo."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mosecrot_core.anchors import review_file
from mosecrot_core.anchors.review import HISTORY_COLUMNS, STANDING_COLUMNS, Reviews
from mosecrot_core.anchors.verdict import Decision, decisions_digest
from mosecrot_core.errors import InputError

CRASH = Path(__file__).with_name("review_crash.py")
PAIRS = [("dog", "chien"), ("cat", "chat"), ("the", "le")]
HARD = [
    "=1+1", "a\tb", "line\nbreak", "\r", "nul\x00l", "\u202egnol", " spaced ", "\ufeffmark",
    "'; DROP TABLE t", "e\u0301", "\u00e9", "\U0001f600", "x" * 200_000, "%s?:1",
]  # fmt: skip


@pytest.fixture
def reviews(tmp_path):
    return Reviews(tmp_path / "reviews.sqlite", ("en", "fr"))


def held(reviews):
    table = reviews.standing()
    columns = (table[name] for name in ("source", "target", "verdict", "correction"))
    return {(source, target): tuple(rest) for source, target, *rest in zip(*columns, strict=True)}


def test_the_last_decision_holds_and_the_one_before_comes_back(reviews):
    first = reviews.decide(PAIRS, "reject", "ann")
    second = reviews.decide(PAIRS[:1], "accept", "bob")
    third = reviews.decide(PAIRS[1:2], "correct", "ann", correction="minou")
    assert first < second < third
    now = {PAIRS[0]: ("accept", ""), PAIRS[1]: ("correct", "minou"), PAIRS[2]: ("reject", "")}
    assert held(reviews) == now
    table = reviews.standing()
    assert list(table.columns) == STANDING_COLUMNS
    assert list(table["source"]) == ["the", "dog", "cat"], "last entered, last in the table"
    assert list(table["author"]) == ["ann", "bob", "ann"]
    assert all(table["time"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"))

    undone = reviews.undo("ann")
    assert list(undone["correction"]) == ["minou"]
    assert held(reviews) == {**now, PAIRS[1]: ("reject", "")}
    assert len(reviews.undo("ann")) == 3, "an undo after an undo goes one further back"
    assert held(reviews) == {PAIRS[0]: ("accept", "")}, "nobody undoes another author's batch"
    assert reviews.undo("ann").empty
    assert list(reviews.undo("ann").columns) == STANDING_COLUMNS
    reviews.decide(PAIRS[:1], "reject", "ann")
    assert len(reviews.undo("ann")) == 1
    assert held(reviews) == {PAIRS[0]: ("accept", "")}


def test_history_holds_everything(reviews):
    reviews.decide(PAIRS[:2], "reject", "ann")
    reviews.undo("ann")
    reviews.record([Decision(*PAIRS[2], "accept", "", "eve", "2020-01-01T00:00:00+00:00")], "bob")
    table = reviews.history()
    assert list(table.columns) == HISTORY_COLUMNS
    assert list(table["verdict"]) == ["reject", "reject", "undo", "accept"]
    assert list(table["undoes"]) == [0, 0, 1, 0]
    assert list(table["stands"]) == [False, False, True, True]
    assert list(table["author"]) == ["ann", "ann", "ann", "eve"]
    assert list(table["entered_by"]) == ["ann", "ann", "ann", "bob"]
    assert list(reviews.standing()["time"]) == ["2020-01-01T00:00:00+00:00"]
    assert reviews.undo("eve").empty, "who is named in an import cannot undo it"
    assert len(reviews.undo("bob")) == 1


def test_languages_are_apart(tmp_path, reviews):
    other = Reviews(tmp_path / "reviews.sqlite", ("en", "fi"))
    reviews.decide(PAIRS, "reject", "ann", token="t")
    assert other.standing().empty
    assert other.version() == 0
    assert other.undo("ann").empty
    assert other.decide(PAIRS[:1], "accept", "ann", token="t") == 2
    assert len(reviews.standing()) == 3
    assert len(other.standing()) == 1


@pytest.mark.parametrize("word", HARD, ids=lambda word: repr(word[:12]))
def test_words_come_back_exactly(reviews, word):
    reviews.decide([(word, word), (word, "x")], "correct", word, correction=word)
    table = reviews.standing()
    assert table[["source", "target", "correction", "author"]].to_numpy().tolist() == [
        [word, word, word, word],
        [word, "x", word, word],
    ]


def test_words_that_differ_only_behind_a_nul_are_two(reviews):
    reviews.decide([("a\x00b", "x"), ("a\x00c", "x")], "reject", "ann")
    reviews.decide([("a\x00b", "x")], "accept", "ann")
    assert held(reviews) == {("a\x00b", "x"): ("accept", ""), ("a\x00c", "x"): ("reject", "")}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([], "reject", "ann"), "no pair"),
        (([("", "x")], "reject", "ann"), "source word"),
        (([("x", "\ud800")], "reject", "ann"), "target word .*UTF-8"),
        (([("x", None)], "reject", "ann"), "target word"),
        (([("x", 3.0)], "reject", "ann"), "target word"),
        ((PAIRS, "maybe", "ann"), "'maybe'"),
        ((PAIRS, "reject", ""), "author"),
        ((PAIRS, "reject", "\udcff"), "author"),
        ((PAIRS, "correct", "ann"), "correction"),
        ((PAIRS, "correct", "ann", ""), "correction"),
        ((PAIRS, "reject", "ann", "chien"), "correction"),
        ((PAIRS, "reject", "ann", None, ""), "token"),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(reviews, arguments, says):
    with pytest.raises(InputError, match=says):
        reviews.decide(*arguments)
    assert reviews.history().empty
    assert reviews.version() == 0


def test_a_token_counts_once(reviews):
    batch = reviews.decide(PAIRS, "reject", "ann", token="a")
    reviews.decide(PAIRS[:1], "accept", "ann")
    version = reviews.version()
    assert reviews.decide(PAIRS, "reject", "ann", token="a") == batch
    assert reviews.version() == version
    assert held(reviews)[PAIRS[0]] == ("accept", ""), "a repeated decision does not come anew"
    undone = reviews.undo("ann", token="u")
    again = reviews.undo("ann", token="u")
    assert undone.equals(again)
    assert len(reviews.standing()) == 3
    with pytest.raises(InputError, match="used for another"):
        reviews.decide(PAIRS, "accept", "ann", token="a")
    with pytest.raises(InputError, match="used for another"):
        reviews.undo("ann", token="a")
    with pytest.raises(InputError, match="used for another"):
        reviews.decide(PAIRS, "accept", "ann", token="u")
    assert reviews.state_of("a") == (batch, True)
    reviews.undo("ann")
    assert reviews.state_of("a") == (batch, False)
    assert reviews.decide(PAIRS, "reject", "ann", token="a") == batch, "also where it was undone since"
    assert reviews.standing().empty
    assert reviews.state_of("none") is None


def test_version_and_digest(tmp_path, reviews):
    versions = [reviews.version()]
    empty = reviews.digest()
    for act in (
        lambda: reviews.decide(PAIRS, "reject", "ann"),
        lambda: reviews.undo("ann"),
        lambda: reviews.decide(PAIRS[:1], "accept", "ann"),
        lambda: reviews.decide(PAIRS[1:], "accept", "ann"),
    ):
        act()
        versions.append(reviews.version())
    assert versions == sorted(set(versions))
    assert reviews.undo("bob").empty
    assert reviews.version() == versions[-1], "where nothing happened nothing changes"
    other = Reviews(tmp_path / "other.sqlite", ("en", "fr"))
    assert other.digest() == empty
    other.decide(PAIRS[::-1], "accept", "somebody else")
    assert other.digest() == reviews.digest() != empty
    assert other.digest() == decisions_digest(other.standing().sample(frac=1, random_state=1))
    other.decide(PAIRS[:1], "reject", "somebody else")
    assert other.digest() != reviews.digest()


WORDS = st.sampled_from(["a", "b", "a\x00", "\u00e9"])
ACTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("decide"),
            st.sampled_from(["ann", "bob"]),
            st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4),
            st.sampled_from(["accept", "reject", "correct"]),
            st.sampled_from([None, None, 0, 1, 2]),  # which earlier act is repeated with its token, if any
        ),
        st.tuples(st.just("undo"), st.sampled_from(["ann", "bob"])),
    ),
    max_size=14,
)


class Plain:
    """The slow and obvious reference: a list of batches that stand, in order."""

    def __init__(self):
        self.batches, self.seen = [], []

    def decide(self, pairs, verdict, author, right):
        self.batches.append((author, dict.fromkeys(pairs, (verdict, right))))

    def undo(self, author):
        for place in reversed(range(len(self.batches))):
            if self.batches[place][0] == author:
                return self.batches.pop(place)[1]
        return {}

    def held(self):
        now = {}
        for _, decided in self.batches:
            now |= decided
        return now


@settings(max_examples=60, deadline=None)
@given(acts=ACTS)
def test_any_sequence_agrees_with_the_plain_reference(tmp_path_factory, acts):
    reviews = Reviews(tmp_path_factory.mktemp("any") / "reviews.sqlite", ("en", "fr"))
    plain, past = Plain(), []
    for number, (act, author, *rest) in enumerate(acts):
        if act == "undo":
            undone = reviews.undo(author, token=f"t{number}")
            columns = (undone[name] for name in ("source", "target", "verdict", "correction"))
            assert {(s, t): (v, c) for s, t, v, c in zip(*columns, strict=True)} == plain.undo(author)
        else:
            pairs, verdict, repeated = rest
            right = "right" if verdict == "correct" else ""
            if repeated is not None and repeated < len(past):
                token, arguments, batch = past[repeated]
                assert reviews.decide(*arguments, token=token) == batch
            else:
                arguments = (pairs, verdict, author, right or None)
                past.append((f"t{number}", arguments, reviews.decide(*arguments, token=f"t{number}")))
                plain.decide(pairs, verdict, author, right)
        assert held(reviews) == plain.held()
    history = reviews.history()
    standing = history[history["stands"] & (history["verdict"] != "undo")]
    replayed = {(row.source, row.target): (row.verdict, row.correction) for row in standing.itertuples()}
    assert replayed == plain.held(), "history tells which entries stand"


def test_the_file_refuses_to_change_or_forget(reviews):
    reviews.decide(PAIRS, "reject", "ann", token="t")
    reviews.undo("ann")
    before = reviews.history()
    with contextlib.closing(sqlite3.connect(reviews.path)) as connection:
        for statement in (
            "DELETE FROM batches",
            "DELETE FROM decisions WHERE number = 0",
            "UPDATE batches SET author = 'eve'",
            "UPDATE decisions SET verdict = 'accept'",
            "INSERT OR REPLACE INTO decisions VALUES (1, 0, 'dog', 'chien', 'accept', '', NULL, NULL)",
            "INSERT OR REPLACE INTO batches VALUES (1, 'en', 'fr', 'eve', 't', NULL, 'c', NULL)",
            "INSERT OR REPLACE INTO batches VALUES (NULL, 'en', 'fr', 'eve', 't', 't', 'c', NULL)",
            "INSERT OR REPLACE INTO batches VALUES (NULL, 'en', 'fr', 'eve', 't', NULL, 'c', 1)",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
            connection.rollback()
    assert reviews.history().equals(before)


def test_how_it_is_kept(reviews, monkeypatch):
    asked = []
    original = review_file._connect

    def spy(*arguments, **options):
        connection = original(*arguments, **options)
        asked.append(
            [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        )
        return connection

    monkeypatch.setattr(review_file, "_connect", spy)
    reviews.decide(PAIRS, "reject", "ann")
    assert asked == [[2, "wal"]], "2 is FULL: on disk before it is acknowledged"
    assert [path.name for path in reviews.path.parent.iterdir()] == ["reviews.sqlite"], "all in one file"


def foreign(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.commit()


def pragma(name, value):
    def change(path):
        Reviews(path, ("en", "fr"))
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA {name} = {value}")

    return change


def endless(path):
    """A file that looks like ours, whose table is a view without an end."""
    pragma("foreign_keys", 0)(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE batches")
        endless = "WITH RECURSIVE b(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM b) SELECT n AS batch FROM b"
        connection.execute(f"CREATE VIEW batches AS {endless}")
        connection.commit()


def torn(path):
    reviews = Reviews(path, ("en", "fr"))
    reviews.decide([(f"w{i}", "x") for i in range(5000)], "reject", "ann")
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(range(256)) * 64 + content[8192 + 256 * 64 :])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("source\ttarget\n" * 99), "no SQLite file"),
        (lambda path: path.mkdir(), "cannot be kept here"),
        (foreign, "another program"),
        (pragma("user_version", 2), "schema 1 expected, these have 2"),
        (pragma("application_id", 77), "another program"),
        (torn, "damaged"),
        (endless, "its tables are others"),
    ],
    ids=["text", "folder", "foreign", "newer", "other application", "torn", "endless"],
)
def test_other_files_are_refused_and_left_alone(tmp_path, make, says):
    path = tmp_path / "reviews.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(InputError, match=says) as caught:
        Reviews(path, ("en", "fr")).standing()
    assert str(path) in str(caught.value)
    with pytest.raises(InputError):
        Reviews(path, ("en", "fr")).decide([(f"w{i}", "x") for i in range(9000)], "reject", "ann")
    assert before is None or path.read_bytes() == before


def test_a_table_whose_name_is_no_text_is_not_ours():
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in ("CREATE TABLE a (x)", "CREATE TABLE b (x)", "PRAGMA writable_schema = 1"):
            connection.execute(statement)
        connection.execute("UPDATE sqlite_master SET name = x'00ff' WHERE name = 'b'")
        assert not review_file.holds_only(connection, ("CREATE TABLE a (x)", "CREATE TABLE b (x)"))


def test_an_empty_file_becomes_one(tmp_path):
    path = tmp_path / "deep" / "folder" / "r ?#%.sqlite"
    path.parent.mkdir(parents=True)
    path.touch()
    Reviews(path, ("en", "fr")).decide(PAIRS, "reject", "ann")
    assert len(Reviews(path, ("en", "fr")).standing()) == 3


def test_a_file_in_the_way_of_the_folder(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(InputError, match="no folder can be made"):
        Reviews(tmp_path / "runs" / "reviews.sqlite", ("en", "fr"))


def test_a_removed_file_is_made_again_not_written_into(reviews):
    reviews.decide(PAIRS, "reject", "ann")
    reviews.path.unlink()
    assert reviews.standing().empty
    reviews.decide(PAIRS[:1], "accept", "ann")
    assert len(Reviews(reviews.path, ("en", "fr")).standing()) == 1


def test_who_holds_the_file_too_long_is_named(reviews, monkeypatch):
    monkeypatch.setattr(review_file, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(review_file, "_WAIT_SECONDS", 0.01)
    with contextlib.closing(sqlite3.connect(reviews.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert reviews.standing().empty, "readers do not wait for a writer"
        with pytest.raises(InputError, match="another process has held"):
            reviews.decide(PAIRS, "reject", "ann")
        other.execute("ROLLBACK")
    assert reviews.decide(PAIRS, "reject", "ann") == 1


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of so many KiB; skip where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        if not shutil.which("mount") or os.geteuid() != 0:
            pytest.skip("mounting needs root")
        if subprocess.run(["mount", "-o", options, "-t", "tmpfs", "tmpfs", folder], check=False).returncode:
            pytest.skip("mounting is not allowed here")
        return folder

    yield mount
    subprocess.run(["umount", "--lazy", folder], check=False, capture_output=True)


def test_a_full_disk_costs_nothing_that_was_acknowledged(small_disk):
    reviews = Reviews(small_disk("size=400k") / "reviews.sqlite", ("en", "fr"))
    kept = 0

    def decide_on():
        nonlocal kept
        for batch in range(100):
            reviews.decide([(f"word{batch}-{i}", "x") for i in range(200)], "reject", "ann")
            kept += 200

    with pytest.raises(InputError, match="no room is left"):
        decide_on()
    assert kept > 0
    subprocess.run(["mount", "-o", "remount,size=40m", reviews.path.parent], check=True)
    assert len(reviews.standing()) == kept
    reviews.decide(PAIRS, "reject", "ann")
    assert len(Reviews(reviews.path, ("en", "fr")).standing()) == kept + 3


def test_a_read_only_place_can_be_read(small_disk):
    folder = small_disk("size=4m")
    reviews = Reviews(folder / "reviews.sqlite", ("en", "fr"))
    reviews.decide(PAIRS, "reject", "ann")
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    there = Reviews(folder / "reviews.sqlite", ("en", "fr"))
    assert len(there.standing()) == 3
    assert there.version() == 1
    with pytest.raises(InputError, match="cannot be kept here"):
        there.decide(PAIRS, "accept", "ann")
    for place in (folder / "new.sqlite", folder / "new" / "new.sqlite"):
        with pytest.raises(InputError, match=r"cannot be kept|no folder"):
            Reviews(place, ("en", "fr"))


def test_threads_share_one_object(reviews):
    failures = []

    def review(number):
        try:
            for i in range(15):
                reviews.decide([(f"w{i}", f"{number}")], "reject", f"author{number}", token=f"{number}-{i}")
                reviews.standing()
            reviews.undo(f"author{number}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=review, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(reviews.standing()) == 8 * 14


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_make_the_file_at_once(tmp_path):
    code = """
import os, sys
from pathlib import Path
from mosecrot_core.anchors.review import Reviews

def enter(path, word):
    if (child := os.fork()) == 0:
        try:
            Reviews(path, ("en", "fr")).decide([("a", word)], "reject", "ann")
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return child

for turn in range(40):
    path = Path(sys.argv[1]) / str(turn) / "reviews.sqlite"
    path.parent.mkdir()
    children = [enter(path, str(word)) for word in range(8)]
    assert not any([os.waitpid(child, 0)[1] for child in children])
    assert len(Reviews(path, ("en", "fr")).standing()) == 8
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
@pytest.mark.parametrize(
    "moment", ["BEGIN IMMEDIATE", "INSERT INTO batches", "INSERT INTO decisions", "COMMIT"]
)
def test_a_kill_at_any_moment_leaves_all_or_nothing(tmp_path, moment):
    """The process kills itself right after the statement."""
    path = tmp_path / "reviews.sqlite"
    Reviews(path, ("en", "fr")).decide(PAIRS[:1], "accept", "ann", token="before")
    code = f"""
import os, signal, sqlite3
from pathlib import Path
from mosecrot_core.anchors import review_file
from mosecrot_core.anchors.review import Reviews
class Connection(sqlite3.Connection):
    def execute(self, statement, *rest):
        done = super().execute(statement, *rest)
        if {moment!r} in statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    def executemany(self, statement, rows):
        rows = list(rows)
        super().executemany(statement, rows[:3000])
        if {moment!r} in statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().executemany(statement, rows[3000:])
reviews = Reviews(Path({str(path)!r}), ("en", "fr"))
original = sqlite3.connect
review_file.sqlite3.connect = lambda *a, **k: original(*a, factory=Connection, **k)
reviews.decide([(f"w{{i}}", "x") for i in range(6000)], "reject", "ann", token="killed")
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    reviews = Reviews(path, ("en", "fr"))
    committed = moment == "COMMIT"
    assert len(reviews.standing()) == (6001 if committed else 1)
    again = reviews.decide([(f"w{i}", "x") for i in range(6000)], "reject", "ann", token="killed")
    assert again == 2, "the same number, whether it had been committed or not"
    assert len(reviews.standing()) == 6001
    assert len(reviews.history()) == 6001
    assert len(reviews.undo("ann")) == 6000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_eight_reviewers_killed_fifty_times_lose_nothing_and_double_nothing(tmp_path):
    """8 processes review the same 10,000 pairs at once and are killed 50 times; see review_crash.py."""
    done = subprocess.run(
        [sys.executable, CRASH, tmp_path, "8", "10000", "50", "0"],
        check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    wanted = (
        "lost",
        "wrong",
        "doubled",
        "unasked",
        "undos_of_the_wrong_batch",
        "standing_differs",
        "later_undos_differ",
    )
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, 0), found
    assert found["sound"] == "ok"
    assert found["kills"] == 50
    assert found["acknowledged"] > 800
    assert found["decisions"] >= 80_000, "each of the 8 has been through all pairs"
    assert found["undos"] > 50
    assert found["standing"] == 10_000


def test_a_large_batch(reviews):
    """Speed is measured elsewhere; this would take minutes if each pair were a transaction."""
    pairs = [(f"word{i}", f"mot{i}") for i in range(100_000)]
    reviews.decide(PAIRS, "accept", "ann")
    assert reviews.decide(pairs, "reject", "ann") == 2
    assert len(reviews.standing()) == 100_003
    assert len(reviews.undo("ann")) == 100_000
    assert len(reviews.standing()) == 3
