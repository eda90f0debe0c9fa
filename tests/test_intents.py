"""Household requests: splits by template, no sentence twice, the same draw in every process."""

import functools
import os
import random
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks import intents as module
from mosecrot_core.learning.tasks.corpus import SPLITS, LabelledCorpus
from mosecrot_core.learning.tasks.households import HOUSEHOLDS, NO_HOUSEHOLD, Household
from mosecrot_core.learning.tasks.intents import IntentSettings, normalised, split_templates
from mosecrot_core.learning.tasks.sentence_walk import Template, Walker

needs_data = pytest.mark.skipif(
    find_spec("hassil") is None or find_spec("home_assistant_intents") is None,
    reason="the packages hassil and home-assistant-intents are not installed: pip install 'mosecrot[demo]'",
)
LANGUAGES = ("en", "fr", "fi")
SMALL = ("HassTurnOn", "HassTurnOff", "HassStartTimer")


@functools.cache
def corpus() -> LabelledCorpus:
    return IntentSettings().load(LANGUAGES)


@needs_data
def test_sizes_and_balance():
    found = corpus()
    assert len(found.label_names) >= 18
    assert list(found.label_names) == sorted(found.label_names)
    for language in LANGUAGES:
        for split, least, most in (("train", 600, 900), ("dev", 150, 250), ("test", 300, 400)):
            part = found.get(language, split)
            assert least <= len(part) <= most, (language, split)
            counts = Counter(part.labels)
            assert set(counts) == set(range(len(found.label_names)))
            assert min(counts.values()) >= IntentSettings().min_sentences


@needs_data
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_twice_in_a_language(language):
    texts = [normalised(text) for split in SPLITS for text in corpus().get(language, split).texts]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text
        assert not re.search(r"[<>{}\[\]|~]", text)


@needs_data
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_in_two_splits(language, monkeypatch):
    """Record which templates each split of an intent draws from."""
    used: list[dict[str, set[str]]] = []

    def recorded(*arguments):
        parts = split_templates(*arguments)
        used.append(
            {split: {" ".join(t.text.split()).casefold() for t in part} for split, part in parts.items()}
        )
        return parts

    monkeypatch.setattr(module, "split_templates", recorded)
    IntentSettings(intents=SMALL, min_intents=3).load([language])
    assert len(used) == 3
    for parts in used:
        assert all(parts.values())
        assert not parts["train"] & parts["dev"]
        assert not parts["train"] & parts["test"]
        assert not parts["dev"] & parts["test"]


@needs_data
def test_same_draw_in_two_processes_and_another_for_another_seed():
    code = (
        "import hashlib; from mosecrot_core.learning.tasks.intents import *;"
        f"c = IntentSettings(intents={SMALL}, min_intents=3).load(['en', 'fi']);"
        "print(hashlib.sha256(repr(sorted(c.splits.items())).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    one, two = (
        IntentSettings(intents=SMALL, min_intents=3, seed=seed).load(["en"]).get("en", "train").texts
        for seed in (0, 1)
    )
    assert set(one) != set(two)


@needs_data
def test_a_language_without_household_uses_only_what_its_data_offers():
    found = IntentSettings(min_intents=3).load(["es"])
    texts = found.get("es", "train").texts
    assert "HassStartTimer" in found.label_names
    assert not any("{" in text for text in texts)


@needs_data
@pytest.mark.parametrize(
    ("language", "pattern"),
    [
        ("en", r"\b(the|my) (the|my)\b|\ban timer\b|in \w+ floor"),
        ("fr", r"\b(de|à) le\b|\b(le|au) (cuisine|chambre|lampe|cave)\b|\bla (salon|bureau|portail)\b"),
        ("fi", r"keittiössa|saunassä|huonessa|\bmitkä \w+ on\b|keittiö (valo|lamppu)"),
    ],
)
def test_known_blunders_do_not_come_through(language, pattern):
    texts = [text for split in SPLITS for text in corpus().get(language, split).texts]
    assert [text for text in texts if re.search(pattern, text.casefold())] == []


