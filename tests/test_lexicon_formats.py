"""Readers of word lists, one section a format: what they keep, what they drop and why, what they refuse."""

import base64
import gzip
import re
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon
from mosecrot_core.words.lexicon_formats import dictd as dictd_format
from mosecrot_core.words.lexicon_formats import reading
from mosecrot_core.words.lexicon_formats.detection import detect_format
from mosecrot_core.words.lexicon_formats.glosses import translations
from mosecrot_core.words.lexicon_formats.reading import Tally

SHARED = Path(__file__).parents[2] / "shared/data/lexica"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs the word lists in ../shared/data/lexica")


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, **options):
    return read_lexicon(LexiconSettings(path=str(path), **options))


def pairs(lexicon):
    return list(zip(lexicon.pairs["source"], lexicon.pairs["target"], strict=True))


def lines(lexicon):
    return list(lexicon.pairs["line"])


# --- what holds for every format -------------------------------------------------------------------

CYRILLIC_A = "\u0430"
DIRT = [
    (f"c{CYRILLIC_A}t", "mixed scripts in one word"),
    ("common}}", "HTML or wiki markup"),
    ("<b>chat</b>", "HTML or wiki markup"),
    ("caf&eacute;", "HTML or wiki markup"),
    ("a&#8217;b", "HTML or wiki markup"),
    ("人/derived terms", "HTML or wiki markup"),
    ("ch\x07at", "control character"),
    ("ch\u202eat", "control character"),
    ("ch\ufffdat", "control character"),
    ("  ", "empty word"),
]


@pytest.mark.parametrize(("word", "reason"), DIRT)
@pytest.mark.parametrize("turned", [False, True])
def test_dirt_on_either_side_is_dropped_with_its_reason(tmp_path, word, reason, turned):
    dirty = f"{word}\tcat" if turned else f"cat\t{word}"
    lexicon = read(write(tmp_path, "list.tsv", f"dog\tchien\n{dirty}\n"))
    assert pairs(lexicon) == [("dog", "chien")]
    assert lexicon.dropped == {reason: 1}


def test_several_words_and_symbols_stay_and_spaces_become_one(tmp_path):
    text = "spinal  cord\tmoelle épinière\n%\t%\nx < y\tR&D; AT&T\nC++\t'tis\n"
    assert pairs(read(write(tmp_path, "list.tsv", text))) == [
        ("spinal cord", "moelle épinière"), ("%", "%"), ("x < y", "R&D; AT&T"), ("C++", "'tis")
    ]  # fmt: skip


def test_a_reversed_list_is_turned_round(tmp_path):
    path = write(tmp_path, "fr-en.txt", "chien dog\nchat cat\n")
    assert pairs(read(path, reversed=True)) == [("dog", "chien"), ("cat", "chat")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inflected_forms": True}, "inflected_forms needs .* reads as muse"),
        ({"languages": ("eng-000", "fra-000")}, "languages choose .* reads as muse"),
        ({"format": "wiktionary_html", "reversed": True}, "is turned round by itself"),
    ],
)
def test_options_that_would_do_nothing_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "list.txt", "dog chien\n"), **options)


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path):
    bomb = gzip.compress(b"dog chien\n" + b"a" * (3 * reading.LONGEST_LINE))
    with pytest.raises(InputError, match=r"list\.gz:2: lines of fewer than 1,048,576 bytes"):
        read(write(tmp_path, "list.gz", bomb), format="muse")


@pytest.mark.parametrize("name", ["list.txt.gz", "list.tei.gz"])
def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(reading, "LARGEST_FILE", 1 << 20)
    text = b"dog chien\n" * 200_000 if "txt" in name else b"<TEI>" + b"<a> </a>\n" * 200_000
    with pytest.raises(InputError, match="at most 1 MiB was expected, this unpacks to more"):
        read(write(tmp_path, name, gzip.compress(text)))


def test_more_pairs_than_fit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mosecrot_core.words.lexicon._MOST_PAIRS", 2)
    with pytest.raises(InputError, match=r"list\.txt:3: a word list of at most 2 pairs"):
        read(write(tmp_path, "list.txt", "a b\nc d\ne f\n"))


