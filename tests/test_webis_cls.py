"""Webis-CLS-10: files built as published, and files that are not."""

import gzip
from pathlib import Path

import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.webis_cls import WebisClsSettings

DOMAINS = ("books", "dvd", "music")
RATINGS = ("1.0", "5.0", "2.0", "4.0")


def review(i, text=None, rating=None):
    """An item with fields around those that are read, as published."""
    return (
        f"<item><category>books</category><rating>{rating or RATINGS[i % 4]}</rating><asin>{i}</asin>"
        f"<url>http://www.amazon.example/{i}?a=1&amp;b=2</url>"
        f"<text>{text if text is not None else f'gut &amp; b&#246;se {i} &lt;br&gt;'}</text>"
        f"<title>Ein Buch</title><summary><![CDATA[Titel {i}]]></summary><helpful>0</helpful></item>\n"
    )


def document(*items):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<items>\n{"".join(items)}</items>\n'


def write(folder, language="de", files=None):
    for domain in DOMAINS:
        for name in ("train", "test"):
            path = folder / language / domain / f"{name}.review"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document(*map(review, range(20))), encoding="utf-8")
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def load(folder, languages=("de",), **settings):
    return WebisClsSettings(source=str(folder), **settings).load(languages)


def test_reviews_of_all_domains_with_their_sentiment(tmp_path):
    corpus = load(write(tmp_path))
    assert {split: len(corpus.get("de", split)) for split in ("train", "dev", "test")} == {
        "train": 54, "dev": 6, "test": 60,
    }  # fmt: skip
    test = corpus.get("de", "test")
    assert test.texts[:2] == ("Titel 0\n\ngut & böse 0 <br>", "Titel 1\n\ngut & böse 1 <br>")
    assert test.labels[:4] == (0, 1, 0, 1)
    assert corpus.label_names == ("negative", "positive")


def test_dev_reviews_are_no_train_reviews(tmp_path):
    corpus = load(write(tmp_path), domains=("music",), dev_every=5)
    train, dev = (corpus.get("de", split).texts for split in ("train", "dev"))
    assert [text.split()[1] for text in dev] == ["4", "9", "14", "19"]
    assert len(train) == 16
    assert not set(train) & set(dev)


def test_summaries_can_stay_away_and_samples_be_drawn(tmp_path):
    corpus = load(write(tmp_path), summary=False, sample={"train": 10, "test": 7})
    assert corpus.get("de", "test").texts[0].startswith("gut & böse")
    assert [len(corpus.get("de", split)) for split in ("train", "dev", "test")] == [10, 6, 7]


def test_japanese_is_called_jp_there(tmp_path):
    assert len(load(write(tmp_path, "jp"), ("ja",)).get("ja", "test")) == 60


def test_packed_files(tmp_path):
    packed = gzip.compress(document(review(1)).encode())
    write(tmp_path)
    (tmp_path / "de/dvd/test.review").unlink()
    (tmp_path / "de/dvd/test.review.gz").write_bytes(packed)
    assert len(load(tmp_path).get("de", "test")) == 41


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "XML as Webis publishes it was expected"),
        (document(review(0))[:-20], "XML as Webis publishes it was expected"),
        (b"\x00\xff" * 50, "XML as Webis publishes it was expected"),
        (document().replace("UTF-8", "UTF-99"), "XML in UTF-8 was expected"),
        (document(), "labelled texts in 'de' were expected, found none"),
        (document(review(0, rating="3.0")), ":3: a rating of 1, 2, 4 or 5 was expected, got '3.0'"),
        (document(review(0, rating="nan")), "got 'nan'"),
        (document(review(0, rating=" ")), "got ''"),
        (document(review(0), review(1, text=" ")), ":4: column 'text' is empty"),
        ('<!DOCTYPE items [<!ENTITY a "b">]><items>&a;</items>', ":1: XML without a document type"),
        (document(review(0, text="x" * (1 << 21))), "this one has no end"),
    ],
)  # fmt: skip
def test_what_is_not_as_published_is_refused(tmp_path, content, says):
    write(tmp_path, files={"de/books/test.review": content})
    with pytest.raises(InputError, match=says) as caught:
        load(tmp_path, domains=("books",))
    assert "test.review" in str(caught.value)


def test_a_missing_domain_or_language_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "de/music/train.review").unlink()
    with pytest.raises(InputError, match=r"de/music/train\.review is missing"):
        load(tmp_path)
    with pytest.raises(InputError, match="'sw' is not among those of Webis-CLS-10: de, en, fr, ja"):
        load(tmp_path, ("sw",))
    with pytest.raises(InputError, match="no files found"):
        load(tmp_path, ("fr",))


def test_an_experiment_may_name_it():
    assert Path(WebisClsSettings().source).name == "cls-acl10-unprocessed"
    assert WebisClsSettings.known["ja"] == "jp"
