"""SIB-200, UMSAB and Amazon Reviews: real files where there are any, built ones of every layout."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
from hub_stand_in import hub_stand_in
from pyarrow import parquet
from pydantic import ValidationError

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.amazon_reviews import AmazonReviewSettings
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.sib200 import Sib200Settings
from mosecrot_core.learning.tasks.umsab import UmsabSettings

SHARED = Path(__file__).parents[2] / "shared/data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data sets are not at {SHARED}")


def write(folder, files):
    """Write name -> content (text, bytes, or a table to be Parquet)."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            parquet.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def pairs(corpus, language, split="train"):
    part = corpus.get(language, split)
    return [(text, corpus.label_names[label]) for text, label in zip(part.texts, part.labels, strict=True)]


def refusal(settings, languages=("fr",), base=Path()):
    with pytest.raises(InputError) as caught:
        settings.load(languages, base)
    return str(caught.value)


# --- SIB-200 ---------------------------------------------------------------------------------------

SIB_HEADER = "index_id\tcategory\ttext\n"


def sib_files(folder="fra_Latn", dev="dev", text="de {}"):
    return {
        f"{folder}/{name}.tsv": f"{SIB_HEADER}7\ttravel\t{text.format(split)}\n9\thealth\tb\n"
        for split, name in zip(SPLITS, ("train", dev, "test"), strict=True)
    }


@needs_shared
def test_real_sib200():
    languages = ["en", "fr", "zh", "de", "es", "mt", "fo", "tt"]
    corpus = Sib200Settings(source=str(SHARED / "sib200")).load(languages)
    assert corpus.languages == tuple(languages)
    for language, (split, size) in product(languages, {"train": 701, "dev": 99, "test": 204}.items()):
        part = corpus.get(language, split)
        assert len(part) == len(set(part.texts)) == size
        assert part.labels == corpus.get("en", split).labels, "the same sentences in every language"
        assert set(part.labels) == set(range(7))
        assert max(Counter(part.labels).values()) < 0.3 * size
    assert any("土耳其" in text for text in corpus.get("zh", "train").texts)
    (quoted,) = (text for text in corpus.get("en", "train").texts if "settled law" in text)
    assert quoted.startswith(
        'He did, however, reiterate his earlier statement that Roe v. Wade was the "settled'
    )


@pytest.mark.parametrize("folder", ["fra_Latn", "fra", "data/fra_Latn", "data/annotated/fra_Latn"])
@pytest.mark.parametrize("dev", ["dev", "validation"])
def test_sib200_folders(tmp_path, folder, dev):
    write(tmp_path, sib_files(folder, dev))
    corpus = Sib200Settings(source=tmp_path.name).load(["fr"], tmp_path.parent)
    for split in SPLITS:
        assert pairs(corpus, "fr", split) == [(f"de {split}", "travel"), ("b", "health")]


def test_sib200_reads_quotes_as_pandas_wrote_them_and_packed_files(tmp_path):
    files = sib_files(text='"""oui"", dit-il\tde {}"')
    files = {f"{name}.gz": gzip.compress(b"\xef\xbb\xbf" + text.encode()) for name, text in files.items()}
    corpus = Sib200Settings(source=str(write(tmp_path, files))).load(["fr"])
    assert corpus.get("fr", "dev").texts[0] == '"oui", dit-il\tde dev'


def test_sib200_reads_the_hubs_parquet_in_either_place(tmp_path):
    table = {"index_id": [1, 2], "category": ["sports", "politics"], "text": ["a", "b"]}
    halves = [pa.table({name: [column[i]] for name, column in table.items()}) for i in (0, 1)]
    files = {f"eng_Latn/train-0000{i}-of-00002.parquet": half for i, half in enumerate(halves)}
    files |= {f"eng_Latn/{split}/0000.parquet": pa.table(table) for split in ("validation", "test")}
    corpus = Sib200Settings(source=str(write(tmp_path, files))).load(["en"])
    for split in SPLITS:
        assert pairs(corpus, "en", split) == [("a", "sports"), ("b", "politics")]


def test_languages_go_by_their_code_the_data_sets_name_or_the_users(tmp_path):
    write(tmp_path, sib_files() | sib_files("kab_Latn", text="kab {}"))
    settings = Sib200Settings(source=str(tmp_path), languages={"xx": "kab_Latn"})
    corpus = settings.load(["fr", "fra_Latn", "xx"])
    assert corpus.get("fr", "test") == corpus.get("fra_Latn", "test")
    assert corpus.get("xx", "test").texts[0] == "kab test"
    said = refusal(Sib200Settings(source=str(tmp_path)), ["fr", "nds"])
    assert "language 'nds' is not among those of SIB-200: af, ak, am," in said
    assert "languages: {nds: NAME}" in said
    with pytest.raises(ValidationError, match="languages"):
        Sib200Settings(languages={"xx": "../elsewhere"})