# --- detection -------------------------------------------------------------------------------------

TEI = "<?xml version='1.0'?>\n<!-- c --><!DOCTYPE TEI.2 SYSTEM 'x.dtd'>\n<TEI xmlns='http://tei-c.org/ns'/>"


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.txt", "dog chien\n", "muse"),
        ("a.txt", "\n\ndog\tchien\n", "wiktionary"),
        ("a.tsv", "dog\tchien\t0.5\n", "scored"),
        ("a.tsv", "dog\tchien\t0.5\tnote\n", "scored"),
        ("a.tsv", "source\ttarget\tscore\n", "scored"),
        ("a.tsv", "txt\ttrans_txt\ttrans_quality\n", "panlex"),
        ("a.tsv", "# PanLex API v2\nsource\ttarget\ttrans_quality\n", "panlex"),
        ("a.tsv", "hundur\t<i>noun</i><br><ol><li>dog</li></ol>\n", "wiktionary_html"),
        ("a.tsv", "English\tFrench\tdog\tchien\nFrench\tEnglish\tchat\tcat\n", "google_translate"),
        ("a.csv", "English,French,dog,chien\n", "google_translate"),
        ("a.csv", "source,target\ndog,chien\n", "google_translate"),
        ("a.tsv", "source\ttarget\tback_translation\n", "google_translate"),
        ("a.txt", "one, two\n", "muse"),
        ("a.tei", TEI, "freedict"),
        ("a", "\ufeff" + TEI.replace("TEI.2 SYSTEM 'x.dtd'", "TEI [<!ELEMENT x (y)>]"), "freedict"),
        ("a.xml", "<?xml version='1.0' encoding='UTF-8'?><dictionary>", "apertium"),
        ("a.dix", "<dictionary type='bilingual'>", "apertium"),
        ("a.txt", "<3 cœur\n", "muse"),
        ("a.index", "", "dictd"),
        ("a.dict.dz", "", "dictd"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_format_is_recognised(tmp_path, name, content, form, packed):
    data = content.encode()
    path = write(tmp_path, name, gzip.compress(data) if packed else data)
    assert detect_format(path) == form


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[]", "JSON came"),
        ("a.txt", '{"dog": "chien"}', "JSON came"),
        ("a.xml", "<?xml version='1.0'?><html><body/></html>", "<html> came"),
        ("a.xml", "<?xml version='1.0'?>", "no element came"),
        ("a.html", "<p>dog</p>", "a web page came"),
        ("a.csv", "dog,chien\n", "CSV with a header 'source,target'"),
        ("a.zip", b"PK\x03\x04", "another or a broken one came"),
        ("a.txt", "\n", "the file is empty"),
        ("a.txt.gz", gzip.compress(b"dog chien\n" * 9999, mtime=0)[:40], "gzip data is damaged"),
        ("a.txt", b"\x89PNG\0\0", "binary"),
    ],
)
def test_what_is_of_no_known_format_is_refused(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        detect_format(write(tmp_path, name, content))


# --- PanLex tables and Swadesh lists ---------------------------------------------------------------


def test_panlex_names_its_columns_in_any_order(tmp_path):
    text = "trans_quality\ttxt_degr\ttxt\tid\ttrans_txt\n60\techien\tÉchien\t1\tdog\n"
    text += "\tx\tx\t2\tdog\nbad\tx\tx\t3\tdog\n9\n"
    lexicon = read(write(tmp_path, "panlex.tsv", text))
    assert pairs(lexicon) == [("dog", "Échien")]
    assert list(lexicon.pairs["score"]) == [60]
    assert lexicon.dropped == {"no translation quality": 1, "malformed line": 2}


def test_degraded_text_stands_in_where_there_is_no_other(tmp_path):
    text = "source\ttxt_degraded\ttranslation_quality\ndog\tchien\t3\n"
    assert pairs(read(write(tmp_path, "panlex.tsv", text))) == [("dog", "chien")]


def test_a_panlex_table_needs_its_header(tmp_path):
    with pytest.raises(InputError, match=r"panlex\.tsv:1: a header .* trans_quality"):
        read(write(tmp_path, "panlex.tsv", "dog\tchien\t60\n"), format="panlex")


def swadesh(folder, files, name="lists.zip"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("panlex_swadesh/README", "PanLex Swadesh Corpus")
        for member, text in files.items():
            archive.writestr(f"panlex_swadesh/{member}.txt", text)
    return path


LISTS = {
    "swadesh207/eng-000": "dog\thound\ncat\n\nfish\n",
    "swadesh207/fra-000": "chien\n\nlait\npoisson\tpoiscaille\n",
    "swadesh110/eng-000": "dog\n",
    "swadesh110/fra-000": "clebs\n",
    "swadesh110/nds-001": "Hund\n",
}


def test_swadesh_lists_pair_the_words_of_a_concept(tmp_path):
    path = swadesh(tmp_path, LISTS)
    lexicon = read(path, languages=("eng", "fra-000"))
    fish = [("fish", "poisson"), ("fish", "poiscaille")]
    assert pairs(lexicon) == [("dog", "chien"), ("hound", "chien"), *fish]
    assert lines(lexicon) == [1, 1, 4, 4]
    assert lexicon.dropped == {"concept without a word in one language": 2}
    assert pairs(read(path, languages=("eng", "nds-001"))) == [("dog", "Hund")]


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (None, r"two languages are needed .* Set languages"),
        (("eng", "nds"), r"not found: nds-000. Languages with such names: nds-001"),
        (("eng", "../x"), "a PanLex language such as eng-000 was expected, '../x' came"),
    ],
)
def test_swadesh_lists_need_languages_that_are_there(tmp_path, languages, message):
    with pytest.raises(InputError, match=message):
        read(swadesh(tmp_path, LISTS), languages=languages)


