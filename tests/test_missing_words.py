"""`mosecrot anchors missing`: the words of a language's texts that no pair translates."""

import json
from collections import Counter

import numpy as np
import pytest
import yaml
from small_experiment import SETTINGS, foreign, write_small_experiment
from stores import HOSTILE
from typed import typed

import mosecrot_core.runs.missing_words
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.missing_words import missing_words
from mosecrot_core.runs.schema import MISSING_COLUMNS
from mosecrot_core.runs.workbench import Workbench

NAMELESS = foreign("very")  # has no vector
GOAT, HAIL = foreign("goat"), foreign("hail")  # have one
EXTRA = "gódu Zembla zembla 1994 ... zembla\n"


@pytest.fixture
def file(tmp_path):
    """The small experiment with a pair for each word of its texts."""
    path = write_small_experiment(tmp_path / "small")
    with path.with_name("en-zu.txt").open("a") as pairs:
        pairs.writelines(f"{word} {foreign(word)}\n" for word in ("honey", "hail", "goat"))
    return path


def missing(file, language="zu"):
    found = missing_words(Workbench(load_experiment(file), file.parent), language)
    assert list(found.columns) == MISSING_COLUMNS
    return found


def rewrite(file, **settings):
    file.write_text(yaml.safe_dump(yaml.safe_load(SETTINGS) | settings, sort_keys=False))


def words_of(file, *names):
    """Count the words of texts behind their labels."""
    lines = [line for name in names for line in file.with_name(name).read_text().splitlines()[1:]]
    return Counter(word for line in lines for word in line.split("\t")[1].split())


def without_pair(file, word):
    pairs = file.with_name("en-zu.txt")
    kept = [line for line in pairs.read_text().splitlines() if not line.startswith(f"{word} ")]
    pairs.write_text("\n".join(kept) + "\n")


def test_words_without_a_pair_are_missing_until_they_have_one(file):
    assert missing(file).empty
    without_pair(file, "very")
    without_pair(file, "goat")
    used = words_of(file, "zu.train.tsv", "zu.test.tsv")
    wanted = sorted([NAMELESS, GOAT], key=lambda word: (-used[word], word))
    assert missing(file).to_dict("records") == [
        {
            "language": "zu", "word": word, "count": used[word], "share": used[word] / used.total(),
            "read_as": "spelled" if word == NAMELESS else "mapped",
        }
        for word in wanted
    ]  # fmt: skip
    with file.with_name("en-zu.txt").open("a") as pairs:  # what it is shown for
        pairs.write(f"very {wanted[0]}\n")
    assert list(missing(file)["word"]) == wanted[1:]


def test_decisions_count_and_a_pair_that_the_encoder_does_not_know_does_not(file):
    without_pair(file, "goat")
    without_pair(file, "hail")
    settings = yaml.safe_load(SETTINGS)["targets"]
    settings["zu"]["decisions"] = "said.tsv"
    rows = [("goat", GOAT, "accept"), ("zebrafish", HAIL, "accept"), ("cat", "tacu", "reject")]
    lines = ["\t".join(row) for row in [("source", "target", "verdict"), *rows]]
    file.with_name("said.tsv").write_text("\n".join(lines) + "\n")
    rewrite(file, targets=settings)
    assert set(missing(file)["word"]) == {HAIL, "tacu"}


def test_pairs_that_are_no_anchors_still_translate(file):
    rewrite(file, anchors={"size": 20})
    assert missing(file).empty


def test_unlabelled_texts_count_and_signs_and_numbers_do_not(file):
    file.with_name("more.txt").write_text(EXTRA)
    settings = yaml.safe_load(SETTINGS)["targets"]
    settings["zu"]["unlabelled"] = {"files": ["more.txt"]}
    rewrite(file, targets=settings)
    found = missing(file)
    assert found[["word", "count", "read_as"]].to_numpy().tolist() == [
        ["zembla", 3, "spelled"],
        ["gódu", 1, "spelled"],
    ]
    total = words_of(file, "zu.train.tsv", "zu.test.tsv").total() + 4
    assert found["share"].tolist() == [3 / total, 1 / total]


@pytest.fixture
def chinese(file):
    """Words that hold characters, in a list and texts of both scripts."""
    rng = np.random.default_rng(0)
    words = ["中国", "国家", "电脑", "家人"]
    rows = "".join(f"{word} {' '.join(f'{x:.4f}' for x in rng.standard_normal(8))}\n" for word in words)
    file.with_name("zh.vec").write_text(f"{len(words)} 8\n{rows}")
    file.with_name("en-zh.txt").write_text("cat 中国\ndog 国家\nhorse 电脑\ncow 为\n")
    file.with_name("zh.tsv").write_text("label\ttext\nfood\t家的中国電腦的国为\nfood\t國家為的,家\n")
    settings = yaml.safe_load(SETTINGS)
    rewrite(
        file,
        targets={"zh": {"vectors": {"path": "zh.vec"}, "lexicon": {"path": "en-zh.txt"}}},
        task={"name": "files", "files": {"en": settings["task"]["files"]["en"], "zh": {"test": "zh.tsv"}}},
    )
    return file


