"""Readers of labelled words: layouts, dirt, errors that name the line, and the real files' counts."""

import gzip
import re
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks import conll, parquet_tables
from mosecrot_core.learning.tasks.conll import CONLL_LABELS, ConllSettings
from mosecrot_core.learning.tasks.panx import PANX_LABELS, PanxSettings
from mosecrot_core.learning.tasks.parquet_tables import read_parquet
from mosecrot_core.learning.tasks.universal_dependencies import UPOS, UniversalDependenciesSettings

DATA = Path(__file__).parents[2] / "shared/data"
READERS = {
    "panx": PanxSettings,
    "conll": ConllSettings,
    "ud": UniversalDependenciesSettings,
}


def shared(name):
    if not (DATA / name).exists():
        pytest.skip(f"no shared/data/{name} beside this clone")
    return str(DATA / name)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(reader, path, language="en", split="train", **settings):
    """Read one file, named in `files`."""
    files = {language: {split: path.name}}
    return READERS[reader](files=files, **settings).load([language], path.parent)


def pairs(corpus, language="en", split="train"):
    part = corpus.get(language, split)
    return [
        [f"{word}/{corpus.label_names[label]}" for word, label in zip(*sentence, strict=True)]
        for sentence in zip(part.sentences, part.labels, strict=True)
    ]


def test_panx_folder_as_in_xtreme_and_as_published(tmp_path):
    write(tmp_path / "train-en.tsv", "Ada\tB-PER\nLovelace\tI-PER\n\n\nsleeps\tO\n")
    write(tmp_path / "dev-en.tsv.gz", gzip.compress(b"en:Rome\tB-LOC\r\nen:8:00\tO\r\n\r\nen:x\tO\r\n"))
    write(tmp_path / "de" / "test", "de:Bonn\tB-LOC\n\n")
    corpus = PanxSettings(source=tmp_path.name).load(["en", "de", "en"], tmp_path.parent)
    assert corpus.label_names == PANX_LABELS
    assert corpus.has_spans
    assert set(corpus.splits) == {("en", "train"), ("en", "dev"), ("de", "test")}
    assert pairs(corpus) == [["Ada/B-PER", "Lovelace/I-PER"], ["sleeps/O"]]
    assert pairs(corpus, "en", "dev") == [["Rome/B-LOC", "8:00/O"], ["x/O"]]
    assert pairs(corpus, "de", "test") == [["Bonn/B-LOC"]]


def test_panx_prefixes_are_taken_off_only_where_all_words_have_them(tmp_path):
    assert pairs(read("panx", write(tmp_path / "a", "en:route\tO\nRome\tB-LOC\n"))) == [
        ["en:route/O", "Rome/B-LOC"]
    ]
    only_prefix = write(tmp_path / "b", "en:a\tO\nen:\tO\nen:b\tO\n\nen:\tO\n")
    assert pairs(read("panx", only_prefix)) == [["a/O", "b/O"]], "a word that is nothing is none"


def test_panx_labels_stay_as_published(tmp_path):
    """The Chinese files hold an `I-X` without its `B-X`; scores read it as a beginning."""
    assert pairs(read("panx", write(tmp_path / "a", "a\tI-PER\nb\tI-LOC\n"))) == [["a/I-PER", "b/I-LOC"]]


def test_conll_2003_is_turned_from_iob1_into_bio(tmp_path):
    english = "-DOCSTART- -X- -X- O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP I-MISC\n\n"
    english += "Ann NNP I-NP I-PER\nBob NNP I-NP B-PER\nLee NNP I-NP I-PER\n"
    german = "-DOCSTART- -X- -X- -X- O\n\nKöln Köln NE I-NC I-LOC\n. . $. O O\n"
    write(tmp_path / "eng.train", english)
    write(tmp_path / "eng.testb", english)
    write(tmp_path / "deu.testa", german.encode("latin-1"))
    corpus = ConllSettings(source=str(tmp_path)).load(["en", "de"])
    assert corpus.label_names == CONLL_LABELS
    assert pairs(corpus) == [
        ["EU/B-ORG", "rejects/O", "German/B-MISC"],
        ["Ann/B-PER", "Bob/B-PER", "Lee/I-PER"],
    ]
    assert pairs(corpus, "de", "dev") == [["Köln/B-LOC", "./O"]]
    assert set(corpus.splits) == {("en", "train"), ("en", "test"), ("de", "dev")}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_conll_2002_zip_in_either_encoding(tmp_path, encoding):
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conll2002/esp.train", "Cádiz NP B-LOC\n, Fc O\n\n".encode(encoding))
        archive.writestr(
            "conll2002/ned.testa", "-DOCSTART- -DOCSTART- O\nDe Art O\n-DOCSTART- x O\nJan N B-PER"
        )
    for settings in ({}, {"encoding": encoding}):
        corpus = ConllSettings(source=str(path), **settings).load(["es", "nl"])
        assert pairs(corpus, "es") == [["Cádiz/B-LOC", ",/O"]]
        assert pairs(corpus, "nl", "dev") == [["De/O"], ["Jan/B-PER"]]
    assert set(ConllSettings(source=str(path)).inputs(["es"]).files.values()) == {(path,)}