def test_a_zip_bomb_and_a_broken_zip_are_refused(tmp_path):
    bomb = swadesh(tmp_path, {**LISTS, "swadesh207/fra-000": "a" * (5 << 20)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InputError, match=r"fra-000\.txt of at most 4 MiB was expected, it unpacks to more"):
        read(bomb, languages=("eng", "fra"))
    whole = swadesh(tmp_path, LISTS).read_bytes()
    broken = write(tmp_path, "broken.zip", whole[:90] + bytes(80) + whole[170:])
    with pytest.raises(InputError, match="zip archive"):
        read(broken, format="panlex_swadesh", languages=("eng", "fra"))


# --- Wiktionary's HTML glosses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("(transitive) to heal (make sound; give back health to)", ["heal"]),
        ("to allow; to permit; to let", ["allow", "permit", "let"]),
        ("a dog, the hound.", ["dog", "hound"]),
        ("The Netherlands", ["Netherlands"]),
        ("Berlin (the capital of Germany)", ["Berlin"]),
        ("worm that lives in soil, rivers, lakes; maggot", ["maggot"]),
        ("Bylgja, one of the nine daughters of Ægir", ["Bylgja"]),
        ("a kind of fish, herring", []),
        ("Alternative form of rokna: corner", []),
        ("(rare) third-person singular possessed nominative of кыыс", []),
        ("dative-lative-locative of Дьокуускай", []),
        ("past participle of go", []),
        ("female surname", []),
        ("date of birth", ["date of birth"]),
        ("moose, (British) elk: an animal", ["moose"]),
        ("two, or three", ["two"]),
        ("half ((nested) and [so] on) (open", ["half"]),
        ("(a remark only)", []),
        ("a", ["a"]),
        ("", []),
    ],
)
def test_glosses_give_short_translations(gloss, expected):
    assert list(translations(gloss, Tally(), verb=True)) == expected


def test_to_goes_only_before_verbs():
    assert list(translations("to me", Tally(), verb=False)) == ["to me"]


