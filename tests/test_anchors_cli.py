"""The commands `mosecrot anchors review | export | import` as a user types them."""

import contextlib
import json
import os
import select
import sys
import time
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from stores import HOSTILE
from typed import typed

from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.review import Reviews
from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.runs.schema import QUALITY_COLUMNS
from mosecrot_core.runs.store import Run

COMMAND = Path(sys.executable).with_name("mosecrot")
PAIRS = [
    # source, target, quality, reasons, suggestion
    ("cat", "chien", 0.1, ["similarity", "csls"], "chat"),
    ("dog", "chien", 0.9, [], ""),
    ("the", "le", 0.3, ["nothing-known"], ""),
    ("sun", "sol\x1b[2Jeil\u202e", 0.2, ["similarity"], ""),
    ("moon", "lune", 0.7, [], ""),
    ("two words", "deux mots", 0.6, [], ""),
]


def write_quality(run, languages=("fr", "fi")):
    rows, values = [], []
    for language in languages:
        for pair, (source, target, quality, reasons, suggestion) in enumerate(PAIRS):
            near = [1, 4, -1] if pair == 0 else []
            row = (
                language,
                pair,
                source,
                target,
                5 + pair,
                target,
                pair + 1,
                np.nan,
                quality,
                reasons,
                suggestion,
            )
            rows.append((*row, 0.1 * pair, True, near, near[:1], 0.0, 0.0))
            values.append({"language": language, "pair": pair, **dict.fromkeys(SIGNALS, 0.25 + pair)})
    run.write_table("quality", pd.DataFrame(rows, columns=QUALITY_COLUMNS))
    run.write_table("signals", pd.DataFrame(values))


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "small"
    folder.mkdir(parents=True)
    run = Run(folder)
    run.write_info(state="done")
    run.write_text("experiment.yaml", "source: {language: en}\n")
    write_quality(run)
    return run


