"""PanLex's Swadesh lists: a zip with one file a language and one line a concept, synonyms parted by tabs."""

import re
import zipfile
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import ZIP_ERRORS
from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally

NO_EXPRESSION = "concept without a word in one language"
_LISTS = ("swadesh207", "swadesh110")
_MEMBER = re.compile(r"(?:.*/)?(swadesh\d+)/([a-z]{3}-\d{3})\.txt")
_LARGEST_MEMBER = 4 << 20
_MOST_MEMBERS = 50_000
_MOST_IN_CONCEPT = 10_000


def read_panlex_swadesh(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield each word for a concept in one language with each in the other; the line is the concept.

    The list of 207 concepts is taken where both languages have it, else that of 110.

    Raises:
        InputError: No languages are set, they are not in the archive, or it is damaged or a bomb.
    """
    tally.unit = "concepts"
    if options.languages is None:
        problem = "two languages are needed to pair the files of PanLex's Swadesh lists"
        raise InputError(problem, path=path, remedy="Set languages, such as [eng-000, fra-000].")
    wanted = tuple(_uid(language, path) for language in options.languages)
    try:
        with zipfile.ZipFile(path) as archive:
            source, target = _files(archive, wanted, path)
            sides = _concepts(archive, source, path), _concepts(archive, target, path)
    except ZIP_ERRORS as error:
        problem = f"a zip archive was expected, it is damaged or locked ({error})"
        raise InputError(problem, path=path, remedy="Fetch it again.") from error
    yield from _pairs(*sides, tally)


def is_swadesh_archive(path: Path) -> bool:
    """Tell whether a zip archive holds Swadesh lists."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_MEMBER.fullmatch(name) for name in archive.namelist()[:_MOST_MEMBERS])
    except ZIP_ERRORS:
        return False


def _uid(language: str, path: Path) -> str:
    """Complete ``eng`` to ``eng-000``: PanLex numbers the varieties of a language."""
    uid = language if "-" in language else f"{language}-000"
    if not re.fullmatch(r"[a-z]{3}-\d{3}", uid):
        problem = f"a PanLex language such as eng-000 was expected, {language!r} came"
        raise InputError(problem, path=path, remedy="Use the three-letter code of ISO 639-3 and a number.")
    return uid


def _files(archive: zipfile.ZipFile, uids: tuple[str, ...], path: Path) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise InputError(f"an archive of at most {_MOST_MEMBERS} files was expected", path=path)
    found: dict[tuple[str, str], zipfile.ZipInfo] = {}
    for member in members:
        if matched := _MEMBER.fullmatch(member.filename):
            found[matched[1], matched[2]] = member
    for name in _LISTS:
        if all((name, uid) in found for uid in uids):
            return [found[name, uid] for uid in uids]
    known = {uid for _, uid in found}
    missing = [uid for uid in uids if uid not in known] or list(uids)
    near = get_close_matches(missing[0], sorted(known), n=5)
    problem = f"no list holds both {' and '.join(uids)}; not found: {', '.join(missing)}"
    raise InputError(problem, path=path, remedy=f"Languages with such names: {', '.join(near) or 'none'}.")


def _concepts(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> list[list[str]]:
    # The size in the directory may lie: what is read is bounded, whatever it says.
    with archive.open(member) as stream:
        data = stream.read(_LARGEST_MEMBER + 1)
    if len(data) > _LARGEST_MEMBER:
        problem = f"{member.filename} of at most {_LARGEST_MEMBER >> 20} MiB was expected, it unpacks to more"
        raise InputError(problem, path=path, remedy="Fetch it again.")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        problem = f"UTF-8 was expected in {member.filename}, byte {error.start} is none"
        raise InputError(problem, path=path) from error
    return [[word for word in line.strip("\r").split("\t") if word.strip()] for line in lines]


def _pairs(source: list[list[str]], target: list[list[str]], tally: Tally) -> Iterator[RawPair]:
    longest = max(len(source), len(target))
    for concept in range(longest):
        left = source[concept] if concept < len(source) else []
        right = target[concept] if concept < len(target) else []
        if not left and not right:
            continue
        tally.count(concept + 1)
        if not left or not right:
            tally.drop(NO_EXPRESSION)
        elif len(left) * len(right) > _MOST_IN_CONCEPT:
            tally.drop(f"concept with more than {_MOST_IN_CONCEPT} pairs")
        else:
            yield from (RawPair(one, other, NAN, concept + 1) for one in left for other in right)