HTML = """\
hestur|hestar|hests\t<i>noun</i><br><ol><li>(zoology) horse</li><li>a knight (chess)</li></ol>
ganga|gekk\t<i>verb</i><br><ol><li>to walk, to go</li></ol><br><i>noun</i><br><ol><li>a walk</li></ol>
Ę|ę\t<i>character</i><br><ol><li>The letter E with an ogonek.</li></ol>
gekk\t<i>verb</i><br><ol><li>past tense form of ganga</li></ol>
ráð\t<i>noun</i><ol><li>R&amp;D<li>advice <i>or</i> counsel
als\t<i>adv</i>
bad\t<i>noun</i><ol><li><![ x
no tab
ilt\t<i>noun</i><br><ol><li>&lt;script&gt;alert(1)&lt;/script&gt;</li><li><script>alert(2)</script>pain</li>
"""


def test_html_lists_are_turned_round_and_their_reasons_counted(tmp_path):
    lexicon = read(write(tmp_path, "Faroese-English.tsv", HTML))
    assert pairs(lexicon) == [
        ("horse", "hestur"), ("knight", "hestur"), ("walk", "ganga"), ("go", "ganga"), ("R&D", "ráð"),
        ("advice or counsel", "ráð"), ("alert pain", "ilt"),
    ]  # fmt: skip
    assert lines(lexicon) == [1, 1, 2, 2, 5, 5, 9]
    assert lexicon.dropped == {
        "not a word but a character, root or affix": 1,
        "form of another word": 1,
        "entry without a gloss": 1,
        "malformed line": 1,
        "damaged HTML": 1,
        "gloss is a description": 1,
        "pair listed twice": 1,
    }


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<", "&#", "<li>", "((", "x,", "x;", "to "])
def test_long_entries_cost_no_time(tmp_path, piece):
    """html.parser takes 45 s for 64 KiB of "<a "; such a line is not given to it."""
    long = (piece * 500_000)[:500_000]
    lexicon = read(write(tmp_path, "fo.tsv", f"{HTML}vondur\t<ol><li>{long}\n"))
    assert lexicon.dropped["entry of more than 4096 characters"] == 1


def test_inflected_forms_are_an_option(tmp_path):
    found = pairs(read(write(tmp_path, "fo.tsv", HTML), inflected_forms=True))
    assert {("horse", "hestur"), ("horse", "hestar"), ("horse", "hests"), ("go", "gekk")} <= set(found)


# --- FreeDict --------------------------------------------------------------------------------------

FREEDICT = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE TEI SYSTEM "freedict-P5.dtd">
<TEI xmlns="http://tei-c.org/ns" xmlns:t="http://tei-c.org/ns"><teiHeader><title>x</title></teiHeader>
<text><body>
<entry xml:id="dog.1">
 <form><orth>dog</orth><pron>dag</pron><form type="infl"><orth>dogs</orth></form></form>
 <gramGrp><pos>n</pos></gramGrp>
 <sense n="1"><cit type="trans" xml:lang="fr"><quote>chien</quote></cit>
  <cit type="trans"><quote>clebs <hi>fam</hi></quote></cit>
  <cit type="example"><quote>a dog barks</quote><cit type="trans"><quote>un chien aboie</quote></cit></cit>
  <sense><def>an animal</def></sense></sense>
