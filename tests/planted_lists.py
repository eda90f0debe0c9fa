"""Invented bilingual word lists whose right pairs are known, two noisy views of a space of meanings."""

import numpy as np
import pandas as pd

from mosecrot_core.anchors.candidates import Candidates, Side

UNKNOWN = ("qaa", "qab")
"""Languages of which no stop words and no frequencies are known."""


def list_of(pairs, source_rows, target_rows, languages=UNKNOWN, **columns):
    """Make candidates of (source, target) words; `*_rows` holds the vector of each word, most frequent first.

    The vectors are those of the words in order of first mention unless they are given by word.
    """
    sides = []
    for words, rows in zip(zip(*pairs, strict=True), (source_rows, target_rows), strict=True):
        places = {word: place for place, word in enumerate(dict.fromkeys(words))}
        ranks = np.array([places[word] for word in words])
        by_place = [rows[word] for word in places] if isinstance(rows, dict) else rows
        sides.append(Side.of(words, ranks, np.asarray(by_place, np.float32)[ranks]))
    table = pd.DataFrame(pairs, columns=["source", "target"])
    table = table.assign(score=np.nan, line=range(1, len(pairs) + 1), word=table["target"], composed=False)
    return Candidates(table.assign(**columns), *sides, languages)


def word(number, letters):
    """Spell a number with five-letter words: 0 is the first."""
    spelled = ""
    for _ in range(5):
        number, letter = divmod(number, len(letters))
        spelled += letters[letter]
    return spelled


def right_list(
    n_meanings=600, *, hidden=40, widths=(60, 50), noise=1.0, extra=0.3, ambiguous=0.0, seed=0,
    languages=UNKNOWN,
):  # fmt: skip
    """Make a list of right pairs: every meaning has a word on both sides, some have a second one.

    Args:
        n_meanings: How many; half of a meaning is its topic, of which there are as many as a twentieth.
        hidden: Directions of the hidden space.
        widths: Of the two spaces that show it, each by a random linear map of its own.
        noise: Length of what each view adds, in lengths of what it shows.
        extra: Share of the meanings with a second word in the target language, and as many in the source.
        ambiguous: Share of the target words that have the next meaning, too, and lie between the two.
        seed: Of everything.
        languages: Codes.
    """
    rng = np.random.default_rng(seed)
    topics = rng.standard_normal((max(1, n_meanings // 20), hidden))
    meanings = topics[rng.integers(0, len(topics), n_meanings)] + rng.standard_normal((n_meanings, hidden))
    second = [np.flatnonzero(rng.random(n_meanings) < extra) for _ in widths]
    meant = [np.concatenate([np.arange(n_meanings), more]) for more in second]  # the meaning of each word
    ambiguous_words = np.flatnonzero(rng.random(len(meant[1])) < ambiguous)
    of_word = [meanings[meaning_of] for meaning_of in meant]
    after = (meant[1][ambiguous_words] + 1) % n_meanings
    of_word[1][ambiguous_words] = (of_word[1][ambiguous_words] + meanings[after]) / 2
    rows = []
    for known, width in zip(of_word, widths, strict=True):
        shown = known @ rng.standard_normal((hidden, width)) / hidden**0.5
        rows.append((shown + noise * shown.std() * rng.standard_normal(shown.shape)).astype(np.float32))
    pairs = [
        (word(s, "bdfgk"), word(t, "aeiou"))
        for s, meaning in enumerate(meant[0])
        for t in [*np.flatnonzero(meant[1] == meaning), *ambiguous_words[after == meaning]]
    ]
    by_word = [
        {word(number, letters): row for number, row in enumerate(side)}
        for side, letters in zip(rows, ("bdfgk", "aeiou"), strict=True)
    ]
    return list_of(pairs, *by_word, languages)


def auroc(quality, right):
    """Share of (right, wrong) pairs in which the right one scores higher; a tie counts half."""
    above = np.asarray(quality)[right][:, None] - np.asarray(quality)[~right]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def calibration_error(quality, right, bins=10):
    """Expected calibration error: |share right - mean quality| of each tenth, weighted by its size."""
    bin_of = np.minimum((np.asarray(quality) * bins).astype(int), bins - 1)
    gaps = [
        abs(right[bin_of == b].mean() - quality[bin_of == b].mean()) * (bin_of == b).mean()
        for b in range(bins)
        if (bin_of == b).any()
    ]
    return float(sum(gaps))
