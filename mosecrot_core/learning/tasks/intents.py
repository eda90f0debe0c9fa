"""Labelled household requests in many languages, drawn from Home Assistant's sentence templates.

The templates are the data of the package `home-assistant-intents` (Home Assistant contributors, CC BY 4.0,
https://github.com/OHF-Voice/intents); only its JSON files are read. A template such as
``<turn> on [<the>] {area} <light>`` is parsed with `hassil` and expanded by a seeded random walk.

The templates are written to recognise speech, so they also accept ungrammatical sentences. `households/`
adds the words a home provides (rooms, devices) and narrows the walks to grammatical readings for English,
French and Finnish; other languages are walked as they are, without the templates that need such words.
"""

import importlib.util
import json
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask, TaskInputs
from mosecrot_core.learning.tasks.corpus import SPLITS, LabelledCorpus, LabelledTexts
from mosecrot_core.learning.tasks.households import HOUSEHOLDS, NO_HOUSEHOLD
from mosecrot_core.learning.tasks.sentence_walk import Template, Walker
from mosecrot_core.settings import Settings

_INSTALL = "Install them with: pip install 'mosecrot[demo]'"
_SHARES = {"train": 0.6, "dev": 0.15, "test": 0.25}
_FAILURES_PER_TEMPLATE = 100
_TRIAL_WALKS = 40
_ORDERS = 20


class SentencesPerIntent(Settings):
    """How many sentences of an intent a split holds at most; an intent that yields fewer gives fewer."""

    train: PositiveInt = 40
    """Sentences for fine-tuning."""
    dev: PositiveInt = 10
    """Sentences for choosing a checkpoint."""
    test: PositiveInt = 18
    """Sentences for the reported score."""


class IntentSettings(SentenceTask):
    """Which intents to draw and how many sentences of each."""

    name: Literal["home-assistant-intents"] = "home-assistant-intents"
    """The reader."""
    intents: tuple[str, ...] | None = None
    """Intents to use, such as `HassTurnOn`; None = all that every requested language can express."""
    min_intents: PositiveInt = 12
    """Fewer usable intents than this are an error."""
    sentences_per_intent: SentencesPerIntent = SentencesPerIntent()
    """Largest number of sentences per intent and split."""
    min_sentences: PositiveInt = 5
    """An intent is left out where one of its splits, in any language, yields fewer sentences."""
    max_templates: int = Field(default=60, ge=len(SPLITS))
    """At most so many templates of an intent are used in one language, drawn at random."""
    seed: int = 0
    """Seed of the walks; the same seed gives the same sentences on every machine."""

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Draw labelled sentences for every language; `base` plays no part.

        No template is shared between two splits of a language, no sentence (compared without case,
        punctuation and spacing) appears in two splits or under two intents of a language, and all splits are
        of similar size per intent. Labels are the intents in alphabetical order.

        Args:
            languages: Language codes as Home Assistant writes them, such as `en`, `fr`, `pt-BR`.
            base: Not used.

        Raises:
            InputError: The packages are not installed, a language is unknown, or too few intents remain.
        """
        del base
        drawn = {language: _draw_language(self, language) for language in dict.fromkeys(languages)}
        names = _usable(self, drawn)
        return LabelledCorpus(
            label_names=names,
            splits={
                (language, split): LabelledTexts(
                    texts=tuple(text for name in names for text in drawn[language][name][split]),
                    labels=tuple(
                        label for label, name in enumerate(names) for _ in drawn[language][name][split]
                    ),
                )
                for language in drawn
                for split in SPLITS
            },
        )

    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the sentences depend on: which intents are used depends on all languages."""
        del base
        return TaskInputs(
            settings=self.model_dump(mode="json"),
            languages={language: [language, *languages] for language in languages},
            packages=("home-assistant-intents", "hassil"),
        )


