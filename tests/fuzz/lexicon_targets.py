"""Inputs and readers of bilingual word lists."""

import gzip
import io
import zipfile
from pathlib import Path

from fuzz.mutations import Files
from fuzz.targets import Target, must_be_text
from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon

_TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>
<entry><form><orth>dog</orth></form><sense><cit type="trans"><quote>chien</quote></cit></sense></entry>
<entry><form><orth>cat</orth></form><trans><tr>chat</tr></trans><def>a pet</def></entry></body></text></TEI>
"""
_DIX = """<?xml version="1.0"?><dictionary><pardefs><pardef n="x"><e/></pardef></pardefs><section id="main">
<e><p><l>dog<s n="n"/></l><r>chien<s n="n"/></r></p></e><e r="LR"><i>radio</i></e>
<e><p><l>spinal<b/>cord</l><r>moelle</r></p></e></section></dictionary>
"""
_HTML = (
    "chien|chiens\t<i>noun</i><br><ol><li>dog (animal)</li><li>hound; cur</li></ol>\n"
    "chat\t<i>noun</i><ol><li>cat</li></ol>\n"
)
_INDEX = "cat\tA\tP\ndog\tP\tQ\n00-database-info\tA\tB\n"
_DICT = "cat /kat/\n 1. chat\ndog /dog/ <n>\nchien\n"


def targets() -> list[Target]:
    """Return the readers of word lists: by the name of the format, and as `auto` finds it."""
    texts: dict[str, tuple[str, str, dict[str, object]]] = {
        "muse": ("a.txt", "dog chien\ncat chat\nhouse maison\n", {}),
        "wiktionary": ("a.tsv", "dog\tchien\ncat\tchat\n", {}),
        "wiktionary_html": ("a.txt", _HTML, {"inflected_forms": True}),
        "scored": ("a.tsv", "source\ttarget\tscore\ndog\tchien\t0.5\ncat\tchat\t1e-3\n", {"min_score": 0.0}),
        "panlex": (
            "a.tsv",
            "# PanLex API\ntrans_txt\ttxt\ttrans_quality\ndog\tchien\t12\ncat\tchat\t5\n",
            {},
        ),
        "freedict": ("a.tei", _TEI, {}),
        "apertium": ("a.dix", _DIX, {}),
        "google_csv": ("a.csv", 'source,target,back_translation\ndog,chien,dog\n"a, b",c,\n', {}),
        "google_phrasebook": (
            "a.csv",
            "English,French,dog,chien\nFrench,English,chat,cat\n",
            {"languages": ("English", "French")},
        ),
    }
    found = []
    for name, (file, text, options) in texts.items():
        form = "google_translate" if name.startswith("google") else name
        seeds: list[Files] = [{file: text.encode()}, {file: gzip.compress(text.encode(), 1)}]
        found.append(Target("lexica", name, seeds, _reader(file, form, options)))
    swadesh = [{"a.zip": _archive()}]
    found.append(
        Target(
            "lexica",
            "panlex_swadesh",
            swadesh,
            _reader("a.zip", "panlex_swadesh", {"languages": ("eng", "fra")}),
        )
    )
    dictd = [
        {"a.index": _INDEX.encode(), "a.dict": _DICT.encode()},
        {"a.index": _INDEX.encode(), "a.dict.dz": gzip.compress(_DICT.encode(), 1)},
    ]
    found.append(Target("lexica", "dictd", dictd, _reader("a.index", "dictd", {})))
    return found


def _reader(file: str, form: str, options: dict[str, object]):
    def read(folder: Path) -> None:
        problem = _read(folder / file, form, options)
        _read(folder / file, "auto", {})
        if problem:
            raise problem

    return read


def _read(path: Path, form: str, options: dict[str, object]) -> InputError | None:
    try:
        lexicon = read_lexicon(LexiconSettings(path=str(path), format=form, **options))
    except InputError as error:
        return error
    must_be_text(lexicon.pairs["source"])
    must_be_text(lexicon.pairs["target"])
    assert len(lexicon)
    assert not lexicon.pairs["score"].isin([float("inf"), float("-inf")]).any()
    return None


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/swadesh207/eng-000.txt", "dog\ncat\tpuss\n")
        archive.writestr("x/swadesh207/fra-000.txt", "chien\nchat\n")
    return out.getvalue()
