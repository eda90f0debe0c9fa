"""Labelled texts of several languages, split into train, dev and test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Literal, Protocol, TypeVar, get_args

from mosecrot_core.errors import InputError

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, or pairs of texts, and the label of each, an index into the corpus' `label_names`.

    >>> LabelledTexts(("turn on the lamp", "what time is it"), (0, 1)).texts[1]
    'what time is it'
    >>> LabelledTexts(("it rains",), (0,), second_texts=("it is wet",)).rows
    [('it rains', 'it is wet')]
    """

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    second_texts: tuple[str, ...] | None = None
    """Where pairs have a label, such as premise and hypothesis: the second of each; `texts` are the first."""

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.labels):
            raise ValueError(f"one label a text expected: {len(self.texts)} texts, {len(self.labels)} labels")
        if self.second_texts is not None and len(self.second_texts) != len(self.texts):
            raise ValueError(f"pairs expected: {len(self.texts)} and {len(self.second_texts)} texts")

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The texts; of pairs, the first ones and the second ones."""
        return (self.texts,) if self.second_texts is None else (self.texts, self.second_texts)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What each label is for: one text, or two."""
        return list(zip(*self.columns, strict=True))

    @property
    def label_range(self) -> tuple[int, int] | None:
        """The smallest and the largest label; None where there is none."""
        return (min(self.labels), max(self.labels)) if self.labels else None


class LabelledPart(Protocol):
    """One language's split: what a `Corpus` must know of it."""

    def __len__(self) -> int: ...

    @property
    def label_range(self) -> tuple[int, int] | None: ...  # noqa: D102 - as in `LabelledTexts`


Part = TypeVar("Part", bound=LabelledPart)


@dataclass(frozen=True)
class Corpus(Generic[Part]):
    """What is labelled for one task, by language and split; all languages share the labels.

    Args:
        label_names: The name of each label; position = the label in the parts.
        splits: `(language, split)` -> texts or sentences; not every language needs every split.
        left_out: `(language, split)` -> how many the source counts but does not have there.

    Raises:
        ValueError: A label name appears twice, a split is unknown, or a label lies outside `label_names`.
    """

    label_names: tuple[str, ...]
    splits: Mapping[tuple[str, str], Part]
    left_out: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(set(self.label_names)) != len(self.label_names):
            raise ValueError(f"label names must differ: {self.label_names}")
        for (language, split), part in self.splits.items():
            if split not in SPLITS:
                raise ValueError(f"split {split!r} of {language!r}: one of {', '.join(SPLITS)} expected")
            lowest, highest = part.label_range or (0, 0)
            if part.label_range and not 0 <= lowest <= highest < len(self.label_names):
                raise ValueError(
                    f"{language} {split}: labels must lie in 0..{len(self.label_names) - 1}, "
                    f"found {lowest}..{highest}"
                )
        object.__setattr__(self, "splits", MappingProxyType(dict(self.splits)))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages, in the order in which they first appear."""
        return tuple(dict.fromkeys(language for language, _ in self.splits))

    def get(self, language: str, split: str) -> Part:
        """Return the texts of one language and split.

        Raises:
            InputError: There are none; the message lists what there is.
        """
        try:
            return self.splits[language, split]
        except KeyError:
            there_is = "; ".join(
                f"{known}: {', '.join(s for lang, s in self.splits if lang == known)}"
                for known in self.languages
            )
            raise InputError(
                f"no {split!r} texts in language {language!r}; there is {there_is or 'nothing'}",
                remedy="Name one of these, or add the missing file to the task's settings.",
            ) from None


@dataclass(frozen=True)
class LabelledCorpus(Corpus[LabelledTexts]):
    """The labelled texts of one task."""

    main_metric: Literal["macro_f1", "accuracy"] = "macro_f1"
    """What the task is scored by first, and what chooses a model on its dev set (section 5.3: macro-F1)."""
