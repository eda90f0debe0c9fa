"""Multilingual Amazon Reviews Corpus: sentiment of product reviews in six languages.

Keung et al., "The Multilingual Amazon Reviews Corpus" (EMNLP 2020): 200,000 train, 5,000 dev and 5,000 test
reviews a language, as many of each number of stars. Its publisher has withdrawn it; copies are on the hub.

MoSECroT (appendix C.1) aggregates the 5 stars into negative, neutral and positive. It does not say where it
cuts. Here 1 and 2 stars are negative, 3 neutral, 4 and 5 positive, the usual reading; it makes classes of 40,
20 and 40 %, which fits the imbalance for which the paper chooses macro-F1 (section 5.3).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.published import (
    SPLIT_NAMES,
    LabelledText,
    Layout,
    PublishedTask,
    hub_layouts,
)
from mosecrot_core.learning.tasks.sampling import SampleSizes
from mosecrot_core.learning.tasks.tables import checked_text, column_names, label_number, read_rows

_BY_STARS = {"1": 0, "2": 0, "3": 1, "4": 2, "5": 2}
_BY_NUMBER = {str(int(stars) - 1): label for stars, label in _BY_STARS.items()}
"""Copies on the hub count from 0."""


class AmazonReviewSettings(PublishedTask):
    """Multilingual Amazon Reviews: 5 stars as 3 sentiments, 6 languages."""

    name: Literal["amazon_reviews"] = "amazon_reviews"
    """The reader."""
    source: str = "mteb/amazon_reviews_multi"
    """A hub id, or a local folder: as published, `train/dataset_fr_train.json` and so on; or three CSV files
    with all languages, `train.csv`, `validation.csv` and `test.csv`."""
    review_title: bool = True
    """Put the review's title before its body. Copies with one text a review are read as they are."""
    sample: SampleSizes = SampleSizes()
    """How many reviews to use in each language."""

    title: ClassVar[str] = "the Multilingual Amazon Reviews Corpus"
    label_names: ClassVar[tuple[str, ...]] = ("negative", "neutral", "positive")
    known: ClassVar[Mapping[str, str]] = {code: code for code in ("de", "en", "es", "fr", "ja", "zh")}

    def _layouts(self, name: str, split: str) -> list[Layout]:
        file = f"dataset_{name}_{split}.json"
        archive: list[Layout] = [(f"{folder}{file}",) for folder in (f"{split}/", f"json/{split}/", "")]
        copies: list[Layout] = [
            (pattern,)
            for alias in SPLIT_NAMES[split]
            for pattern in (f"{name}/{alias}.jsonl", f"{alias}.csv")
        ]
        return archive + copies + hub_layouts(name, split)

    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        for path in paths:
            columns = column_names(path)
            if "stars" in columns or "review_body" in columns:
                yield from self._published(path, name)
            else:
                yield from self._copied(path)

    def _published(self, path: Path, name: str) -> Iterator[LabelledText]:
        """Read reviews as they were published, those of one language."""
        columns = ("language", "review_title", "review_body", "stars")
        others = set()
        found = False
        for line, (language, title, body, stars) in read_rows(path, columns):
            if language != name:
                others.add(language)
                continue
            found = True
            checked_text(body, "review_body", path, line)
            text = f"{title}\n\n{body}" if title and self.review_title else body
            yield text, label_number(stars, _BY_STARS, path, line)
        if not found:
            problem = f"reviews of language {name!r} were expected, found {', '.join(sorted(others))}"
            raise InputError(problem, path=path, remedy="Check `languages`.")

    def _copied(self, path: Path) -> Iterator[LabelledText]:
        """Read a copy that has title and body in one text, and stars counted from 0."""
        if not self.review_title:
            problem = "review_title: false needs a column for the title, this copy has one text a review"
            raise InputError(problem, path=path, remedy="Remove it, or set `source` to the published files.")
        for line, (text, label) in read_rows(path, ("text", "label")):
            yield checked_text(text, "text", path, line), label_number(label, _BY_NUMBER, path, line)

    def _chosen(self, texts: list[LabelledText], name: str, split: str) -> list[LabelledText]:
        return self.sample.draw(texts, name, split)
