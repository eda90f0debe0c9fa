"""Taxi1500: labelled verses, and labels joined to Bibles."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.taxi1500 import TOPICS, Taxi1500Settings

SHARED = Path(__file__).parents[2] / "shared/data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data sets are not at {SHARED}")
SIZES = {"train": 860, "dev": 106, "test": 111}

LABELS = {  # verse -> split, label
    "40001001": ("train", "Description"), "41002002": ("train", "Faith"), "42003003": ("dev", "Sin"),
    "43004004": ("test", "Violence"), "66005005": ("test", "Grace"),
}  # fmt: skip
HEADER = "# language_name:\tExample\n# closest ISO 639-3:\txxx\n#\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def verses(missing=(), language="en"):
    return [f"{verse}\t{language} {verse}\n" for verse in LABELS if verse not in missing]


def write_labelled(folder, edition="en_web", language="en"):
    """Write an edition's labelled verses."""
    for split in SPLITS:
        lines = [
            f"{verse}\t{label}\t{language} {verse}\n" for verse, (s, label) in LABELS.items() if s == split
        ]
        write(folder / f"{edition}_{split}.tsv", "".join(lines))


def joined(folder, bibles, **settings):
    """Settings that join labels to Bibles: language -> content."""
    lines = "".join(f"{verse}\t{split}\t{label}\n" for verse, (split, label) in LABELS.items())
    write(folder / "labels.tsv", lines)
    for language, text in bibles.items():
        write(folder / f"{language}.txt", text)
    texts = {language: f"{language}.txt" for language in bibles}
    return Taxi1500Settings(labels="labels.tsv", texts=texts, **settings)


def rows(corpus, language):
    """(split, text, label) of every verse."""
    return [
        (split, text, corpus.label_names[label])
        for split in SPLITS
        for text, label in zip(
            corpus.get(language, split).texts, corpus.get(language, split).labels, strict=True
        )
    ]


def refusal(settings, languages=("en",), base=Path()):
    with pytest.raises(InputError) as caught:
        settings.load(languages, base)
    return str(caught.value)


EXPECTED = [(split, f"en {verse}", label) for verse, (split, label) in LABELS.items()]


@needs_shared
def test_real_labelled_verses():
    languages = ["en", "de", "fr", "es", "zh", "eu", "sw"]
    corpus = Taxi1500Settings(source=str(SHARED / "taxi1500")).load(languages)
    assert corpus.label_names == TOPICS
    for split, size in SIZES.items():
        english = corpus.get("en", split)
        assert len(english) == len(set(english.texts)) == size
        for language in languages[1:-1]:
            assert corpus.get(language, split).labels == english.labels, "the same verses in every language"
        assert set(english.labels) == set(range(6))
        assert max(Counter(english.labels).values()) < 0.3 * size
    assert [len(corpus.get("sw", split)) for split in SPLITS] == [835, 105, 109]


@needs_shared
def test_labels_joined_to_real_bibles_give_the_labelled_verses():
    bibles = {"en": "en_web", "de": "de_elb1905", "eu": "eu_NT", "sw": "sw_NT", "fo": "fo_dahl_john_acts"}
    texts = {language: str(SHARED / f"bible/{name}.tsv.gz") for language, name in bibles.items()}
    labels = str(SHARED / "taxi1500/labels_splits.tsv")
    said = refusal(Taxi1500Settings(labels=labels, texts=texts), ["en", "fo"])
    assert "fo_dahl_john_acts.tsv.gz: 860 of the 1077 labelled verses are missing. Is it this Bible" in said
    corpus = Taxi1500Settings(labels=labels, texts=texts, min_share=0.2).load(list(bibles))
    known = ["en", "de", "eu", "sw"]
    labelled = Taxi1500Settings(source=str(SHARED / "taxi1500")).load(known)
    for language in known:
        for split in SPLITS:
            mine, theirs = corpus.get(language, split), labelled.get(language, split)
            assert sorted(zip(mine.texts, mine.labels, strict=True)) == sorted(
                zip(theirs.texts, theirs.labels, strict=True)
            )
    assert {split: n for (language, split), n in corpus.left_out.items() if language == "sw"} == {
        "train": 25, "dev": 1, "test": 2,
    }  # fmt: skip
    assert corpus.left_out["en", "train"] == 0
    assert sum(len(corpus.get("fo", split)) + corpus.left_out["fo", split] for split in SPLITS) == 1077


