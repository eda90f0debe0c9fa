"""The signals that speak for or against a word pair: what each measures and how to say it in words."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Signal:
    """One thing that is measured of a pair.

    >>> SIGNALS["source_rank"].sentence(3)
    '3 or more other target words are nearer to the source word'
    """

    title: str
    """Its name for a reader."""
    words: str
    """Why a pair is suspect by it; ``{value}`` stands for what was measured."""
    speaks: Literal["for", "against", "either"] = "either"
    """Whether a large value can only speak for a pair, or only against it; the model keeps to that."""

    def sentence(self, value: float) -> str:
        """Say why a pair is suspect."""
        return self.words.format(value=value)


SUSPECT = 0.5
"""A pair of lower quality is more likely wrong than right."""

SIGNALS: dict[str, Signal] = {
    # spaces.py
    "similarity": Signal(
        "Similarity across the spaces",
        "brought into one space, the words are {value:+.1f} standard deviations from chance",
        "for",
    ),
    "csls": Signal(
        "CSLS across the spaces",
        "freed of hubness (CSLS), the words are {value:+.1f} standard deviations from chance",
        "for",
    ),
    "source_rank": Signal(
        "Rank of the target word",
        "{value:.0f} or more other target words are nearer to the source word",
        "against",
    ),
    "target_rank": Signal(
        "Rank of the source word",
        "{value:.0f} or more other source words are nearer to the target word",
        "against",
    ),
    "mutual": Signal("Mutual nearest neighbours", "the words are not each other's nearest", "for"),
    "hubness": Signal(
        "Hubness",
        "both words are near to many words of the other side (mean cosine {value:.2f})",
        "against",
    ),
    # neighbourhoods.py
    "reconstruction": Signal(
        "Leave-one-out reconstruction",
        "the other anchors put each word elsewhere than its partner (cosine {value:.2f})",
        "for",
    ),
    "agreement": Signal(
        "Agreement of the neighbourhoods",
        "the words around one are no partners of those around the other ({value:.0%} agree)",
        "for",
    ),
    # word_usage.py
    "frequency": Signal(
        "Difference in frequency",
        "one is {value:.1f} powers of ten rarer than its partner lets expect",
        "against",
    ),
    "source_partners": Signal(
        "Translations of the source word", "number of translations of the source word: {value:.0f}"
    ),
    "target_partners": Signal(
        "Translations of the target word",
        "number of source words that the target word translates: {value:.0f}",
    ),
    "source_spread": Signal(
        "Spread of the translations",
        "it is unlike the source word's other translations ({value:+.1f} standard deviations from chance)",
        "for",
    ),
    "target_spread": Signal(
        "Spread of the meanings",
        "it is unlike the target word's other partners ({value:+.1f} standard deviations from chance)",
        "for",
    ),
    "source_lead": Signal(
        "Lead over the other translations",
        "another translation fits the source word better (this one leads by {value:+.1f})",
        "for",
    ),
    "target_lead": Signal(
        "Lead over the other partners",
        "another partner fits the target word better (this one leads by {value:+.1f})",
        "for",
    ),
    "listed_score": Signal(
        "Score of the list",
        "the list itself scores it low (above {value:.0%} of its pairs)",
        "for",
    ),
    "under_trained": Signal(
        "Training of the source token",
        "the encoder has hardly learned the token ({value:.2f} of a usual length)",
        "for",
    ),
    # word_forms.py
    "spelling": Signal("Similar spelling", "the spellings have little in common ({value:.0%})", "for"),
    "identical": Signal("Same string", "both words are the same string: a name, or not translated"),
    "casing": Signal("Casing", "one word is capitalised and the other is not", "against"),
    "digits": Signal("Digits", "the words hold different digits", "against"),
    "length": Signal(
        "Difference in length", "one word is much longer than its partner lets expect", "against"
    ),
    "stop_word": Signal("Stop word", "it is a stop word, and those translate unsteadily"),
    "stop_word_mismatch": Signal("Stop word on one side", "only one of the words is a stop word", "against"),
    "proper_name": Signal("Proper name", "it is a capitalised name"),
    "foreign_script": Signal("Foreign script", "the target word is not in the script of the list", "against"),
}