def test_sib200_codes_are_well_formed():
    assert len(Sib200Settings.known) > 120
    for code, name in Sib200Settings.known.items():
        language, _, script = name.partition("_")
        assert 2 <= len(code.split("-")[0]) <= 3
        assert language.islower()
        assert len(language) == 3
        assert script.istitle()
        assert len(script) == 4


DEV, PACKED, PARQUET = "fra_Latn/dev.tsv", "fra_Latn/dev.tsv.gz", "fra_Latn/validation/0.parquet"
SIB_DAMAGE = {
    "no folder": ({}, "SIB-200, fr train: no files found; expected one of: fra_Latn/train.tsv; "),
    "no split": ({DEV: None}, "SIB-200, fr dev: no files found; expected one of: fra_Latn/dev.tsv; "),
    "empty": ({DEV: ""}, "dev.tsv: a header line was expected, the file is empty"),
    "header only": ({DEV: SIB_HEADER}, "dev.tsv: labelled texts were expected, the file holds none"),
    "other columns": ({DEV: "id\tlabel\ttext\n1\ttravel\ta\n"}, "dev.tsv:1: there is no column 'category'"),
    "few cells": (
        {DEV: f"{SIB_HEADER}1\ttravel\n"},
        "dev.tsv:2: 3 columns expected as in the header, 2 found",
    ),
    "many cells": ({DEV: f"{SIB_HEADER}1\ttravel\ta\tb\n"}, "dev.tsv:2: 3 columns expected"),
    "open quote": ({DEV: f'{SIB_HEADER}1\ttravel\t"a\n'}, "dev.tsv:2: not valid CSV"),
    "unknown label": (
        {DEV: f"{SIB_HEADER}1\tTravel\ta\n"},
        "dev.tsv:2: label 'Travel' is not known; the labels are science/technology, travel, politics, ",
    ),
    "no text": ({DEV: f"{SIB_HEADER}1\ttravel\t \n"}, "dev.tsv:2: column 'text' is empty"),
    "latin-1": ({DEV: f"{SIB_HEADER}1\ttravel\té\n".encode("latin-1")}, "dev.tsv:2: UTF-8"),
    "cut off": (
        {DEV: None, PACKED: gzip.compress(SIB_HEADER.encode())[:-6]},
        "dev.tsv.gz: the gzip data is damaged or cut off",
    ),
    "no Parquet": ({DEV: None, PARQUET: b"PAR1"}, "0.parquet: not a Parquet file"),
    "other Parquet": (
        {DEV: None, PARQUET: pa.table({"text": ["a"]})},
        "0.parquet:1: there is no column 'category'; found 'text'",
    ),
    "Parquet of lists": (
        {DEV: None, PARQUET: pa.table({"text": [["a"]], "category": ["travel"]})},
        "0.parquet:1: column 'text': text expected, found list",
    ),
}


@pytest.mark.parametrize("damage", SIB_DAMAGE)
def test_sib200_refuses_what_is_not_as_published(tmp_path, damage):
    files, says = SIB_DAMAGE[damage]
    whole = sib_files() if files else {}
    write(tmp_path, {name: content for name, content in (whole | files).items() if content is not None})
    assert says in refusal(Sib200Settings(source=str(tmp_path)))


def test_a_source_must_be_a_folder_or_a_hub_id(tmp_path):
    write(tmp_path, {"sib.zip": b"PK"})
    assert "the folder of a data set was expected" in refusal(Sib200Settings(source="sib.zip"), base=tmp_path)
    for nowhere in ("data/sib/200", "org/sib@200"):  # a data set's revision has a setting of its own
        said = refusal(Sib200Settings(source=nowhere), base=tmp_path)
        assert "200: there is no such data folder. Check `source`" in said


# --- the hub ---------------------------------------------------------------------------------------

LOAD = """
import sys
from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import Task
from pydantic import TypeAdapter
task = TypeAdapter(Task).validate_json(sys.argv[1])
try:
    corpus = task.load(sys.argv[2].split(","))
    print([(key, *part.columns, part.labels) for key, part in corpus.splits.items()])
    files = task.inputs(sys.argv[2].split(",")).files.values()
    print(sorted({path.name for paths in files for path in paths}))
except InputError as error:
    print("InputError:", error)
"""