@needs_data
def test_errors_say_which_and_what_to_do():
    with pytest.raises(InputError, match=r"'xx'.*Use one of: .*fi.*fr"):
        IntentSettings().load(["xx"])
    with pytest.raises(
        InputError, match=r"12 intents expected, 1 can be split .* in en, fi: HassTurnOn\. .*HassNope \(en"
    ):
        IntentSettings(intents=("HassTurnOn", "HassNope")).load(["en", "fi"])


@pytest.mark.parametrize("missing", ["hassil", "home_assistant_intents"])
def test_missing_package_is_named(monkeypatch, missing):
    real = module.importlib.util.find_spec
    monkeypatch.setattr(
        module.importlib.util, "find_spec", lambda name: None if name == missing else real(name)
    )
    if missing == "home_assistant_intents" and real("hassil") is None:
        pytest.skip("hassil is not installed either")
    with pytest.raises(InputError, match=r"pip install 'mosecrot\[demo\]'") as caught:
        IntentSettings().load(["en"])
    assert missing.replace("_", "-") in str(caught.value)


@pytest.mark.parametrize("language", HOUSEHOLDS)
def test_household_patterns_compile_and_names_are_lower_case_or_proper(language):
    household = HOUSEHOLDS[language]
    for pattern in (*household.impossible, *(pattern for pattern, _ in household.spelling)):
        re.compile(pattern)
    assert all(names for names in household.names.values())


@needs_data
def test_walk_reaches_every_sentence_of_a_small_template():
    rules, lists = {"go": "(go|run)"}, {"place": {"values": [{"in": "home", "out": 1}, "to [the] sea"]}}
    walker = Walker(rules, lists, NO_HOUSEHOLD)
    template = Template("<go> {place:area} [now] ({3..4:n};soon)", rules={"go": "walk"})
    rng = random.Random(0)
    found = {walker.walk(template, rng) for _ in range(2000)}
    places = ("home", "to sea", "to the sea")
    tails = [f"{n} soon" for n in (3, 4)] + [f"soon {n}" for n in (3, 4)]
    assert found == {
        f"walk {place}{now} {tail}" for place in places for now in ("", " now") for tail in tails
    }


@needs_data
@pytest.mark.parametrize(
    ("text", "fillable"),
    [
        ("a {known}", True),
        ("a {number}", True),
        ("a {wild}", False),
        ("a {absent}", False),
        ("a <rule>", False),
        ("a <nowhere>", False),
        ("a <loop>", False),
        ("a [{wild}]", False),
        ("a {name}", False),
    ],
)
def test_templates_without_words_are_skipped(text, fillable):
    lists = {
        "known": {"values": ["x"]},
        "number": {"range": {"from": 1, "to": 2}},
        "wild": {"wildcard": True},
    }
    walker = Walker({"rule": "b {wild}", "loop": "c <loop>"}, lists, NO_HOUSEHOLD)
    assert walker.can_fill(Template(text)) is fillable


@needs_data
def test_names_follow_the_kind_of_device_and_impossible_sentences_are_refused():
    household = Household(
        names={"lock": ("gate",), "light": ("lamp",)},
        spelling=((r"\bthe the\b", "the"),),
        impossible=(r"^shut",),
    )
    walker = Walker({}, {}, household)
    rng = random.Random(0)
    template = Template("(shut|lock|the) the {name}", domains=frozenset({"lock"}))
    assert {walker.walk(template, rng) for _ in range(100)} == {None, "lock the gate", "the gate"}
    assert walker.walk(Template("{name}", domains=frozenset({"lock"})), rng) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(0, 1000))
def test_split_templates_shares_out_every_template_once(yields, seed):
    templates = {Template(f"t{number}"): count for number, count in enumerate(yields)}
    wanted = {"train": 40, "dev": 10, "test": 18}
    parts = split_templates(templates, wanted, random.Random(seed))
    if len(templates) < 3:
        assert parts == {"train": [], "dev": [], "test": []}
        return
    assert sorted(t.text for part in parts.values() for t in part) == sorted(t.text for t in templates)
    assert all(parts.values())
    assert len(parts["train"]) >= len(parts["dev"])


def test_normalised_ignores_case_punctuation_and_spacing():
    assert normalised("Quelle est la  température ?") == normalised("quelle est la température")
    assert normalised("5-minute timer") == normalised("5 minute Timer")
    assert normalised("kéttle") != normalised("kettle")
