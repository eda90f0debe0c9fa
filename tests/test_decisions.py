"""Decisions as a file, applied to a word list, and the list written for other programs."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mosecrot_core.anchors.decisions import (
    LISTED_TWICE,
    REJECTED,
    apply_decisions,
    import_decisions,
    read_decisions,
    write_decisions,
    write_word_list,
)
from mosecrot_core.anchors.decisions_file import escape, unescape
from mosecrot_core.anchors.review import STANDING_COLUMNS, Reviews
from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon import Lexicon, LexiconSettings, read_lexicon

EN_FR = ("en", "fr")
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "a,=1", 'a;"=1"', "\uff1d1", '"=1+1"']
HARD = [
    *FORMULAS, "a\tb", "a\nb", "\r\n", "nul\x00l", "\\", "\\t", "\\u0041",
    "end\\", '"', '""', '"a"', "'", " a ",
    "\ufeffa", "\u2028", "\u202etxt", "\x85", "x" * 5000, "l'eau", "well-known",
    "\u00e9", "e\u0301", "\U0001f600",
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.fixture
def reviews(tmp_path):
    return Reviews(tmp_path / "reviews.sqlite", EN_FR)


def lexicon(*pairs, **columns):
    table = pd.DataFrame(pairs, columns=["source", "target"])
    table = table.assign(score=np.linspace(0.1, 0.9, len(pairs)), line=range(1, len(pairs) + 1), **columns)
    return Lexicon(table, {"malformed line": 1}, "list.tsv")


def decisions(*rows):
    table = pd.DataFrame(rows, columns=["source", "target", "verdict", "correction"])
    return table.assign(author="ann", time="", batch=1)


def pairs(found):
    return list(zip(found.pairs["source"], found.pairs["target"], strict=True))


def test_any_word_comes_back_exactly(reviews, tmp_path):
    for word in HARD:
        reviews.decide([(word, word), (word, f"{word}!")], "correct", word, correction=word)
    reviews.decide([("a", "b")], "reject", "ann")
    assert write_decisions(reviews, tmp_path / "d.tsv") == 2 * len(HARD) + 1
    back = read_decisions(tmp_path / "d.tsv", EN_FR)
    pd.testing.assert_frame_equal(back, reviews.standing())
    assert back.to_numpy().tolist() == reviews.standing().to_numpy().tolist()
    write_decisions(back, tmp_path / "again.tsv", EN_FR)
    assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "d.tsv").read_bytes()
    pd.testing.assert_frame_equal(read_decisions(reviews.path, EN_FR), back)


@settings(max_examples=300)
@given(word=TEXT)
@example("\\=")
def test_a_cell_is_read_back_and_has_no_separator(word):
    cell = escape(word)
    assert unescape(cell) == word
    assert cell.splitlines() == [cell]
    assert "\t" not in cell
    assert cell[0] not in '=+-@"\t\r\n\uff1d\uff0b\uff0d\uff20\uff02'


@pytest.mark.parametrize("word", FORMULAS)
@pytest.mark.parametrize("split", ["\t", ",", ";", " ", "|"])
def test_no_spreadsheet_finds_a_formula(word, split):
    for cell in escape(word).split(split):
        assert not cell.startswith(("=", "+", "-", "@", '"', "\uff1d"))


def test_what_a_spreadsheet_saved_is_read(tmp_path):
    path = tmp_path / "d.tsv"
    path.write_bytes(
        b'"source:en"\tverdict\ttarget:fr\tnote\r\n"5"" disk"\treject\tdisque\t\r\n\r\n'
        b"cat\taccept\tchat\tx\r\n"
    )
    back = read_decisions(path, EN_FR)
    assert list(back.columns) == STANDING_COLUMNS
    assert back[["source", "target", "verdict", "correction"]].to_numpy().tolist() == [
        ['5" disk', "disque", "reject", ""],
        ["cat", "chat", "accept", ""],
    ]


def test_of_two_lines_on_a_pair_the_later_counts(tmp_path):
    (tmp_path / "d.tsv").write_text(
        "source\ttarget\tverdict\ncat\tchat\treject\ndog\tchien\treject\ncat\tchat\taccept\n"
    )
    back = read_decisions(tmp_path / "d.tsv", ("any", "other"))
    assert back[["source", "verdict"]].to_numpy().tolist() == [["dog", "reject"], ["cat", "accept"]]


def test_no_decisions(reviews, tmp_path):
    write_decisions(reviews, tmp_path / "d.tsv")
    assert read_decisions(tmp_path / "d.tsv", EN_FR).empty


HEADER = "source:en\ttarget:fr\tverdict\tcorrection\tauthor\ttime\tbatch\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "empty"),
        ("cat chat\n", 1, "verdict missing"),
        (HEADER.replace(":fr", ":fi"), 1, "'fr', here they are 'fi'"),
        (HEADER + "cat\tchat\n", 2, "7 columns expected, 2 found"),
        (HEADER + "cat\tchat\treject\t\t\t\t1\ncat\tchat\tmaybe\t\t\t\t1\n", 3, "'maybe'"),
        (HEADER + "cat\tchat\tcorrect\t\t\t\t1\n", 2, "correction"),
        (HEADER + "cat\tchat\treject\tminou\t\t\t1\n", 2, "correction"),
        (HEADER + "\tchat\treject\t\t\t\t1\n", 2, "source word"),
        (HEADER + "\\ud800\tchat\treject\t\t\t\t1\n", 2, "UTF-8"),
        (HEADER + "cat\\\tchat\treject\t\t\t\t1\n", 2, "backslash"),
        (HEADER + "cat\tchat\treject\t\t\t\tone\n", 2, "batch"),
        (HEADER + "cat\tchat\treject\t\t\t\t" + "9" * 5000 + "\n", 2, "batch"),
        ("source\ttarget\tverdict\\\n", 1, "backslash"),
        (HEADER + "cat\tch\x00at\treject\t\t\t\t1\n", 2, "binary"),
    ],
)
def test_bad_tables_are_refused_with_their_line(tmp_path, text, line, says):
    path = tmp_path / "d.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_decisions(path, EN_FR)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_file_of_reviews_that_no_reviewer_wrote_is_refused(reviews, tmp_path):
    reviews.decide([("cat", "chat")], "accept", "ann")
    content = reviews.path.read_bytes()
    assert content.count(b"catchataccept") == 1
    path = tmp_path / "uploaded"
    path.write_bytes(content.replace(b"catchataccept", b"catchat\xed\xa0\x80ept"))
    with pytest.raises(InputError, match="uploaded: "):
        read_decisions(path, EN_FR)
    path.write_bytes(content.replace(b"catchataccept", b"catchatbccept"))
    with pytest.raises(
        InputError, match="uploaded: a verdict is one of accept, reject, correct; 'bccept' came"
    ):
        read_decisions(path, EN_FR)
    kinds = b"\x05\x11\x11\x13"  # of an entry of the index: two texts of 2 letters, one of 3: the author
    assert content.count(kinds) == 1
    path.write_bytes(content.replace(kinds, kinds[:3] + b"\x00"))
    with pytest.raises(InputError, match="uploaded: a text as author of each decision was expected"):
        read_decisions(path, EN_FR)


def test_a_missing_file_is_not_made(tmp_path):
    for name in ("d.tsv", "d.sqlite"):
        with pytest.raises(InputError, match="no such file"):
            read_decisions(tmp_path / name, EN_FR)
    assert not list(tmp_path.iterdir())


def test_a_table_is_written_whole_or_not_at_all(reviews, tmp_path, monkeypatch):
    path = tmp_path / "d.tsv"
    reviews.decide([("cat", "chat")], "accept", "ann")
    write_decisions(reviews, path)
    before = path.read_bytes()
    broken = pd.concat([reviews.standing(), reviews.standing().assign(batch=object())])

    def stops(cell):
        return 1 / 0 if "object" in cell else escape(cell)

    monkeypatch.setattr("mosecrot_core.anchors.decisions_file.escape", stops)
    with pytest.raises(ZeroDivisionError):
        write_decisions(broken, path)
    assert path.read_bytes() == before
    assert {item.name for item in tmp_path.iterdir()} == {"d.tsv", "reviews.sqlite"}


def test_applied_to_a_list():
    listed = lexicon(("cat", "chien"), ("dog", "chien"), ("the", "le"), ("cat", "chat"), ("sun", "soleil"))
    found = apply_decisions(
        listed,
        decisions(
            ("cat", "chien", "correct", "chat"),
            ("dog", "chien", "accept", ""),
            ("the", "le", "reject", ""),
            ("moon", "lune", "accept", ""),
            ("bird", "poisson", "correct", "oiseau"),
            ("fish", "oiseau", "reject", ""),
        ),
    )
    assert pairs(found) == [
        ("cat", "chat"),
        ("dog", "chien"),
        ("sun", "soleil"),
        ("moon", "lune"),
        ("bird", "oiseau"),
    ]
    assert list(found.pairs["accepted"]) == [True, True, False, True, True]
    assert found.pairs["accepted"].dtype == bool
    assert list(found.pairs["line"]) == [1, 2, 5, 0, 0]
    np.testing.assert_allclose(found.pairs["score"], [0.1, 0.3, 0.9, np.nan, np.nan])
    assert found.dropped == {"malformed line": 1, REJECTED: 1, LISTED_TWICE: 1}
    assert found.path == listed.path
    assert pairs(listed)[0] == ("cat", "chien"), "the list itself is left alone"
    assert "accepted" not in listed.pairs


def test_corrections_that_name_each_other_and_rejected_outcomes():
    listed = lexicon(("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"))
    found = apply_decisions(
        listed,
        decisions(
            ("a", "x", "correct", "y"),
            ("a", "y", "correct", "x"),
            ("b", "x", "correct", "y"),
            ("b", "y", "reject", ""),
        ),
    )
    assert pairs(found) == [("a", "y"), ("a", "x")]
    assert found.dropped[REJECTED] == 2


def test_what_was_accepted_stays_so():
    listed = lexicon(("a", "x"), ("b", "y"), accepted=[True, False])
    assert list(apply_decisions(listed, decisions()).pairs["accepted"]) == [True, False]
    once = apply_decisions(listed, decisions(("b", "y", "accept", "")))
    assert list(once.pairs["accepted"]) == [True, True]
    again = apply_decisions(once, decisions(("b", "y", "accept", "")))
    pd.testing.assert_frame_equal(again.pairs, once.pairs)


WORD = st.sampled_from(["a", "b", "c", "a\x00"])


@settings(max_examples=200)
@given(
    listed=st.lists(st.tuples(WORD, WORD), unique=True),
    decided=st.dictionaries(
        st.tuples(WORD, WORD),
        st.one_of(st.just(("accept", "")), st.just(("reject", "")), st.tuples(st.just("correct"), WORD)),
    ),
)
def test_any_decisions_on_any_list_agree_with_the_plain_reference(listed, decided):
    found = apply_decisions(lexicon(*listed), decisions(*((*pair, *what) for pair, what in decided.items())))
    expected, accepted = [], set()
    for place, pair in enumerate([*listed, *(pair for pair in decided if pair not in listed)]):
        verdict, right = decided.get(pair, (None, None))
        if place >= len(listed) and verdict == "reject":
            continue
        outcome = (pair[0], right) if verdict == "correct" else pair
        if decided.get(outcome, ("",))[0] == "reject":
            continue
        if outcome not in expected:
            expected.append(outcome)
        if verdict in ("accept", "correct"):
            accepted.add(outcome)
    assert pairs(found) == expected
    assert [pair for pair, yes in zip(expected, found.pairs["accepted"], strict=True) if yes] == [
        pair for pair in expected if pair in accepted
    ]
    added = int((found.pairs["line"] == 0).sum())
    left = sum(found.dropped.get(reason, 0) for reason in (REJECTED, LISTED_TWICE))
    assert len(found) - added + left == len(listed)


def test_a_word_list_is_read_back(tmp_path):
    good = [("cat", "chat"), ("well-known", "l\u00e0-bas"), ("tree", "\u6728"), ("o'clock", "l'heure")]
    bad = [
        "two words",
        "tab\tbed",
        "nbsp\xa0",
        "nul\x00",
        "\x1c",
        "\x85",
        "\u2028x",
        "\ufeffx",
        "\u202ex",
        "",
    ]
    listed = lexicon(*good, *((word, "x") for word in bad), *(("x", word) for word in bad))
    path = tmp_path / "list.txt"
    assert write_word_list(listed, path) == 2 * len(bad)
    back = read_lexicon(LexiconSettings(path=str(path), format="muse"))
    assert pairs(back) == good
    assert path.read_bytes() == "".join(f"{s} {t}\n" for s, t in good).encode()
    with pytest.raises(InputError, match="no pair is left"):
        write_word_list(dataclasses.replace(listed, pairs=listed.pairs.iloc[:0]), tmp_path / "none.txt")
    assert not (tmp_path / "none.txt").exists()


@settings(max_examples=200)
@given(words=st.lists(st.tuples(TEXT, TEXT), max_size=6, unique=True))
@example(words=[("a", "\u00a0"), ("a", "b")])
def test_any_word_is_in_the_list_as_muse_reads_it_or_left_out(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("list") / "list.txt"
    words = [("cat", "chat"), *words]
    left_out = write_word_list(lexicon(*words), path)
    with path.open(encoding="utf-8", newline="\n") as file:  # as facebookresearch/MUSE does
        back = [tuple(line.rstrip().split()) for line in file]
    assert len(back) + left_out == len(words)
    assert [pair for pair in words if pair in back] == back
    plain = [pair for pair in words if all(word.isalnum() for word in pair)]
    assert all(pair in back for pair in plain), "no more is left out than must be"


def test_an_import_counts_once_and_keeps_who_decided(reviews, tmp_path):
    other = Reviews(tmp_path / "other.sqlite", EN_FR)
    other.decide([("cat", "chat")], "accept", "bob")
    other.decide([("dog", "chat")], "correct", "eve", correction="chien")
    reviews.decide([("dog", "chat"), ("the", "le")], "reject", "ann")
    table = other.standing()
    done = import_decisions(reviews, table, "ann")
    assert (done.new, done.changed) == (True, 2)
    now = reviews.standing().set_index("source")
    assert now["author"].to_dict() == {"the": "ann", "cat": "bob", "dog": "eve"}
    assert now["correction"].to_dict() == {"the": "", "cat": "", "dog": "chien"}
    version = reviews.version()
    assert import_decisions(reviews, table, "carl") == (done.batch, False, 0)
    assert reviews.version() == version
    assert len(reviews.undo("ann")) == 2
    assert reviews.standing()["verdict"].tolist() == ["reject", "reject"]
    again = import_decisions(reviews, table, "ann")
    assert again.new
    assert again.batch > done.batch
    assert not import_decisions(reviews, table, "ann").new


def test_an_import_without_authors_and_times(reviews):
    import_decisions(reviews, decisions(("cat", "chat", "accept", "")).assign(author=""), "ann")
    assert reviews.standing()["author"].tolist() == ["ann"]
    assert reviews.standing()["time"].str.endswith("+00:00").all()