@pytest.mark.parametrize("edition", ["en", "en_web", "en-x-bible"])
def test_an_edition_is_found_by_its_language(tmp_path, edition):
    write_labelled(tmp_path / "taxi", edition)
    write_labelled(tmp_path / "taxi", "eng_other")
    assert rows(Taxi1500Settings(source="taxi").load(["en"], tmp_path), "en") == EXPECTED


def test_the_edition_may_be_named(tmp_path):
    write_labelled(tmp_path, "en_web")
    write_labelled(tmp_path, "en_kjv", "kjv")
    said = refusal(Taxi1500Settings(source=str(tmp_path)))
    assert (
        "one edition of train verses in language 'en' was expected, found en_kjv, en_web. Name it: " in said
    )
    settings = Taxi1500Settings(source=str(tmp_path), languages={"en": "en_web", "fr": "en_kjv"})
    corpus = settings.load(["en", "fr"])
    assert rows(corpus, "en") == EXPECTED
    assert corpus.get("fr", "dev").texts == ("kjv 42003003",)
    assert "found en_kjv, en_web. Name it: languages: {de: EDITION}" in refusal(settings, ["de"])
    gone = Taxi1500Settings(source=str(tmp_path), languages={"en": "en_asv"})
    assert "en_asv_train.tsv: there is no such file of labelled verses" in refusal(gone)


@pytest.mark.parametrize("packed", [False, True])
def test_labels_are_joined_to_a_bible_with_a_header_and_other_verses(tmp_path, packed):
    text = HEADER + "01001001\tIn the beginning\n" + "".join(reversed(verses())) + "40001002\t\n"
    settings = joined(tmp_path, {"en": gzip.compress(text.encode()) if packed else text})
    corpus = settings.load(["en"], tmp_path)
    assert rows(corpus, "en") == EXPECTED, "in the order of the labels"
    assert set(corpus.left_out.values()) == {0}


def test_the_authors_labelled_english_verses_give_the_labels(tmp_path):
    write_labelled(tmp_path / "eng_data", "eng")
    write(tmp_path / "xx.txt", HEADER + "".join(verses(language="xx")))
    corpus = Taxi1500Settings(labels="eng_data", texts={"xx": "xx.txt"}).load(["xx"], tmp_path)
    assert rows(corpus, "xx") == [(split, f"xx {verse}", label) for verse, (split, label) in LABELS.items()]


def test_verses_without_text_are_left_out_and_counted(tmp_path):
    text = "".join(verses(missing=["40001001", "66005005"])) + "66005005\t \n"
    corpus = joined(tmp_path, {"en": text}).load(["en"], tmp_path)
    assert rows(corpus, "en") == [EXPECTED[1], EXPECTED[2], EXPECTED[3]]
    assert corpus.left_out == {("en", "train"): 1, ("en", "dev"): 0, ("en", "test"): 1}


def test_a_bible_that_lacks_most_verses_is_refused(tmp_path):
    few = "".join(verses(missing=["40001001", "41002002", "66005005"]))
    said = refusal(joined(tmp_path, {"en": few}), base=tmp_path)
    assert "en.txt: 3 of the 5 labelled verses are missing, all of train" in said
    most = "".join(verses(missing=["42003003"]))
    said = refusal(joined(tmp_path, {"en": most}), base=tmp_path)
    assert "en.txt: 1 of the 5 labelled verses are missing, all of dev" in said
    some = "".join(verses(missing=["41002002", "66005005"]))
    said = refusal(joined(tmp_path, {"en": some}, min_share=0.7), base=tmp_path)
    assert "2 of the 5 labelled verses are missing. Is it this Bible" in said
    assert len(joined(tmp_path, {"en": some}, min_share=0.6).load(["en"], tmp_path).get("en", "train")) == 1