def test_chinese_words_are_known_in_either_script(chinese, monkeypatch):
    monkeypatch.setattr(mosecrot_core.runs.missing_words, "FREQUENT_FROM", 0.2)
    found = missing(chinese, "zh")[["word", "count", "share", "read_as"]].to_numpy().tolist()
    # known: 中国, 電腦 and 國家 through the vectors, 为 and 為 through the list
    assert found == [
        ["的", 3, 3 / 11, "frequent"],
        ["家", 2, 2 / 11, "composed"],
        ["国", 1, 1 / 11, "composed"],
    ]


@pytest.fixture
def user(file, monkeypatch, capsys):
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return lambda *arguments: typed(monkeypatch, capsys, "anchors", "missing", *arguments)


def test_a_person_sees_shares_and_words(file, user):
    without_pair(file, "very")
    used = words_of(file, "zu.train.tsv", "zu.test.tsv")
    code, out, err = user("small.yaml", "-n", "5")
    assert (code, err) == (0, "")
    share = f"{used[NAMELESS] / used.total():.1%}"
    assert (
        f"zu: {share} of the words in its texts, 1 different ones, have no pair: 0.0% mapped, 0.0% comp"
        in out
    )
    assert f"{share} spelled, 0.0% frequent." in out
    assert [cell.strip() for cell in out.splitlines()[-2].split("\u2502")[1:3]] == [
        NAMELESS,
        str(used[NAMELESS]),
    ]
    assert not file.with_name("runs").exists(), "nothing is written"


def test_a_program_gets_as_many_rows_of_each_language(file, user):
    file.with_name("more.txt").write_text(EXTRA)
    settings = yaml.safe_load(SETTINGS)["targets"]
    settings["zu"]["unlabelled"] = {"files": ["more.txt"]}
    rewrite(file, targets=settings)
    code, out, _ = user("small.yaml", "--most", "1", "--format", "json")
    assert code == 0
    assert [row["word"] for row in json.loads(out)] == ["zembla"]
    assert user("small.yaml", "--format", "csv")[1].splitlines()[0] == ",".join(MISSING_COLUMNS)


def test_every_language_is_told_and_one_that_is_not_there_refused(file, user):
    without_pair(file, "very")
    file.with_name("more.txt").write_text(EXTRA * 1000)
    zu = yaml.safe_load(SETTINGS)["targets"]["zu"]
    files = yaml.safe_load(SETTINGS)["task"]["files"]
    rewrite(
        file,
        targets={"zu": zu, "xx": zu | {"unlabelled": {"files": ["more.txt"]}}, "text": {}},
        task={"name": "files", "files": files | {"xx": files["zu"], "text": files["zu"]}},
        methods={"raw": {"kind": "raw_word_pieces"}},
    )
    rows = json.loads(user("small.yaml", "--format", "json")[1])
    assert [row["language"] for row in rows] == ["zu", "xx", "xx", "xx"]
    assert [row["word"] for row in rows] == [NAMELESS, "zembla", "gódu", NAMELESS]
    assert "xx: " not in user("small.yaml", "-l", "zu")[1]
    for absent in ("text", "fo"):
        code, _, err = user("small.yaml", "-l", absent)
        assert code == 2
        said = f"no target with word vectors and a word list is '{absent}'. Those that have both: zu, xx."
        assert said in err


def test_a_profile_is_heard(file, user):
    rewrite(
        file,
        profiles={
            "other": {"targets": {"zu": {"vectors": {"path": "zu.vec"}, "lexicon": {"path": "nowhere.txt"}}}}
        },
    )
    assert user("small.yaml")[0] == 0
    code, _, err = user("small.yaml", "--profile", "other")
    assert code == 2
    assert "nowhere.txt" in err


def test_hostile_words_are_text(file, user):
    lines = [f"food\t{' '.join(word.split())} [bold]zembla\n" for word in HOSTILE if "\0" not in word]
    file.with_name("zu.test.tsv").write_text("label\ttext\n" + "".join(lines))
    code, out, err = user("small.yaml", "-n", "100")
    assert code == 0, err
    assert all(character.isprintable() or character == "\n" for character in out)
    assert "script" in out
