"""Reviewing the pairs of a run in the terminal: one pair at a time, the worst first, one key a decision."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pandas as pd

from mosecrot_core.anchors.review import Reviews
from mosecrot_core.anchors.signals import SIGNALS, SUSPECT
from mosecrot_core.display import short
from mosecrot_core.runs.inspection import scored_pairs
from mosecrot_core.runs.store import Run

Queue = Literal["suspect", "undecided", "ask", "all"]
KEYS = "a accept   x reject   c correct   s skip   z undo   q quit"
_DONE = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}

Ask = Callable[[str], str | None]
"""Shows a prompt and gives what was typed in answer; None when there is no more."""
Say = Callable[[str], object]


def pairs_to_review(run: Run, language: str, reviews: Reviews, queue: Queue) -> pd.DataFrame:
    """Return rows of the run's quality table in the order of asking, as a rule the worst first.

    Args:
        run: A run whose pairs were scored.
        language: Code of the target language.
        reviews: What is decided already.
        queue: `suspect` pairs not decided on, all `undecided` ones, or `all`; `ask` brings the undecided ones
            first whose answers would teach the model most.

    Raises:
        InputError: The run has no scored pairs in this language.
    """
    pairs = scored_pairs(run, language)
    if queue == "suspect":
        pairs = pairs[pairs["quality"] < SUSPECT]
    if queue != "all":
        standing = reviews.standing()
        decided = set(zip(standing["source"], standing["target"], strict=True))
        new = [pair not in decided for pair in zip(pairs["source"], pairs["target"], strict=True)]
        pairs = pairs[new]
    if queue == "ask":
        pairs = pairs.sort_values("information", ascending=False, kind="stable")
    return pairs


class Triage:
    """Takes a reviewer through pairs.

    Args:
        run: The run, for the reasons and neighbours of a pair.
        language: Code of the target language.
        reviews: Where decisions go.
        author: Who decides.
        say: Shows a line.
    """

    def __init__(self, run: Run, language: str, reviews: Reviews, author: str, say: Say) -> None:
        quality, signals = run.quality(), run.signals()
        self._reviews, self._author, self._say = reviews, author, say
        self._table = quality[quality["language"] == language].set_index("pair", drop=False)
        ours = signals[signals["language"] == language]
        self._signals = {name: dict(zip(ours["pair"], ours[name], strict=True)) for name in SIGNALS}
        self._now = self._standing()

    def go_through(self, pairs: pd.DataFrame, ask: Ask) -> None:
        """Show pair after pair until they or the answers end, then say how many were decided.

        An answer is a key and, for `c`, the right word; `c` alone takes the suggestion.
        """
        rows = pairs.to_dict(orient="records")
        places = {(row["source"], row["target"]): place for place, row in enumerate(rows)}
        counts = dict.fromkeys(["accepted", "rejected", "corrected", "skipped", "undone"], 0)
        place = 0
        while place < len(rows):
            for line in self._card(rows[place], place, len(rows)):
                self._say(line)
            answer = self._answer(ask, rows[place])
            if answer is None:
                break
            key, word = answer
            if key == "z":
                undone = self._reviews.undo(self._author)
                self._tell_undone(undone)
                self._now = self._standing()
                counts["undone"] += len(undone)
                back = [places[pair] for pair in _pairs(undone) if pair in places]
                place = min([place, *back])
                continue
            counts[self._decide(rows[place], key, word)] += 1
            place += 1
        self._say(
            ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "Nothing decided."
        )
        self._say(f"{len(rows) - place:,} pairs of this queue left.")

    def _standing(self) -> dict[tuple[str, str], Any]:
        standing = self._reviews.standing()
        return dict(zip(_pairs(standing), standing.itertuples(), strict=True))

    def _answer(self, ask: Ask, row: dict[Any, Any]) -> tuple[str, str] | None:
        """Return a valid key and the word with it; None to stop."""
        while True:
            text = ask(f"{KEYS} > ")
            if text is None or text.strip() == "q":
                return None
            key, _, word = text.strip().partition(" ")
            word = word.strip() or str(row["suggestion"])
            if key in ("a", "x", "s", "z"):
                return key, ""
            if key == "c" and word:
                return key, word
            self._say("Type c and the right word; there is no suggestion." if key == "c" else f"Keys: {KEYS}")

    def _decide(self, row: dict[Any, Any], key: str, word: str) -> str:
        if key == "s":
            return "skipped"
        pair = [(row["source"], row["target"])]
        if key == "c":
            self._reviews.decide(pair, "correct", self._author, correction=word)
            self._say(f"corrected: {short(row['source'])} \u2013 {short(word)}")
            return "corrected"
        verdict: Literal["accept", "reject"] = "accept" if key == "a" else "reject"
        self._reviews.decide(pair, verdict, self._author)
        self._say(_DONE[verdict])
        return _DONE[verdict]

    def _tell_undone(self, undone: pd.DataFrame) -> None:
        if undone.empty:
            self._say(f"Nothing of {short(self._author)} to undo.")
        elif len(undone) > 1:
            self._say(f"undone: a batch of {len(undone):,} decisions ({undone['verdict'].iloc[0]})")
        else:
            row = undone.iloc[0]
            self._say(f"undone: {_words(row['source'], row['target'])} ({row['verdict']})")

    def _card(self, row: dict[Any, Any], place: int, total: int) -> Iterator[str]:
        yield ""
        words = _words(row["source"], row["target"])
        yield f"[{place + 1:,}/{total:,}]  {words}    quality {row['quality']:.2f}"
        standing = self._now.get((row["source"], row["target"]))
        if standing is not None:
            right = f" to {short(standing.correction)}" if standing.correction else ""
            by = f"{short(standing.author)}, {short(standing.time)}"
            yield f"  {_DONE[str(standing.verdict)]}{right} by {by}"
        for name in row["reasons"]:
            yield f"  - {self._sentence(name, row['pair'])}"
        for side, word in (("source_near", row["source"]), ("target_near", row["target"])):
            if near := self._near(row[side]):
                yield f"  near {short(word)}: {near}"
        if row["suggestion"]:
            yield f"  suggestion: {short(row['suggestion'])}"

    def _sentence(self, name: str, pair: int) -> str:
        signal = SIGNALS.get(name)
        if signal is None:
            return short(name)
        value = float(self._signals.get(name, {}).get(pair, float("nan")))
        return signal.title if pd.isna(value) else signal.sentence(value)

    def _near(self, numbers: list[int]) -> str:
        rows = [self._table.loc[number] for number in numbers if number in self._table.index]
        return ", ".join(_words(row["source"], row["target"]) for row in rows)


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    yield from zip(rows["source"], rows["target"], strict=True)


def _words(source: object, target: object) -> str:
    return f"{short(source)} \u2013 {short(target)}"