@pytest.fixture
def user(monkeypatch, capsys, tmp_path):
    """A user who types commands, and what is asked for while they run; gives (exit code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getpass.getuser", lambda: "ann")

    def types(*arguments, keys=""):
        monkeypatch.setattr(sys, "stdin", StringIO(keys))
        return typed(monkeypatch, capsys, "anchors", *arguments)

    return types


def held(path, language="fr"):
    table = Reviews(path, ("en", language)).standing()
    return {(row.source, row.target): (row.verdict, row.correction, row.author) for row in table.itertuples()}


@pytest.mark.parametrize("name", ["", "review", "export", "import"])
def test_help(user, name):
    code, out, _ = user(*([name] if name else []), "--help")
    assert code == 0
    assert f"mosecrot anchors{name and ' '}{name}" in out


def test_reviewing_a_run_from_a_pipe(user, run, tmp_path):
    code, out, err = user("review", run.folder, "--language", "fr", keys="c\nx\na\n")
    assert (code, err) == (0, "")
    assert held(tmp_path / "runs" / "reviews.sqlite") == {
        ("cat", "chien"): ("correct", "chat", "ann"),
        ("sun", PAIRS[3][1]): ("reject", "", "ann"),
        ("the", "le"): ("accept", "", "ann"),
    }
    cards = out.split("\n[")
    assert [card.split("]")[0] for card in cards[1:4]] == ["1/3", "2/3", "3/3"], "the worst first"
    first = cards[1]
    assert "cat \u2013 chien" in first
    assert "quality 0.10" in first
    assert SIGNALS["similarity"].sentence(0.25) in first
    assert SIGNALS["csls"].sentence(0.25) in first
    assert "near cat: dog \u2013 chien, moon \u2013 lune" in first
    assert "near chien: dog \u2013 chien" in first
    assert "suggestion: chat" in first
    assert "nothing-known" in cards[3], "a signal of another version is named as it is"
    assert "1 accepted, 1 rejected, 1 corrected" in out
    assert "0 pairs of this queue left" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\u27e8U+001B\u27e9[2Jeil" in out


def test_skipping_undoing_correcting_and_stopping(user, run, tmp_path):
    path = tmp_path / "mine.sqlite"
    arguments = (
        "review",
        run.folder,
        "-l",
        "fr",
        "--reviews",
        path,
        "--author",
        "bob",
        "--queue",
        "undecided",
    )
    keys = "s\nc minet \nc\nx\nz\nz\nz\nnonsense\n  x\nq\na\n"
    code, out, err = user(*arguments, keys=keys)
    # skip cat; correct sun; `c` without a suggestion is refused; reject the; undo both; nothing to undo
    assert (code, err) == (0, "")
    assert held(path) == {("sun", PAIRS[3][1]): ("reject", "", "bob")}
    assert "Type c and the right word" in out
    assert "undone: the \u2013 le (reject)" in out
    assert "Nothing of bob to undo." in out
    assert "Keys: a accept" in out
    assert "2 rejected, 1 corrected, 1 skipped, 2 undone" in out
    assert "4 pairs of this queue left" in out
    history = Reviews(path, ("en", "fr")).history()
    assert history["correction"].tolist() == ["minet", "", "", "", ""]
    assert not (tmp_path / "runs" / "reviews.sqlite").exists()
    assert "[1/5]" in user(*arguments)[1], "what is decided does not come again"


def test_all_pairs_show_what_holds(user, run, tmp_path):
    path = tmp_path / "runs" / "reviews.sqlite"
    Reviews(path, ("en", "fr")).decide([("cat", "chien")], "correct", "eve\x07", correction="minou")
    Reviews(path, ("en", "fi")).decide([("sun", PAIRS[3][1])], "accept", "eve")
    _, out, _ = user("review", run.folder, "-l", "fr", "--queue", "all", keys="s\n")
    assert "[1/6]  cat" in out
    assert "corrected to minou by eve\u27e8U+0007\u27e9, 20" in out
    _, out, _ = user("review", run.folder, "-l", "fr")
    assert "[1/2]  sun" in out


def test_undo_brings_back_a_batch_from_elsewhere(user, run, tmp_path):
    reviews = Reviews(tmp_path / "runs" / "reviews.sqlite", ("en", "fr"))
    reviews.decide([(source, target) for source, target, *_ in PAIRS], "reject", "ann")
    _, out, _ = user("review", run.folder, "-l", "fr", "--queue", "all", keys="s\ns\nz\ns\n")
    assert "undone: a batch of 6 decisions (reject)" in out
    assert reviews.standing().empty
    assert out.count("[1/6]") == 2, "back to the first of them"
    assert "rejected by ann" in out.split("undone")[0]
    assert "rejected by ann" not in out.split("undone")[1]


def test_nothing_to_review(user, run, tmp_path):
    reviews = Reviews(tmp_path / "runs" / "reviews.sqlite", ("en", "fr"))
    reviews.decide([(source, target) for source, target, *_ in PAIRS], "reject", "ann")
    code, out, _ = user("review", run.folder, "-l", "fr")
    assert (code, out) == (0, "No pair to review in this queue (suspect).\n")


def test_hostile_words_do_nothing_to_the_terminal(user, run):
    table = run.quality().iloc[: len(HOSTILE)].copy()
    table["language"] = "fr"
    table["pair"] = range(len(table))
    table["source"] = table["target"] = table["suggestion"] = HOSTILE[: len(table)]
    run.write_table("quality", table.assign(quality=0.1))
    code, out, _ = user("review", run.folder, "-l", "fr", "--queue", "all", keys="s\n" * 20)
    assert code == 0
    assert all(character.isprintable() or character == "\n" for character in out)
    assert max(map(len, out.splitlines())) < 1000


@pytest.mark.parametrize(
    ("spoil", "arguments", "says"),
    [
        (
            lambda run: None,
            ["review", "RUN", "-l", "de"],
            "no scored pairs in 'de' (languages with scores: fr, fi)",
        ),
        (
            lambda run: None,
            ["export", "RUN", "out", "-l", "de", "--format", "muse"],
            "no scored pairs in 'de'",
        ),
        (lambda run: None, ["review", "none", "-l", "fr"], "no run here"),
        (
            lambda run: (run.folder / "quality.parquet").unlink(),
            ["review", "RUN", "-l", "fr"],
            "no scored pairs",
        ),
        (
            lambda run: (run.folder / "experiment.yaml").unlink(),
            ["review", "RUN", "-l", "fr"],
            "no such file",
        ),
        (
            lambda run: run.write_text("experiment.yaml", "a: [\n"),
            ["review", "RUN", "-l", "fr"],
            "not valid YAML",
        ),
        (
            lambda run: run.write_text("experiment.yaml", "a: 1\n"),
            ["export", "RUN", "o", "-l", "fr"],
            "no source",
        ),
        (lambda run: None, ["review", "RUN", "-l", "fr", "--reviews", "RUN/run.json"], "no SQLite file"),
        (
            lambda run: None,
            ["export", "RUN", "RUN/../reviews.sqlite", "-l", "fr"],
            "the file of decisions itself",
        ),
        (lambda run: None, ["import", "none.tsv", "-l", "fr", "--reviews", "r.sqlite"], "no such file"),
        (
            lambda run: None,
            ["import", "RUN/run.json", "-l", "fr", "--reviews", "r.sqlite"],
            "names the columns",
        ),
    ],
)
def test_bad_input_is_one_message(user, run, spoil, arguments, says):
    spoil(run)
    code, out, err = user(*(part.replace("RUN", str(run.folder)) for part in arguments), keys="a\n")
    assert (code, out) == (2, "")
    assert err.startswith("mosecrot: ")
    assert err.count("\n") == 1
    assert says in err
    assert not Path("r.sqlite").exists()


def test_who_decides_must_be_known(user, run, monkeypatch):
    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    code, _, err = user("review", run.folder, "-l", "fr", keys="a\n")
    assert code == 2
    assert "--author" in err


def test_decisions_go_out_and_come_in_once(user, run, tmp_path):
    user("review", run.folder, "-l", "fr", keys="c\nx\na\n")
    code, out, _ = user("export", run.folder, "d.tsv", "-l", "fr")
    assert (code, out) == (0, "d.tsv: 3 decisions\n")
    arguments = ("import", "d.tsv", "--reviews", "other.sqlite", "--language", "fr", "--author", "bob")
    code, out, _ = user(*arguments)
    assert (code, out) == (0, "other.sqlite: 3 decisions added as batch 1\n3 of them change what held\n")
    assert held("other.sqlite") == held(tmp_path / "runs" / "reviews.sqlite")
    for _ in range(2):
        assert user(*arguments)[:2] == (0, "other.sqlite: these 3 decisions are there already, batch 1\n")
    assert len(Reviews(Path("other.sqlite"), ("en", "fr")).history()) == 3
    assert user("import", "runs/reviews.sqlite", "--reviews", "third.sqlite", "-l", "fr")[0] == 0
    assert held("third.sqlite") == held("other.sqlite")
    code, _, err = user("import", "d.tsv", "--reviews", "other.sqlite", "--language", "fi")
    assert code == 2
    assert "'fi', here they are 'fr'" in err
    assert "no decisions on en-fi" in user("import", "third.sqlite", "--reviews", "x.sqlite", "-l", "fi")[1]
    assert len(read_decisions(Path("d.tsv"), ("en", "fr"))) == 3


def test_a_word_list_goes_out(user, run):
    user("review", run.folder, "-l", "fr", keys="c\nx\na\n")
    code, out, err = user("export", run.folder, "list.txt", "-l", "fr", "--format", "muse")
    assert code == 0
    assert Path("list.txt").read_text(encoding="utf-8") == "cat chat\ndog chien\nthe le\nmoon lune\n"
    assert out == "list.txt: 4 pairs\n1 left out: rejected by a reviewer\n"
    assert err == "1 left out: white space or control characters in a word\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_single_keys_on_a_real_terminal(run, tmp_path):
    import pty

    child, terminal = pty.fork()
    if child == 0:
        arguments = ["anchors", "review", str(run.folder), "-l", "fr", "--author", "ann"]
        os.execv(COMMAND, [str(COMMAND), *arguments])
    said = ""

    def press(keys, answer):
        """Press keys once the prompt is there; what is typed before it, `getchar` throws away."""
        time.sleep(0.5)
        os.write(terminal, keys)
        wait_for(answer)

    def wait_for(text):
        nonlocal said
        until = time.monotonic() + 30
        while text not in said and time.monotonic() < until:
            if select.select([terminal], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # it has ended
                    said += os.read(terminal, 65536).decode(errors="replace")
        assert text in said, said
        said = said.partition(text)[2] if text.endswith("> ") else said

    try:
        wait_for("quit > ")
        press(b"c", "right word")  # no line end
        press(b"minou\n", "quit > ")
        press(b"x", "quit > ")
        press(b"q", "1 pairs of this queue left")
        with contextlib.suppress(OSError):  # it ends by itself
            while select.select([terminal], [], [], 30)[0] and os.read(terminal, 65536):
                pass
    finally:
        os.close(terminal)  # hangs up: whatever it waits for, it ends
        _, status = os.waitpid(child, 0)
    assert status == 0
    found = {pair[0]: what[:2] for pair, what in held(tmp_path / "runs" / "reviews.sqlite").items()}
    assert found == {"cat": ("correct", "minou"), "sun": ("reject", "")}


def test_inspect_shows_the_worst_and_why(user, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = user("inspect", run.folder, "-l", "fr", "-n", "2")
    assert (code, err) == (0, "")
    assert "fr: " in out
    assert f"{len(PAIRS)} pairs known to both vocabularies" in " ".join(out.split())
    rows = [line for line in out.splitlines() if "\u2502" in line]
    assert "cat" in rows[0]
    assert "chat" in rows[0], "what would fit better"
    assert SIGNALS["similarity"].title in rows[0]
    assert "lune" not in out, "only the two worst"


def test_inspect_tells_programs_every_language(user, run):
    code, out, _ = user("inspect", run.folder, "--json", "-n", "1")
    rows = json.loads(out)
    assert code == 0
    assert [(row["language"], row["source"], row["quality"]) for row in rows] == [
        ("fr", "cat", 0.1), ("fi", "cat", 0.1),
    ]  # fmt: skip
    assert rows[0]["reasons"][0] == SIGNALS[rows[0]["signals"][0]].sentence(0.25)


def test_inspect_shows_hostile_words_as_text(user, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    table = run.quality()
    table["source"] = table["target"] = (HOSTILE * 2)[: len(table)]
    run.write_table("quality", table)
    code, out, _ = user("inspect", run.folder, "-l", "fr")
    assert code == 0
    assert all(character.isprintable() or character == "\n" for character in out)


def test_the_pair_that_teaches_most_is_asked_first(user, run):
    _, out, _ = user("review", run.folder, "--language", "fr", "--queue", "ask", keys="q\n")
    most = run.quality().query("language == 'fr'").sort_values("information").iloc[-1]
    assert f"{most['source']} \u2013 {most['target']}" in out.split("\n[")[1]