def _draw_language(settings: IntentSettings, language: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Draw intent -> split -> sentences; intents with fewer than three templates are left out."""
    data = _read(language)
    walker = Walker(
        data.get("expansion_rules", {}), data.get("lists", {}), HOUSEHOLDS.get(language, NO_HOUSEHOLD)
    )
    seen: set[str] = set()
    drawn = {}
    for intent in sorted(data["intents"]):
        if settings.intents is not None and intent not in settings.intents:
            continue
        # A string seeds the generator by its SHA-512: the same in every process.
        rng = random.Random(f"{settings.seed}/{language}/{intent}")  # noqa: S311 - sampling, not secrets
        templates = _templates(data["intents"][intent]["data"], walker, rng)
        wanted = settings.sentences_per_intent.model_dump()
        parts = split_templates(dict(list(templates.items())[: settings.max_templates]), wanted, rng)
        drawn[intent] = {
            split: _sentences(walker, part, wanted[split], rng, seen) for split, part in parts.items()
        }
    return drawn


def _read(language: str) -> dict[str, Any]:
    """Read a language's templates from the installed package, without importing it."""
    if importlib.util.find_spec("hassil") is None:
        raise InputError("the package hassil, which reads sentence templates, is missing", remedy=_INSTALL)
    package = importlib.util.find_spec("home_assistant_intents")
    if package is None or not package.submodule_search_locations:
        raise InputError("the package home-assistant-intents is missing", remedy=_INSTALL)
    folder = Path(package.submodule_search_locations[0]) / "data"
    path = folder / f"{language}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json")))
        raise InputError(f"no sentence templates for language {language!r}", remedy=f"Use one of: {known}.")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _templates(
    blocks: Sequence[Mapping[str, Any]], walker: Walker, rng: random.Random
) -> dict[Template, int]:
    """Return the templates that yield sentences, in random order, and about how many each yields.

    A template that several blocks repeat counts once.
    """
    merged: dict[str, Template] = {}
    for block in blocks:
        domains = block.get("requires_context", {}).get("domain", ())
        domains = frozenset([domains] if isinstance(domains, str) else domains)
        for text in block["sentences"]:
            key = " ".join(text.split()).casefold()
            earlier = merged.get(key)
            merged[key] = Template(
                text=earlier.text if earlier else text,
                domains=domains | earlier.domains if earlier else domains,
                rules=block.get("expansion_rules", {}),
                lists=block.get("lists", {}),
            )
    templates = [template for template in merged.values() if walker.can_fill(template)]
    rng.shuffle(templates)
    yields = {t: len({walker.walk(t, rng) for _ in range(_TRIAL_WALKS)} - {None}) for t in templates}
    return {template: count for template, count in yields.items() if count}


def split_templates(
    yields: Mapping[Template, int], wanted: Mapping[str, int], rng: random.Random
) -> dict[str, list[Template]]:
    """Share templates out: 60 % to train, 15 % to dev, 25 % to test, at least one each.

    Templates differ in how many sentences they can make, so of a few random orders the one is taken that
    leaves no split short. With fewer than three templates every split is empty.

    Args:
        yields: Template -> about how many sentences it makes.
        wanted: Split -> how many sentences it should hold.
        rng: Source of the orders.
    """
    if len(yields) < len(SPLITS):
        return {split: [] for split in SPLITS}
    dev, test = (max(1, round(_SHARES[split] * len(yields))) for split in ("dev", "test"))
    best: dict[str, list[Template]] = {}
    best_share = -1.0
    for _ in range(_ORDERS):
        order = rng.sample(list(yields), len(yields))
        parts = {"train": order[dev + test :], "dev": order[:dev], "test": order[dev : dev + test]}
        share = min(min(1.0, sum(yields[t] for t in parts[split]) / wanted[split]) for split in SPLITS)
        if share > best_share:
            best, best_share = parts, share
    return best


def _sentences(
    walker: Walker, templates: Sequence[Template], count: int, rng: random.Random, seen: set[str]
) -> tuple[str, ...]:
    """Draw up to `count` sentences from the templates in turn; a template that repeats itself drops out."""
    sentences: list[str] = []
    failures = dict.fromkeys(range(len(templates)), 0)
    while failures and len(sentences) < count:
        for index in list(failures):
            sentence = walker.walk(templates[index], rng)
            key = normalised(sentence or "")
            if key and key not in seen:
                seen.add(key)
                sentences.append(sentence or "")
                failures[index] = 0
            else:
                failures[index] += 1
                if failures[index] >= _FAILURES_PER_TEMPLATE:
                    del failures[index]
            if len(sentences) == count:
                break
    return tuple(sentences)


def normalised(text: str) -> str:
    """Return the text without case, punctuation and superfluous spacing: what makes two sentences the same.

    >>> normalised("What's  the time?")
    'what s the time'
    """
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _usable(
    settings: IntentSettings, drawn: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
) -> tuple[str, ...]:
    """Return the intents of which every language fills every split, in alphabetical order."""
    asked = settings.intents or tuple(name for intents in drawn.values() for name in intents)
    usable, refused = [], {}
    for name in sorted(set(asked)):
        short = [
            f"{language} {split}"
            for language, intents in drawn.items()
            for split in SPLITS
            if len(intents.get(name, {}).get(split, ())) < settings.min_sentences
        ]
        if short:
            refused[name] = short
        else:
            usable.append(name)
    if len(usable) < settings.min_intents:
        why = "; ".join(f"{name} ({', '.join(short)})" for name, short in refused.items())
        raise InputError(
            f"{settings.min_intents} intents expected, {len(usable)} can be split into train, dev and test "
            f"in {', '.join(drawn)}: {', '.join(usable) or 'none'}. Too few sentences in: {why}",
            remedy="Name fewer languages, or lower min_intents or min_sentences.",
        )
    return tuple(usable)
