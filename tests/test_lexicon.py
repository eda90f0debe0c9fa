"""Word lists: formats, reasons for what is dropped, and files that are not word lists."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon

SHARED = Path(__file__).parents[2] / "shared/data/lexica"


def read(tmp_path, text, **options):
    path = tmp_path / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_lexicon(LexiconSettings(path=path.name, **options), tmp_path)


def pairs(lexicon):
    return list(zip(lexicon.pairs["source"], lexicon.pairs["target"], strict=True))


def test_muse_takes_two_words_a_line_and_counts_the_rest(tmp_path):
    lexicon = read(tmp_path, "dog chien\ncat\tchat\n\nlonely\na b c\ndog chien\n", format="muse")
    assert pairs(lexicon) == [("dog", "chien"), ("cat", "chat")]
    assert list(lexicon.pairs["line"]) == [1, 2]
    assert lexicon.dropped == {"malformed line": 2, "pair listed twice": 1}


def test_wiktionary_keeps_expressions_whole(tmp_path):
    lexicon = read(tmp_path, "spinal cord\tmen\ndog\thundur\n\thundur\nno tab\n")
    assert pairs(lexicon) == [("spinal cord", "men"), ("dog", "hundur")]
    assert lexicon.dropped == {"empty word": 1, "malformed line": 1}


def test_scored_lists_may_name_their_columns_in_any_order(tmp_path):
    lexicon = read(
        tmp_path, "target\tscore\tsource\nchien\t0.9\tdog\nchat\t0.2\tcat\npie\tx\tmagpie\n", min_score=0.5
    )
    assert pairs(lexicon) == [("dog", "chien")]
    assert lexicon.dropped == {"score below threshold": 1, "malformed line": 1}


def test_the_threshold_itself_stays(tmp_path):
    assert len(read(tmp_path, "dog\tchien\t0.5\n", min_score=0.5)) == 1


def test_a_byte_order_mark_and_gzip_are_read(tmp_path):
    path = tmp_path / "list.txt.gz"
    path.write_bytes(gzip.compress("\ufeffdog chien\n".encode()))
    assert pairs(read_lexicon(LexiconSettings(path=str(path)))) == [("dog", "chien")]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, "empty"),
        ("\n \n", {}, "empty"),
        ("one\ntwo\n", {}, "list.txt:1: no usable pair in 2 lines read as muse .2 malformed line."),
        (b"dog chien\nchat \xe9t\xe9\n", {}, "list.txt:2: UTF-8 text"),
        (b"PK\x03\x04\x00\x00", {}, "list.txt:1: .*binary"),
        ("dog\tchien\n", {"min_score": 0.5}, "score column"),
        ("dog\tchien\t0.1\n", {"min_score": 0.5}, "1 score below threshold"),
    ],
)
def test_what_is_no_word_list_is_refused_with_a_remedy(tmp_path, content, options, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, content, **options)


def test_a_missing_file_and_a_cut_gzip_name_the_file(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.tsv: there is no such file"):
        read_lexicon(LexiconSettings(path="nowhere.tsv"), tmp_path)
    cut = tmp_path / "cut.txt.gz"
    cut.write_bytes(gzip.compress(b"dog chien\n" * 5000)[:-20])
    with pytest.raises(InputError, match=r"cut\.txt\.gz: the gzip data"):
        read_lexicon(LexiconSettings(path=str(cut)))


# One script a word: others are dropped, see test_lexicon_formats. No brackets or "&": they may make markup.
latin = st.characters(
    min_codepoint=0x21, max_codepoint=0x24F, exclude_categories=["Cc", "Zs"], exclude_characters="<>[]{}&/"
)
cyrillic = st.sampled_from("абвгдежзийклмнопрстуфхцчшщъыьэюяёҕҥөһү-'\u2019\u0301٣५²%.,")
japanese = st.sampled_from("漢字々〇かなカナー゙ABcd\uff211・。")
word = st.one_of(*(st.text(alphabet, min_size=1, max_size=8) for alphabet in (latin, cyrillic, japanese)))


@given(st.lists(st.tuples(word, word), min_size=1, max_size=20, unique=True))
def test_any_words_come_back_as_they_were(tmp_path_factory, expected):
    path = tmp_path_factory.mktemp("lexicon") / "list.tsv"
    path.write_text("".join(f"{s}\t{t}\n" for s, t in expected), encoding="utf-8")
    assert pairs(read_lexicon(LexiconSettings(path=str(path)))) == expected


@pytest.mark.skipif(not SHARED.exists(), reason="needs the word lists in ../shared/data/lexica")
@pytest.mark.parametrize(
    ("name", "least"), [("muse/en-fr.txt.gz", 100_000), ("wiktionary/faroese.txt", 4_000)]
)
def test_real_lists(name, least):
    assert len(read_lexicon(LexiconSettings(path=str(SHARED / name)))) > least
