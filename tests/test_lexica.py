"""The shipped word lists, and the script that makes them."""

import itertools
import runpy
import zipfile
from pathlib import Path

import pytest

from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.words.han import is_han

LEXICA = Path(__file__).parents[1] / "experiments/lexica"
SCRIPT = LEXICA / "make_lexica.py"

INDEX_SENSE = """\
dog%1:05:00:: 02084071 1 42
dog%1:06:00:: 03901548 2 0
dog%2:38:00:: 02001858 1 2
hot_dog%1:13:00:: 07697537 1 3
fast%3:00:01:: 00976508 1 8
fast%5:00:00:quick:00 00979031 2 0
fast%4:02:00:: 00086000 1 8
1000%1:23:00:: 13750844 1 99
cat%1:05:00:: 02121620 1 18
zebra%1:05:00:: 02391049 1 0
"""
WOLF = """\
# WOLF\tfra\thttp://example.org\tCeCILL-C
02084071-n\tfra:lemma\tchien
02084071-n\tfra:lemma\tchien
02084071-n\tfra:lemma\tchien domestique
02084071-n\tfra:lemma\tcanidé
03901548-n\tfra:lemma\tcliquet
02001858-v\tfra:lemma\tpister
02001858-n\tfra:lemma\tmauvaise-catégorie
02084071-n\tfra:def\tdéfinition
00976508-a\tfra:lemma\trapide
00979031-a\tfra:lemma\trapide
00086000-r\tfra:lemma\tvite
02121620-n\tfra:lemma\tl\u2019autre
13750844-n\tfra:lemma\t1000
09999999-n\tfra:lemma\tcanidé
"""
# dog: 43 + 1 + 3 = 47 uses, fast: 9 + 1 + 9 = 19, cat: 19; frequency is the tagged uses: 44, 16, 18.
EXPECTED = """\
source\ttarget\tscore
dog\tcanidé\t0.915
dog\tchien\t0.915
dog\tpister\t0.064
dog\tcliquet\t0.021
cat\tl'autre\t1.000
fast\trapide\t0.526
fast\tvite\t0.474
"""


@pytest.fixture
def source(tmp_path):
    for name, text in {"wordnet/index.sense": INDEX_SENSE, "omw-1.4/fra/wn-data-fra.tab": WOLF}.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "source"


def make(source: Path, out: Path, *more: str) -> int:
    main = runpy.run_path(str(SCRIPT))["main"]
    return main([str(source), "--languages", "fra", "--out", str(out), *more])


def test_script_makes_the_expected_lines(source, tmp_path):
    assert make(source, tmp_path) == 0
    assert (tmp_path / "en-fr.tsv").read_bytes() == EXPECTED.encode()


def test_script_reads_a_wheel_without_unpacking_it(source, tmp_path):
    wheel = tmp_path / "data.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in source.rglob("*.*"):
            if path.is_file():
                archive.write(path, f"package/nltk-data/corpora/{path.relative_to(source)}")
    assert make(wheel, tmp_path) == 0
    assert (tmp_path / "en-fr.tsv").read_bytes() == EXPECTED.encode()


def test_limits_keep_frequent_words_and_best_translations(source, tmp_path):
    assert make(source, tmp_path, "--max-translations", "1", "--max-pairs", "2") == 0
    assert (tmp_path / "en-fr.tsv").read_text(encoding="utf-8").splitlines()[1:] == [
        "dog\tcanidé\t0.915",
        "cat\tl'autre\t1.000",
    ]


def test_missing_data_is_an_error_not_a_traceback(tmp_path, capsys):
    assert make(tmp_path / "nothing.whl", tmp_path) == 2
    assert "nothing.whl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "obvious"),
    [
        ("en-fr.tsv", "dog chien, house maison, water eau, eat manger, red rouge, music musique, lamp lampe"),
        (
            "en-fi.tsv",
            "dog koira, house talo, water vesi, eat syödä, red punainen, music musiikki, lamp lamppu",
        ),
    ],
)
def test_shipped_list(name, obvious):
    path = LEXICA / name
    assert path.stat().st_size < 600_000
    header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert header.split("\t") == ["source", "target", "score"]
    assert 15_000 < len(lines) <= 20_000
    rows = [(source, target, float(score)) for source, target, score in (line.split("\t") for line in lines)]
    pairs = [(source, target) for source, target, _ in rows]
    assert len(set(pairs)) == len(pairs)
    assert all(0 < score <= 1 for *_, score in rows)
    for word in {word for pair in pairs for word in pair}:
        assert word == word.strip()
        assert "_" not in word
        assert len(word.split()) == 1
        assert any(character.isalpha() for character in word)
    groups = [(source, list(group)) for source, group in itertools.groupby(rows, key=lambda row: row[0])]
    assert len({source for source, _ in groups}) == len(groups), "the lines of a word must be together"
    for _, group in groups:
        assert [score for *_, score in group] == sorted((score for *_, score in group), reverse=True)
        assert len(group) <= 4
    best = {source: group[0][1] for source, group in groups}
    for pair in obvious.split(", "):
        source, target = pair.split()
        assert best[source] == target
    place = {source: position for position, (source, _) in enumerate(groups)}
    assert place["be"] < place["house"] < place["music"] < place["lamp"]


@pytest.mark.parametrize(
    ("language", "n", "obvious"),
    [
        ("zh", 101, "of 的, in 在, he 他"),
        ("fi", 231, "timer ajastus, cancel peruuta"),
        ("fr", 112, "timer minuteur, off éteins"),
    ],
)
def test_shipped_pairs_that_were_missing(language, n, obvious):
    found = read_decisions(LEXICA / f"en-{language}-missing.tsv", ("en", language))
    assert len(found) == n
    assert set(found["verdict"]) == {"accept"}
    assert found["target"].is_unique
    assert all(is_han(word) == (language == "zh") for word in found["target"])
    assert found["source"].str.isalpha().all()
    pairs = set(zip(found["source"], found["target"], strict=True))
    assert {tuple(pair.split()) for pair in obvious.split(", ")} <= pairs