def test_blanks_of_other_kinds_are_part_of_a_word(tmp_path):
    """A no-break space, or Latin-1's 0x85, is no column border and no line end."""
    path = write(tmp_path / "a", "10\xa0000 Z O\nx\x85y Z O\n".encode("latin-1"))
    assert pairs(read("conll", path)) == [["10\xa0000/O", "x\x85y/O"]]
    assert pairs(read("panx", write(tmp_path / "b", "a\u2028b c\tO\n"))) == [["a\u2028b c/O"]]


UD = """# sent_id = 1
# text = du café
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\t_\t3\tdet\t_\t_
3\tcafé au lait\tcafé\tNOUN\t_\t_\t0\troot\t_\t_
3.1\tnothing\t_\tVERB\t_\t_\t_\t_\t_\t_
4\t#\t#\tSYM\t_\t_\t3\tdep\t_\t_

# sent_id = 2
1\t_\t_\tPUNCT\t_\t_\t0\troot\t_\t_
"""


def test_ud_reads_syntactic_words(tmp_path):
    corpus = read("ud", write(tmp_path / "a.conllu", UD.replace("\n", "\r\n")))
    assert pairs(corpus) == [["de/ADP", "le/DET", "café au lait/NOUN", "#/SYM"], ["_/PUNCT"]]
    assert corpus.label_names == UPOS
    assert len(UPOS) == 17 == len(set(UPOS))
    assert not corpus.has_spans


def test_ud_folder_of_treebanks(tmp_path):
    write(tmp_path / "fr_gsd-ud-train.conllu", UD)
    write(tmp_path / "UD_English-EWT" / "en_ewt-ud-dev.conllu.gz", gzip.compress(UD.encode()))
    settings = UniversalDependenciesSettings(languages={"fr": "fr_gsd", "en": "en_ewt"})
    corpus = settings.load(["fr", "en"], tmp_path)
    assert set(corpus.splits) == {("fr", "train"), ("en", "dev")}
    with pytest.raises(InputError, match=r"language 'mt' are called is not known.*languages: {mt: NAME}"):
        settings.load(["fr", "mt"], tmp_path)