</entry>
<entry><form><orth>at&amp;t</orth><orth>AT&#38;T</orth></form><sense><trans><tr>société</tr></trans></sense></entry>
<t:entry><t:form><t:orth>cat</t:orth></t:form><t:cit type="translation"><quote>chat</quote></t:cit></t:entry>
<entry><form><orth>lonely</orth></form></entry>
<entry><cit type="trans"><quote>orphelin</quote></cit></entry>
</body></text></TEI>
"""


@pytest.mark.parametrize("name", ["eng-fra.tei", "eng-fra.tei.gz"])
def test_freedict_pairs_spellings_with_translations(tmp_path, name):
    data = FREEDICT.encode()
    lexicon = read(write(tmp_path, name, gzip.compress(data) if name.endswith(".gz") else data))
    assert pairs(lexicon) == [
        ("dog", "chien"), ("dog", "clebs fam"), ("at&t", "société"), ("AT&T", "société"), ("cat", "chat")
    ]  # fmt: skip
    assert lines(lexicon) == [5, 5, 13, 13, 14]
    assert lexicon.dropped == {
        "translation of an example": 2,
        "definition, not a translation": 1,
        "entry without a translation": 1,
        "entry without a headword": 1,
    }


def test_freedict_can_be_reversed(tmp_path):
    path = write(tmp_path, "fra-eng.tei", FREEDICT)
    assert pairs(read(path, reversed=True))[0] == ("chien", "dog")


BILLION = "<!DOCTYPE TEI [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BILLION + "]><TEI><entry>&i;</entry></TEI>", r"x\.tei:1: a dictionary without entity decl"),
        ("<!DOCTYPE TEI [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><TEI>&x;</TEI>", "without entity decl"),
        ("<!DOCTYPE TEI [<!ENTITY % x SYSTEM 'http://x/'> %x;]><TEI/>", "without entity decl"),
        ("<TEI>" + "<sense>" * 300, "more than 200 nested elements"),
        ("<TEI><a " + " ".join(f"a{n}='1'" for n in range(99)) + "/></TEI>", "more than 64 attributes"),
        ("<TEI><a b='" + "x" * (6 << 20) + "'/></TEI>", "tags and text of at most 4 MiB"),
        ("<TEI><entry></TEI>", r"x\.tei:1: well-formed XML was expected .mismatched tag"),
        ("<TEI><entry>", "well-formed XML was expected"),
        ("<?xml version='1.0' encoding='made-up'?><TEI/>", "XML"),
        (b"<TEI>\xff\xfe</TEI>", "well-formed XML was expected .not well-formed .invalid token"),
        ("<TEI></TEI>", "the file is empty"),
        (
            "<TEI><entry><form><orth>a</orth></form></entry></TEI>",
            "no usable pair in 1 entries read as freedict",
        ),
    ],
    ids=range(12),
)
def test_hostile_or_broken_xml_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "x.tei", text))


def test_a_giant_entry_is_dropped_and_the_others_stay(tmp_path):
    many = "".join(f"<orth>w{n}</orth>" for n in range(60))
    cits = "".join(f"<cit type='trans'><quote>t{n}</quote></cit>" for n in range(60))
    long = f"<entry><form><orth>x</orth></form><cit type='trans'><quote>{'y' * 5000}</quote></cit></entry>"
    good = "<entry><form><orth>dog</orth></form><cit type='trans'><quote>chien</quote></cit></entry>"
    text = f"<TEI><entry><form>{many}</form>{cits}</entry>{long}{good}</TEI>"
    lexicon = read(write(tmp_path, "x.tei", text))
    assert pairs(lexicon) == [("dog", "chien")]
    assert lexicon.dropped == {
        "entry with more than 2000 pairs": 1,
        "translation of more than 1000 characters": 1,
        "entry without a translation": 1,
    }


# --- dictd -----------------------------------------------------------------------------------------

ARTICLES = {
    "00-database-info": "A dictionary\n",
    "abandon": 'abandon /abandon/ <v>\n1. abandonner, quitter; délaisser\n2. (fam) plaquer\n   "example"\n',
    "dog": "dog\nchien\nSyn: hound\n",
    "long": "long <adj>\nce qui ne se traduit pas par un mot\n",
}


def number(value):
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = digits[value % 64]
    while value := value // 64:
        text = digits[value % 64] + text
    return text


def dictd(folder, articles=ARTICLES, *, packed=True, extra="", name="eng-fra"):
    body, index = b"", []
    for word, article in articles.items():
        data = article if isinstance(article, bytes) else article.encode()
        index.append(f"{word}\t{number(len(body))}\t{number(len(data))}\n")
        body += data
    write(folder, f"{name}.dict.dz" if packed else f"{name}.dict", gzip.compress(body) if packed else body)
    return write(folder, f"{name}.index", "".join(index) + extra)


def test_the_numbers_are_those_of_base64():
    """Six bits a digit: four digits are the three bytes that base64 decodes to."""
    for value in (0, 63, 64, 4095, 65_535, 16_777_215):
        text = number(value).rjust(4, "A")
        assert int.from_bytes(base64.b64decode(text), "big") == value == dictd_format._base64(number(value))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("named", ["eng-fra.index", "eng-fra.dict", "."])
def test_dictd_reads_articles_where_the_index_says(tmp_path, packed, named):
    dictd(tmp_path, packed=packed, extra="dog\tBg\tH\tDOG\n")
    path = tmp_path / (f"{named}.dz" if packed and named.endswith("dict") else named)
    lexicon = read(path)
    assert pairs(lexicon)[:5] == [
        ("abandon", "abandonner"), ("abandon", "quitter"), ("abandon", "délaisser"), ("abandon", "plaquer"),
        ("dog", "chien"),
    ]  # fmt: skip
    assert lexicon.dropped["about the dictionary itself"] == 1
    assert lexicon.dropped["example or reference"] == 2
    assert lexicon.dropped["gloss is a description"] >= 1


def test_a_reversed_dictd_dictionary_gives_bare_english(tmp_path):
    path = dictd(tmp_path, {"courir": "courir <v>\nto run\n", "chien": "chien\na dog, the hound\n"})
    assert pairs(read(path, reversed=True)) == [("run", "courir"), ("dog", "chien"), ("hound", "chien")]


def test_dictd_offsets_are_not_believed(tmp_path):
    bad = "far\t//////\tB\nlong\tA\t/////\nodd\tA!\tB\nshort\tA\nhuge\tAAAAAAAAAAAAA\tB\n"
    lexicon = read(dictd(tmp_path, {"dog": "dog\nchien\n", "raw": b"raw\n\xff\n"}, extra=bad))
    assert pairs(lexicon) == [("dog", "chien")]
    assert lexicon.dropped == {
        "article outside the dictionary file": 2, "malformed line": 3, "article that is not UTF-8": 1
    }  # fmt: skip


def test_dictd_needs_both_files_whole_and_of_bearable_size(tmp_path, monkeypatch):
    index = dictd(tmp_path)
    monkeypatch.setattr(dictd_format, "_LARGEST_DICTIONARY", 1 << 20)
    write(tmp_path, "eng-fra.dict.dz", gzip.compress(bytes(3 << 20)))
    with pytest.raises(InputError, match="at most 1 MiB was expected, this unpacks to more"):
        read(index)
    write(tmp_path, "eng-fra.dict.dz", gzip.compress(b"dog\nchien\n" * 999)[:-9])
    with pytest.raises(InputError, match=r"eng-fra\.dict\.dz: the gzip data is damaged"):
        read(index)
    (tmp_path / "eng-fra.dict.dz").unlink()
    with pytest.raises(InputError, match=r"two files, eng-fra\.dict\.dz is not beside"):
        read(index)
    write(tmp_path, "second.index", "")
    with pytest.raises(InputError, match=r"one \.index file was expected, 2 came"):
        read(tmp_path)


# --- Apertium --------------------------------------------------------------------------------------

DIX = """\
<?xml version="1.0" encoding="UTF-8"?>
<dictionary>
 <alphabet/>
 <sdefs><sdef n="n" c="Noun"/></sdefs>
 <pardefs><pardef n="num"><e><p><l>par</l><r>adigm</r></p></e></pardef></pardefs>
 <section id="main" type="standard">
  <e><p><l>dog<s n="n"/></l><r>chien<s n="n"/><s n="m"/></r></p></e>
  <e r="LR"><p><l>hound<s n="n"/></l><r>chien<s n="n"/></r></p></e>
  <e r="RL"><p><l>dog<s n="n"/></l><r>clebs<s n="n"/></r></p></e>
  <e><i>radio<s n="n"/></i></e>
  <e><p><l>take<g><b/>part</g><s n="v"/></l><r>participer<s n="v"/></r></p></e>
  <e><i>anti</i><p><l>body</l><r>corps</r></p></e>
  <e><re>[0-9]+</re><p><l></l><r></r></p></e>
  <e i="yes"><p><l>draft</l><r>brouillon</r></p></e>
  <e><p><l></l><r>rien</r></p></e>
 </section>