BIBLE = HEADER + "".join(verses())
DAMAGE = {
    "no tab": ({"en.txt": HEADER + "40001001 text\n"}, "en.txt:4: a verse expected (BBCCCVVV, a tab"),
    "no verse": ({"en.txt": HEADER + "Mt 1:1\ttext\n"}, "en.txt:4: a verse as BBCCCVVV (8 digits) expected"),
    "other digits": ({"en.txt": "\u0664\u0660001001\ttext\n"}, "en.txt:1: a verse as BBCCCVVV (8 digits)"),
    "twice": ({"en.txt": BIBLE + "40001001\tother\n"}, "en.txt:9: verse 40001001 is there twice"),
    "empty": ({"en.txt": ""}, "en.txt: 5 of the 5 labelled verses are missing, all of train, dev, test"),
    "latin-1": ({"en.txt": "40001001\té\n".encode("latin-1")}, "en.txt:1: UTF-8 text was expected"),
    "cut off": ({"en.txt": gzip.compress(BIBLE.encode())[:-9]}, "en.txt: the gzip data is damaged or cut"),
    "no labels": ({"labels.tsv": ""}, "labels.tsv: lines of verse, split, label were expected"),
    "columns": ({"labels.tsv": "40001001\tFaith\n"}, "labels.tsv:1: 3 columns expected (verse, split, label"),
    "no split": ({"labels.tsv": "40001001\tvalid\tFaith\n"}, "labels.tsv:1: split 'valid': one of train"),
    "no topic": ({"labels.tsv": "40001001\ttrain\tHope\n"}, "labels.tsv:1: label 'Hope' is not known; the "
                 "labels are Recommendation, Faith, Description, Sin, Grace, Violence"),
    "a split missing": ({"labels.tsv": "40001001\ttrain\tFaith\n"},
                        "labels.tsv: labelled verses of train, dev, test were expected, found none of"),
    "labelled twice": ({"labels.tsv": "40001001\ttrain\tFaith\n40001001\ttest\tFaith\n"},
                       "labels.tsv:2: verse 40001001 is labelled twice"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_joining_refuses_what_is_not_as_published(tmp_path, damage):
    files, says = DAMAGE[damage]
    settings = joined(tmp_path, {"en": BIBLE})
    for name, content in files.items():
        write(tmp_path / name, content)
    assert says in refusal(settings, base=tmp_path)


def test_a_file_or_language_that_is_not_there(tmp_path):
    settings = joined(tmp_path, {"en": BIBLE})
    assert "texts names no Bible in language 'fr', only in en" in refusal(settings, ["en", "fr"], tmp_path)
    (tmp_path / "en.txt").unlink()
    assert "en.txt: there is no such file" in refusal(settings, base=tmp_path)
    write_labelled(tmp_path / "two", "en")
    write_labelled(tmp_path / "two", "fr")
    settings = Taxi1500Settings(labels="two", texts={"en": "labels.tsv"})
    assert "one file *_train.tsv of labelled verses was expected, found 2" in refusal(settings, base=tmp_path)
    assert "a file came" in refusal(Taxi1500Settings(source="labels.tsv"), base=tmp_path)
    (tmp_path / "two/en_dev.tsv").unlink()
    said = refusal(Taxi1500Settings(source="two"), base=tmp_path)
    assert "one edition of dev verses in language 'en' was expected, found fr" in said


LABELLED_DAMAGE = {
    "columns": (
        "42003003\tSin\n",
        "en_dev.tsv:1: 3 columns expected (verse, label, text; tabs between), 2 found",
    ),
    "header": ("id\tlabel\tverse\n", "en_dev.tsv:1: a verse as BBCCCVVV (8 digits) expected, found 'id'"),
    "topic": ("42003003\tsin\ttext\n", "en_dev.tsv:1: label 'sin' is not known"),
    "text": ("42003003\tSin\t\n", "en_dev.tsv:1: column 'text' is empty"),
    "empty": ("", "en_dev.tsv: lines of verse, label, text were expected, the file holds none"),
}


@pytest.mark.parametrize("damage", LABELLED_DAMAGE)
def test_labelled_verses_refuse_what_is_not_as_published(tmp_path, damage):
    content, says = LABELLED_DAMAGE[damage]
    write_labelled(tmp_path, "en")
    write(tmp_path / "en_dev.tsv", content)
    assert says in refusal(Taxi1500Settings(source=str(tmp_path)))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "either source"),
        ({"source": "a", "labels": "b", "texts": {"en": "c"}}, "either source"),
        ({"labels": "b"}, "labels goes with texts"),
        ({"labels": "b", "texts": {"en": "c"}, "languages": {"en": "d"}}, "not with languages"),
        ({"source": "a", "texts": {"en": "c"}}, "texts goes with labels"),
        ({"source": "a", "min_share": 1.5}, "min_share"),
        ({"source": "a", "languages": {"en": "../x"}}, "languages"),
    ],
)
def test_settings_that_do_not_fit(settings, says):
    with pytest.raises(ValidationError, match=says):
        Taxi1500Settings(**settings)