def test_ud_against_the_conllu_library():
    import conllu

    path = Path(shared("ud/mt_mudt-ud-test.conllu.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        wanted = [
            [f"{token['form']}/{token['upos']}" for token in sentence if isinstance(token["id"], int)]
            for sentence in conllu.parse_incr(file)
        ]
    assert pairs(read("ud", path, "mt", "test"), "mt", "test") == wanted


def ud_line(number, word="a", tag="NOUN", columns=10):
    return "\t".join([str(number), word, "_", tag, *["_"] * (columns - 4)])


@pytest.mark.parametrize(
    ("reader", "content", "line", "says"),
    [
        ("panx", "", None, "holds none"),
        ("panx", "\n\n", None, "holds none"),
        ("panx", "en:\tO\n", None, "holds none"),
        ("panx", "a\tO\nb O\n", 2, "2 columns parted by tabs expected, 1 found"),
        ("panx", "a\tO\tO\n", 1, "2 columns parted by tabs expected, 3 found"),
        ("panx", "a\tO\n\tO\n", 2, "the word is empty"),
        ("panx", "a\tO\n\nb\t\n", 3, "the label is empty"),
        ("panx", "a\tO\nb\tB-MISC\n", 2, "label 'B-MISC' is not known; the labels are O, B-PER"),
        ("panx", b"a\tO\n\xe9\tO\n", 2, "UTF-8"),
        ("conll", "a O\nb x O\n", 2, "2 columns parted by blanks expected, 3 found"),
        ("conll", "a\n", 1, "2 or 3 or 4 or 5 columns"),
        ("conll", "a b c d e O\n", 1, "2 or 3 or 4 or 5 columns"),
        ("conll", "a O\nb S-PER\n", 2, "label 'S-PER' is not known"),
        ("conll", b"a O\n\0 O\n", None, "binary"),
        ("conll", "-DOCSTART- O\n", None, "holds none"),
        ("ud", "", None, "holds none"),
        ("ud", "# text\n" + ud_line(1, columns=9), 2, "10 columns parted by tabs expected, 9 found"),
        ("ud", "1 a _ NOUN _ _ _ _ _ _\n", 1, "10 columns parted by tabs expected, 1 found"),
        ("ud", ud_line(1) + "\n" + ud_line("x"), 2, r"a word behind its number expected, \['x', 'a'\] found"),
        ("ud", ud_line(1, ""), 1, "a word behind its number expected"),
        ("ud", ud_line(1) + "\n" + ud_line(2, tag="_"), 2, "label '_' is not known; the labels are ADJ"),
        ("ud", "\n".join(ud_line(i, "_") for i in (1, 2)), None, "words are withheld"),
    ],
)
def test_errors_name_the_place(tmp_path, reader, content, line, says):
    path = write(tmp_path / "a.txt", content)
    with pytest.raises(InputError, match=says) as raised:
        read(reader, path)
    assert (raised.value.path, raised.value.line) == (path, line)


def test_an_encoding_that_is_not_the_files_names_the_line(tmp_path):
    path = write(tmp_path / "a", "a O\n\nCádiz B-LOC\n".encode("latin-1"))
    assert pairs(read("conll", path)) == [["a/O"], ["Cádiz/B-LOC"]]
    with pytest.raises(InputError, match=r"byte 0xe1 came.*Set `encoding: latin-1`") as raised:
        read("conll", path, encoding="utf-8")
    assert raised.value.line == 3


@pytest.mark.parametrize("reader", READERS)
def test_files_of_unknown_splits_and_names_that_leave_the_folder_are_refused(reader):
    for settings in ({"files": {"en": {"trian": "b"}}}, {"languages": {"en": "../en"}}):
        with pytest.raises(ValidationError):
            READERS[reader](**settings)


@pytest.mark.parametrize("reader", READERS)
def test_files_take_the_place_of_a_languages_source_and_of_no_others(tmp_path, reader):
    line = {"panx": "{}\tO\n", "conll": "{} O\n", "ud": ud_line(1, "{}")}[reader]
    stem = {"panx": "{}-en.tsv", "conll": "eng.{}", "ud": "en-ud-{}.conllu"}[reader]
    split = {"conll": "testb"}.get(reader, "test")
    write(tmp_path / stem.format("train"), line.format("source"))
    write(tmp_path / stem.format(split), line.format("source"))
    write(tmp_path / "own.gz", gzip.compress(line.format("own").encode()))
    names = {"languages": {"en": "en"}} if reader == "ud" else {}
    settings = READERS[reader](source=".", files={"xx": {"test": "own.gz"}}, **names)
    corpus = settings.load(["en", "xx"], tmp_path)
    assert set(corpus.splits) == {("en", "train"), ("en", "test"), ("xx", "test")}
    assert corpus.get("xx", "test").sentences == (("own",),)
    instead = READERS[reader](source=".", files={"en": {"test": "own.gz"}}, **names)
    assert instead.load(["en"], tmp_path).splits.keys() == {("en", "test")}
    inputs = settings.inputs(["en", "xx"], tmp_path)
    assert inputs.files["xx", "test"] == (tmp_path / "own.gz",)
    assert inputs.files["en", "train"] == (tmp_path / stem.format("train"),)
    assert not {"source", "files", "languages", "revision"} & inputs.settings.keys()


def test_a_language_without_files_is_named(tmp_path):
    named = PanxSettings(source=str(tmp_path), files={"en": {"train": "a"}})
    with pytest.raises(InputError, match="no such file"):
        named.load(["en"], tmp_path)
    write(tmp_path / "a", "a\tO\n")
    for reader, name in (("panx", "train-de.tsv"), ("conll", "deu.train"), ("ud", "de-ud-train.conllu")):
        settings = READERS[reader](
            source=str(tmp_path), languages={"de": "deu" if reader == "conll" else "de"}
        )
        with pytest.raises(InputError, match=rf", de: no files found; expected one of: {re.escape(name)}"):
            settings.load(["de"], tmp_path)


def test_a_folder_is_no_file_of_the_same_name(tmp_path):
    """The hub's own conversion has a folder where the published archive has a file."""
    parquet(tmp_path / "en" / "train" / "0000.parquet", [["Ada"]], [[1]])
    assert pairs(PanxSettings(source=str(tmp_path)).load(["en"])) == [["Ada/B-PER"]]


def test_a_sample_keeps_order_and_leaves_other_splits(tmp_path):
    lines = "".join(f"w{i}\tO\n\n" for i in range(50))
    write(tmp_path / "train-en.tsv", lines)
    write(tmp_path / "test-en.tsv", lines)

    def words(**sample):
        corpus = PanxSettings(source=str(tmp_path), sample=sample).load(["en"])
        return [[word for (word,) in corpus.get("en", split).sentences] for split in ("train", "test")]

    every = [f"w{i}" for i in range(50)]
    train, test = words(train=9)
    assert test == every
    assert len(set(train)) == 9
    assert train == sorted(train, key=every.index)
    assert words(train=9)[0] == train != words(train=9, seed=1)[0]
    assert words(train=60)[0] == every


def test_archives_and_folders_that_are_none(tmp_path):
    path = write(tmp_path / "c.zip", b"PK\x03\x04 cut off")
    with pytest.raises(InputError, match="a folder or a zip archive was expected"):
        ConllSettings(source=str(path)).load(["es"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/esp.train", "a O\n")
    with pytest.raises(InputError, match=r"no file in language 'nl' is in the archive, but esp\.train"):
        ConllSettings(source=str(path)).load(["es", "nl"])
    with pytest.raises(InputError, match="CoNLL-2002 and 2003: es, nl, en, de"):
        ConllSettings(source=str(path)).load(["fr"])
    with pytest.raises(InputError, match="the folder of a data set was expected, a file came"):
        PanxSettings(source=str(path)).load(["en"])


def test_a_damaged_member_and_a_bomb_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("esp.train", "a O\n" * 1000)
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF
    damaged = write(tmp_path / "d.zip", bytes(data))
    with pytest.raises(InputError, match="damaged or locked"):
        ConllSettings(source=str(damaged)).load(["es"])
    monkeypatch.setattr(conll, "_LARGEST", 1000)
    with pytest.raises(InputError, match="unpacks to more"):
        ConllSettings(source=str(path)).load(["es"])
    packed = write(tmp_path / "a.gz", gzip.compress(b"a O\n" * 1000))
    with pytest.raises(InputError, match="unpacks to more"):
        read("conll", packed)
    write(packed, gzip.compress(b"a O\n" * 1000)[:-20])
    monkeypatch.undo()
    with pytest.raises(InputError, match="gzip data is damaged"):
        read("conll", packed)


def parquet(path, tokens, tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"tokens": tokens, "ner_tags": pa.array(tags), "langs": [["en"] for _ in tokens]})
    pq.write_table(table, path)
    return path


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """A cache of the hub with one language of WikiANN, and no connection."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    repository, commit = (
        tmp_path / "datasets--unimelb-nlp--wikiann",
        "0123456789abcdef0123456789abcdef01234567",
    )
    write(repository / "refs" / "main", commit)
    folder = repository / "snapshots" / commit / "en"
    for split, word in (("train", "Ada"), ("validation", "Bob"), ("test", "Eve")):
        parquet(
            folder / f"{split}-00000-of-00001.parquet", [[word, "", "sleeps"], ["Rome"]], [[1, 0, 0], [5]]
        )
    return folder


def test_panx_from_the_hubs_cache(hub_cache):
    corpus = PanxSettings().load(["en"])
    words = [pairs(corpus, "en", split)[0][0] for split in ("train", "dev", "test")]
    assert words == ["Ada/B-PER", "Bob/B-PER", "Eve/B-PER"]
    assert pairs(corpus) == [["Ada/B-PER", "sleeps/O"], ["Rome/B-LOC"]]
    parquet(hub_cache / "train-00001-of-00002.parquet", [["Eva"], [""]], [[1], [0]])
    corpus = PanxSettings().load(["en"])
    assert pairs(corpus) == [["Ada/B-PER", "sleeps/O"], ["Rome/B-LOC"], ["Eva/B-PER"]]


def test_what_the_hub_does_not_give_is_named_with_the_way_out(hub_cache):
    with pytest.raises(InputError, match=r"fr: no files found; expected one of: .*fr/train-\*\.parquet"):
        PanxSettings().load(["fr"])
    with pytest.raises(InputError, match=r"'no/such' is no folder, and the hub does not give it.*`source`"):
        PanxSettings(source="no/such").load(["en"])
    with pytest.raises(InputError, match="there is no such data folder"):
        PanxSettings(source="not a name").load(["en"])
    for name in ("..", "../en", "*"):
        with pytest.raises(InputError, match="the code of a language was expected"):
            PanxSettings().load([name])


def test_parquet_files_of_another_kind(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet", [["a", "b"], ["c"]], [[0, 0], [7]])
    with pytest.raises(InputError, match="label '7' is not known") as raised:
        read("panx", path)
    assert raised.value.line == 2
    with pytest.raises(InputError, match="as many `ner_tags` as `tokens`"):
        read("panx", parquet(path, [["a", "b"]], [[0]]))
    with pytest.raises(InputError, match="as many `ner_tags` as `tokens`"):
        read("panx", parquet(path, ["a"], [0]))
    with pytest.raises(InputError, match="`tokens` of text"):
        read("panx", parquet(path, [[1]], [[0]]))
    pq.write_table(pa.table({"tokens": [["a"]]}), path)
    with pytest.raises(InputError, match="there is no column 'ner_tags'; found 'tokens'"):
        read("panx", path)
    with pytest.raises(InputError, match="not a Parquet file"):
        read("panx", write(path, "no parquet"))
    monkeypatch.setattr(parquet_tables, "_ROWS_AT_ONCE", 2)
    parquet(path, [[str(i)] for i in range(5)], [[i] for i in range(5)])
    assert list(read_parquet(path, ("ner_tags", "tokens"))) == [(i + 1, ([i], [str(i)])) for i in range(5)]


def sizes(corpus):
    return {f"{language} {split}": len(part) for (language, split), part in corpus.splits.items()}


def entities(corpus, language, split):
    counts = Counter(label for labels in corpus.get(language, split).labels for label in labels)
    return {
        name[2:]: counts[number] for number, name in enumerate(corpus.label_names) if name.startswith("B-")
    }


def test_the_real_panx():
    languages = ["en", "fr", "de", "zh"]
    corpus = PanxSettings(source=shared("panx")).load(languages)
    assert sizes(corpus) == {
        f"{language} {split}": n for language in languages for split, n in (("train", 20000), ("dev", 10000))
    }
    assert corpus.get("en", "train").n_words == 160_394
    assert entities(corpus, "en", "dev") == {"PER": 4635, "ORG": 4677, "LOC": 4834}
    lengths = Counter(len(word) for words in corpus.get("zh", "dev").sentences for word in words)
    assert lengths[1] > 0.999 * lengths.total(), "a Chinese word is a character"


def test_the_real_conll_2002():
    corpus = ConllSettings(source=shared("conll2002/conll2002.zip")).load(["es", "nl"])
    assert sizes(corpus) == {
        "es train": 8323, "es dev": 1915, "es test": 1517,
        "nl train": 15806, "nl dev": 2895, "nl test": 5195,
    }  # fmt: skip
    assert entities(corpus, "es", "test") == {"PER": 735, "ORG": 1400, "LOC": 1084, "MISC": 340}
    assert corpus.get("es", "train").sentences[0][0] == "Melbourne"
    assert any("ñ" in word for words in corpus.get("es", "train").sentences for word in words)


def test_the_real_treebanks():
    treebanks = {"en": "en_ewt", "mt": "mt_mudt", "vi": "vi_vtb", "zh": "zh_gsdsimp"}
    settings = UniversalDependenciesSettings(source=shared("ud"), languages=treebanks)
    corpus = settings.load(list(treebanks))
    assert sizes(corpus) == {
        "en train": 12544, "en dev": 2001, "en test": 2077, "mt train": 1123, "mt dev": 433, "mt test": 518,
        "vi train": 1400, "vi dev": 1123, "zh dev": 500, "zh test": 500,
    }  # fmt: skip
    assert corpus.get("en", "test").n_words == 25_094
    assert any(" " in word for words in corpus.get("vi", "dev").sentences for word in words)