</dictionary>
"""


def test_apertium_joins_the_parts_of_an_entry(tmp_path):
    lexicon = read(write(tmp_path, "apertium-eng-fra.eng-fra.dix", DIX))
    assert pairs(lexicon) == [
        ("dog", "chien"), ("hound", "chien"), ("radio", "radio"), ("take part", "participer"),
        ("antibody", "anticorps"),
    ]  # fmt: skip
    assert lines(lexicon) == [7, 8, 10, 11, 12]
    assert lexicon.dropped == {
        "entry for the other direction only": 1,
        "regular expression, not a word": 1,
        "entry marked as ignored": 1,
        "empty word": 1,
    }


def test_apertium_read_backwards_takes_the_other_restriction(tmp_path):
    found = pairs(read(write(tmp_path, "a.dix", DIX), reversed=True))
    assert ("clebs", "dog") in found
    assert ("chien", "hound") not in found


# --- Google Translate ------------------------------------------------------------------------------

PHRASEBOOK = '''\
English,French,dog,chien
French,English,chat,cat
English,French,"hello, world","bonjour, ""monde"""
English,German,dog,Hund
English,French,half
'''


@pytest.mark.parametrize("languages", [None, ("english", "French")])
def test_a_phrasebook_is_turned_to_one_direction(tmp_path, languages):
    path = write(tmp_path, "Saved translations.csv", PHRASEBOOK)
    lexicon = read(path, format="google_translate", languages=languages)
    assert pairs(lexicon) == [("dog", "chien"), ("cat", "chat"), ("hello, world", 'bonjour, "monde"')]
    assert lines(lexicon) == [1, 2, 3]
    assert lexicon.dropped == {"pair of other languages": 1, "malformed line": 1}


def test_the_languages_of_the_settings_choose(tmp_path):
    path = write(tmp_path, "p.csv", PHRASEBOOK)
    assert pairs(read(path, format="google_translate", languages=("English", "German"))) == [("dog", "Hund")]


def test_a_translation_back_scores_the_pair(tmp_path):
    text = (
        "source\ttarget\tback_translation\nrun\tcourir\tto Run\ndog\tchien\tthe dog\nbank\trive\tshore\n"
        'cat\tchat\t\nbird\toiseau\nquote"\tguillemet\tquote"\n'
    )
    path = write(tmp_path, "google.tsv", text)
    scores = dict(zip(*(read(path).pairs[c] for c in ("source", "score")), strict=True))
    assert {word: score for word, score in scores.items() if score == score} == {
        "run": 1, "dog": 1, "bank": 0, 'quote"': 1
    }  # fmt: skip
    kept = read(path, min_score=0.5)
    assert list(kept.pairs["source"]) == ["run", "dog", 'quote"']
    assert kept.dropped == {"score below threshold": 1, "no translation quality": 2}


def test_without_a_translation_back_there_is_no_score(tmp_path):
    path = write(tmp_path, "google.csv", "target,source\nchien,dog\n")
    assert pairs(read(path)) == [("dog", "chien")]
    with pytest.raises(InputError, match=r"min_score needs a list with a score column, .* reads as google"):
        read(path, min_score=0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dog,chien\n", r"g\.csv:1: a phrasebook of four columns, or a header"),
        ('source,target\ndog,"chien\n', r"g\.csv:2: rows parted by commas .*unexpected end"),
        ('source,target\ndog,"chi"en\n', r"g\.csv:2: rows parted by commas"),
    ],
)
def test_what_is_no_google_table_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "g.csv", text), format="google_translate")


# --- real files ------------------------------------------------------------------------------------

MIXED = "mixed scripts in one word"
REAL = [
    ("muse/en-de.txt.gz", "muse", 101_900, {"HTML or wiki markup"}),
    ("muse/en-zh.txt.gz", "muse", 39_300, set()),
    ("wiktionary/chinese.txt.gz", "wiktionary", 116_900, {MIXED, "HTML or wiki markup"}),
    ("wiktionary/yakut.txt", "wiktionary", 700, {MIXED}),
    ("wiktionary_html/Faroese-English.tsv.gz", "wiktionary_html", 8_000, {"gloss is a description"}),
    ("wiktionary_html/Maltese-English.tsv.gz", "wiktionary_html", 10_900, {"form of another word"}),
    ("wiktionary_html/Yakut-English.tsv.gz", "wiktionary_html", 6_300, {"gloss is only a remark"}),
]


@needs_shared
@pytest.mark.parametrize(("name", "form", "least", "reasons"), REAL)
def test_real_lists_are_recognised_and_their_dirt_is_named(name, form, least, reasons):
    assert detect_format(SHARED / name) == form
    lexicon = read(SHARED / name)
    assert len(lexicon) >= least
    assert reasons <= set(lexicon.dropped)
    assert not lexicon.pairs["target"].str.contains(r"[<>]|\}\}").any()


@needs_shared
def test_real_glosses_agree_with_the_list_made_the_other_way():
    """Wiktionary's English-to-Faroese list was made by other hands: short glosses should often be in it."""
    glosses = read(SHARED / "wiktionary_html/Faroese-English.tsv.gz")
    listed = set(pairs(read(SHARED / "wiktionary/faroese.txt")))
    assert len(listed & set(pairs(glosses))) > 0.4 * len(listed)
    words = glosses.pairs["source"].str.split().str.len()
    assert words.max() <= 3
    assert (words == 1).mean() > 0.7
    assert not glosses.pairs["source"].str.contains(re.compile(r"^(?:to|an?|the) .|[();]")).mean() > 0.02


@needs_shared
@pytest.mark.parametrize("target", ["fra", "deu", "spa", "cmn", "mlt", "fao", "tat", "sah", "nds-001"])
def test_real_swadesh_lists(target):
    lexicon = read(SHARED / "panlex/panlex_swadesh.zip", languages=("eng", target))
    assert len(lexicon) > 300
    assert lexicon.pairs["line"].between(1, 207).all()


# --- any bytes at all -------------------------------------------------------------------------------

WHOLE = {
    "list.tsv": b"dog\tchien\ncat\tchat\n",
    "panlex.tsv": b"source\ttarget\ttrans_quality\ndog\tchien\t5\n",
    "html.tsv": HTML.encode(),
    "phrases.csv": PHRASEBOOK.rpartition("English")[0].encode(),
    "eng-fra.tei": FREEDICT.encode(),
    "eng-fra.dix": DIX.encode(),
    "eng-fra.dict": "".join(ARTICLES.values()).encode(),
    "lists.zip": None,
}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_give_pairs_or_an_input_error(tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("damaged")
    if name.endswith(".dict"):
        dictd(folder, packed=False)
    whole = WHOLE[name] or swadesh(folder, LISTS).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    path = write(folder, name, whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:])
    try:
        lexicon = read(path, languages=("eng", "fra") if name == "lists.zip" else None)
    except InputError:
        return
    assert len(lexicon) > 0
    assert not lexicon.pairs[["source", "target"]].isin(["", " "]).any(axis=None)


@pytest.mark.parametrize("opening", ["<?", "<!--", "<!DOCTYPE[", "<!DOCTYPE"])
def test_a_prologue_that_is_opened_thousands_of_times_costs_no_time(tmp_path, opening):
    """Each was looked for from everywhere to the end: 23 seconds for 64 KB."""
    began = time.process_time()
    with pytest.raises(InputError, match="no element came"):
        detect_format(write(tmp_path, "a.tei", opening * 30_000))
    assert time.process_time() - began < 2


def test_a_prologue_is_passed_over(tmp_path):
    text = '\n<?xml version="1.0"?>\n<!-- <TEI> -->\n<!DOCTYPE x [<!ELEMENT y ANY>]>\n <?more?><dictionary>'
    assert detect_format(write(tmp_path, "a.xml", text)) == "apertium"