def load_with(address, cache, task, languages, *, offline=False):
    environment = {
        **os.environ,
        "HF_ENDPOINT": address,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": str(int(offline)),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(task), languages],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_hub_gives_what_is_asked_for_and_the_cache_gives_it_again(tmp_path):
    files = sib_files("data/fra_Latn") | sib_files("data/deu_Latn", text="auf {}") | {"sib200.py": "1 / 0"}
    repository = {name: content.encode() for name, content in files.items()}
    with hub_stand_in({"datasets/Davlan/sib200": repository}) as (address, asked):
        online = load_with(address, tmp_path, {"name": "sib200"}, "fr")
        fetched = {path.partition("/resolve/")[2].partition("/")[2] for path in asked if "/resolve/" in path}
        assert fetched == {f"data/fra_Latn/{split}.tsv" for split in SPLITS}
        assert "(('fr', 'test'), ('de test', 'b'), (1, 4))" in online
        assert "['dev.tsv', 'test.tsv', 'train.tsv']" in online
        asked.clear()
        assert load_with(address, tmp_path, {"name": "sib200"}, "fr", offline=True) == online
        assert not asked
        for cache, language in ((tmp_path, "de"), (tmp_path / "none", "fr")):
            said = load_with(address, cache, {"name": "sib200"}, language, offline=True)
            assert said.startswith("InputError: 'Davlan/sib200' is no folder, and the hub does not give it (")
            assert "set `source` to the local folder" in said
            assert said.count("\n") == 1
        said = load_with(address, tmp_path, {"name": "sib200", "source": "no/such"}, "fr")
        assert said.startswith("InputError: 'no/such' is no folder, and the hub does not give it (")
        said = load_with(address, tmp_path, {"name": "umsab", "source": "Davlan/sib200"}, "fr")
        assert said.startswith("InputError: ")
        assert "UMSAB, fr train: no files found; expected one of: french/train_text.txt with" in said


def test_the_layouts_of_the_other_data_sets_on_the_hub(tmp_path):
    splits = ("train", "validation", "test")
    tweet, review = {"text": "bof", "label": 1}, {"id": "fr_1", "text": "Nul\n\nà fuir", "label": 1}
    tweets = {f"data/french/{split}.jsonl": json.dumps(tweet).encode() for split in splits}
    reviews = {f"fr/{split}.jsonl": json.dumps(review | {"label_text": "1"}).encode() for split in splits}
    repositories = {
        "datasets/cardiffnlp/tweet_sentiment_multilingual": tweets,
        "datasets/mteb/amazon_reviews_multi": reviews,
    }
    with hub_stand_in(repositories) as (address, _):
        assert "(('fr', 'dev'), ('bof',), (1,))" in load_with(address, tmp_path, {"name": "umsab"}, "fr")
        found = load_with(address, tmp_path, {"name": "amazon_reviews"}, "fr")
        assert "(('fr', 'dev'), ('Nul\\n\\nà fuir',), (0,))" in found, "2 stars are negative"


# --- UMSAB -----------------------------------------------------------------------------------------


def umsab_files(folder="french", dev="val"):
    return {
        f"{folder}/{name}_{what}.txt": content
        for name in ("train", dev, "test")
        for what, content in (("text", "super ! \nbof\n\tnul"), ("labels", "2\n1\n0\n"))
    }


@needs_shared
def test_real_umsab():
    languages = ["en", "fr", "de", "es"]
    corpus = UmsabSettings(source=str(SHARED / "umsab")).load(languages)
    assert corpus.label_names == ("negative", "neutral", "positive")
    for language, (split, size) in product(languages, {"train": 1839, "dev": 324, "test": 870}.items()):
        part = corpus.get(language, split)
        assert Counter(part.labels) == dict.fromkeys(range(3), size // 3)
        assert all(text == text.strip() != "" for text in part.texts)
    said = dict(zip(corpus.get("de", "train").texts, corpus.get("de", "train").labels, strict=True))
    assert said[next(text for text in said if text.endswith("boah wie ekelhaft"))] == 0


@pytest.mark.parametrize("folder", ["french", "data/sentiment/french", "data/umsab/french"])
def test_umsab_folders(tmp_path, folder):
    corpus = UmsabSettings(source=str(write(tmp_path, umsab_files(folder)))).load(["fr"])
    for split in SPLITS:
        assert pairs(corpus, "fr", split) == [
            ("super !", "positive"),
            ("bof", "neutral"),
            ("nul", "negative"),
        ]


def test_umsab_records_name_or_number_their_labels(tmp_path):
    lines = '{"text": "a", "label": "positive"}\n{"text": "b", "label": 0}\n{"text": "c", "label": "1"}\n'
    files = {f"data/french/{name}.jsonl": lines for name in ("train", "validation", "test")}
    corpus = UmsabSettings(source=str(write(tmp_path, files))).load(["fr"])
    assert corpus.get("fr", "dev").labels == (2, 0, 1)


UMSAB_DAMAGE = {
    "labels missing": ({"french/val_labels.txt": None}, "fr dev: french/val_labels.txt is missing"),
    "fewer labels": (
        {"french/val_labels.txt": "2\n1\n"},
        "val_labels.txt:3: as many lines as in val_text.txt",
    ),
    "fewer texts": ({"french/val_text.txt": "a\nb\n"}, "val_text.txt:3: as many lines as in val_labels.txt"),
    "label unknown": ({"french/val_labels.txt": "2\n1\n3\n"}, "val_labels.txt:3: label '3' is not known"),
    "text empty": ({"french/val_text.txt": "a\n\nb\n"}, "val_text.txt:2: column 'text' is empty"),
    "both empty": (
        {"french/val_text.txt": "", "french/val_labels.txt": ""},
        "val_text.txt: labelled texts in 'fr'",
    ),
    "latin-1": ({"french/val_text.txt": "a\né\nb\n".encode("latin-1")}, "val_text.txt:2: UTF-8"),
}


@pytest.mark.parametrize("damage", UMSAB_DAMAGE)
def test_umsab_refuses_what_is_not_as_published(tmp_path, damage):
    files, says = UMSAB_DAMAGE[damage]
    whole = {name: content for name, content in (umsab_files() | files).items() if content is not None}
    assert says in refusal(UmsabSettings(source=str(write(tmp_path, whole))))


# --- Amazon Reviews --------------------------------------------------------------------------------

STARS = {"1": "negative", "2": "negative", "3": "neutral", "4": "positive", "5": "positive"}
COLUMNS = ["", "review_id", "product_id", "reviewer_id", "stars", "review_body", "review_title", "language",
           "product_category"]  # fmt: skip


def reviews(language, each=2):
    """Reviews as published, `each` of every number of stars."""
    return [
        {
            "review_id": f"{language}_{i}", "product_id": "p", "reviewer_id": "r", "stars": stars,
            "review_body": f"corps {i}, {stars} étoiles", "review_title": "titre" if i else "",
            "language": language, "product_category": "x",
        }
        for stars in STARS
        for i in range(each)
    ]  # fmt: skip


def as_published(split, each=2, language="fr"):
    lines = (json.dumps(review, ensure_ascii=False) for review in reviews(language, each))
    return {f"{split}/dataset_{language}_{split}.json": "\n".join(lines)}


def published(each=2, language="fr"):
    return {name: text for split in SPLITS for name, text in as_published(split, each, language).items()}


def test_stars_become_three_classes_and_the_title_comes_first(tmp_path):
    write(tmp_path, published())
    corpus = AmazonReviewSettings(source=str(tmp_path)).load(["fr"])
    assert corpus.label_names == ("negative", "neutral", "positive")
    expected = [
        (f"{'titre' if i else ''}\n\ncorps {i}, {stars} étoiles".strip(), label)
        for stars, label in STARS.items()
        for i in range(2)
    ]
    for split in SPLITS:
        assert pairs(corpus, "fr", split) == expected
    bodies = AmazonReviewSettings(source=str(tmp_path), review_title=False).load(["fr"])
    assert pairs(bodies, "fr") == [(text.rpartition("\n")[2], label) for text, label in expected]


def test_every_copy_gives_the_same_reviews(tmp_path):
    expected = pairs(AmazonReviewSettings(source=str(write(tmp_path / "a", published()))).load(["fr"]), "fr")
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    for number, review in enumerate(reviews("de") + reviews("fr")):
        writer.writerow({"": number, **review})
    columns = {"text": [], "label": []}
    for review in reviews("fr"):
        columns["text"].append("\n\n".join(filter(None, (review["review_title"], review["review_body"]))))
        columns["label"].append(int(review["stars"]) - 1)
    records = [json.dumps({"text": t, "label": y}) for t, y in zip(*columns.values(), strict=True)]
    splits = ("train", "validation", "test")
    flat = {Path(name).name: text for name, text in published().items()}
    copies = {
        "csv": {f"{split}.csv": table.getvalue() for split in splits},
        "records": {f"fr/{split}.jsonl": "\n".join(records) for split in splits},
        "parquet": {f"fr/{split}-00000-of-00001.parquet": pa.table(columns) for split in splits},
        "flat": flat,
    }
    for name, files in copies.items():
        corpus = AmazonReviewSettings(source=str(write(tmp_path / name, files))).load(["fr"])
        for split in SPLITS:
            assert pairs(corpus, "fr", split) == expected, name


def test_a_sample_is_drawn_by_seed_split_and_language(tmp_path):
    write(tmp_path, published(40) | published(40, "de"))

    def load(**sample):
        return AmazonReviewSettings(source=str(tmp_path), sample=sample).load(["fr", "de"])

    whole, some, again = load(), load(train=50, test=1000), load(train=50, test=1000)
    assert (len(whole.get("fr", "train")), len(some.get("fr", "train"))) == (200, 50)
    assert some.get("fr", "dev") == whole.get("fr", "dev"), "no size: all"
    assert some.get("fr", "test") == whole.get("fr", "test"), "more than there are: all"
    assert some == again
    drawn, every = pairs(some, "fr"), pairs(whole, "fr")
    positions = [every.index(pair) for pair in drawn]
    assert positions == sorted(set(positions)), "each once, in the order of the file"
    assert set(STARS.values()) == {label for _, label in drawn}, "not only the head of a file sorted by stars"
    other = load(train=50, test=1000, seed=1)
    assert pairs(other, "fr") != drawn
    assert [every.index(pair) for pair in pairs(load(train=50), "fr")] == positions, "splits are drawn apart"
    assert pairs(some, "de") != drawn, "languages too"
    same = AmazonReviewSettings(source=str(tmp_path), sample={"train": 50}, languages={"xx": "fr"})
    assert pairs(same.load(["xx"]), "xx") == drawn, "what the data set calls the language counts"


def test_a_sample_is_uniform(tmp_path):
    """Each of 10 reviews is among 4 drawn in 40 % of 300 draws, within 5 standard deviations."""
    write(tmp_path, published())
    counts = Counter()
    for seed in range(300):
        settings = AmazonReviewSettings(source=str(tmp_path), sample={"train": 4, "seed": seed})
        counts.update(settings.load(["fr"]).get("fr", "train").texts)
    assert len(counts) == 10
    assert all(abs(count - 120) < 5 * (300 * 0.4 * 0.6) ** 0.5 for count in counts.values())


TRAIN = "train/dataset_fr_train.json"
REVIEW = {"stars": 1, "review_body": "a", "review_title": "", "language": "fr"}
AMAZON_DAMAGE = {
    "six stars": (
        {TRAIN: REVIEW | {"stars": 6}},
        "json:1: label '6' is not known; the labels are 1, 2, 3, 4, 5",
    ),
    "no body": ({TRAIN: REVIEW | {"review_body": None}}, "train.json:1: column 'review_body' is empty"),
    "no title": ({TRAIN: {"stars": 1, "review_body": "a"}}, "train.json:1: there is no column 'language'"),
    "other language": (
        {TRAIN: REVIEW | {"language": "de"}},
        "train.json: reviews of language 'fr' were expected, found de",
    ),
    "refused": ({TRAIN: "<?xml version='1.0'?>\n<Error/>"}, "train.json:1: not a JSON object"),
    "empty": ({TRAIN: ""}, "train.json: labelled texts were expected, the file holds none"),
    "no train": ({TRAIN: None}, "fr train: no files found; expected one of: train/dataset_fr_train.json;"),
}


@pytest.mark.parametrize("damage", AMAZON_DAMAGE)
def test_amazon_reviews_refuse_what_is_not_as_published(tmp_path, damage):
    files, says = AMAZON_DAMAGE[damage]
    files = {name: json.dumps(text) if isinstance(text, dict) else text for name, text in files.items()}
    write(tmp_path, {name: text for name, text in (published() | files).items() if text is not None})
    assert says in refusal(AmazonReviewSettings(source=str(tmp_path)))


def test_amazon_reviews_settings_that_do_not_fit(tmp_path):
    assert "not among those of the Multilingual Amazon Reviews Corpus: de, en, es, fr, ja, zh" in refusal(
        AmazonReviewSettings(source=str(tmp_path)), ["fi"]
    )
    record = json.dumps({"text": "a", "label": 5})
    write(tmp_path, {f"fr/{split}.jsonl": record for split in ("train", "validation", "test")})
    assert "label '5' is not known; the labels are 0, 1, 2, 3, 4" in refusal(
        AmazonReviewSettings(source=str(tmp_path))
    )
    said = refusal(AmazonReviewSettings(source=str(tmp_path), review_title=False))
    assert "review_title: false needs a column for the title" in said
