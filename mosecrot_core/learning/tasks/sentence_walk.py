"""One random sentence from a `hassil` template: a walk down its expression tree."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mosecrot_core.learning.tasks.households import EVERYDAY_NUMBERS, Household

# A rule that refers to itself would recurse for ever.
_MAX_DEPTH = 40


@dataclass(frozen=True, eq=False)
class Template:
    """A sentence template of one intent.

    Args:
        text: The template, such as ``turn on [the] {name}``.
        domains: Kinds of device that ``{name}`` may stand for; empty = any.
        rules: Expansion rules that hold for this template only.
        lists: Lists that hold for this template only.
    """

    text: str
    domains: frozenset[str] = frozenset()
    rules: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Any] = field(default_factory=dict)


class Walker:
    """Expands the templates of one language.

    `hassil.sample` enumerates every sentence of a template, which explodes; a walk draws one.

    Args:
        rules: The expansion rules of the language, by name, as templates.
        lists: Its lists, as in the data of `home-assistant-intents`.
        household: Words that the data lacks and what a sentence may not look like.
    """

    def __init__(self, rules: Mapping[str, str], lists: Mapping[str, Any], household: Household) -> None:
        self._rules = {**rules, **household.rules}
        self._lists = {**lists, **{name: {"values": values} for name, values in household.lists.items()}}
        self._household = household
        self._spelling = [(re.compile(pattern), becomes) for pattern, becomes in household.spelling]
        self._impossible = [re.compile(pattern) for pattern in household.impossible]
        self._parsed: dict[str, Any] = {}

    def can_fill(self, template: Template) -> bool:
        """Return whether every list and rule that the template names has values (wildcards have none)."""
        try:
            names = set(self._list_names(self._parse(template.text), template))
        except LookupError:
            return False
        return all(self._has_values(name, template) for name in names)

    def walk(self, template: Template, rng: random.Random) -> str | None:
        """Return one sentence, or None where the walk ended in a sentence that nobody says."""
        text = self._expand(self._parse(template.text), template, rng)
        text = " ".join(text.split())
        for pattern, becomes in self._spelling:
            text = pattern.sub(becomes, text)
        folded = text.casefold()
        bare = any(folded in names for names in self._household.names.values())
        if bare or not text or any(pattern.search(folded) for pattern in self._impossible):
            return None
        return text

    def _parse(self, text: str) -> Any:
        from hassil.parse_expression import parse_sentence

        if text not in self._parsed:
            self._parsed[text] = parse_sentence(text).expression
        return self._parsed[text]

    def _rule(self, name: str, template: Template) -> Any:
        return self._parse(template.rules[name] if name in template.rules else self._rules[name])

    def _list_names(self, node: Any, template: Template, depth: int = 0) -> Iterator[Any]:
        """Yield the list references below a node; KeyError for a rule that does not exist."""
        if depth > _MAX_DEPTH:
            raise LookupError("the expansion rules refer to each other in a circle")
        kind = type(node).__name__
        if kind == "ListReference":
            yield node.list_name if not node.is_inline_range else None
        elif kind == "RuleReference":
            yield from self._list_names(self._rule(node.rule_name, template), template, depth + 1)
        elif kind != "TextChunk":
            for item in node.items:
                yield from self._list_names(item, template, depth + 1)

    def _has_values(self, name: str | None, template: Template) -> bool:
        if name is None:
            return True
        if name == "name":
            return bool(self._device_names(template))
        found = template.lists.get(name) or self._lists.get(name) or {}
        return bool(found.get("values") or found.get("range"))

    def _expand(self, node: Any, template: Template, rng: random.Random) -> str:
        # By the name of its class: hassil is optional, so nothing of it is imported with this module.
        match type(node).__name__:
            case "TextChunk":
                return str(node.original_text)
            case "RuleReference":
                return self._expand(self._rule(node.rule_name, template), template, rng)
            case "ListReference":
                return self._value(node, template, rng)
            case "Alternative":
                return self._expand(rng.choice(node.items), template, rng)
            case "Permutation":
                items = rng.sample(node.items, len(node.items))
                return "".join(self._expand(item, template, rng) for item in items)
            case _:
                return "".join(self._expand(item, template, rng) for item in node.items)

    def _value(self, node: Any, template: Template, rng: random.Random) -> str:
        if node.is_inline_range:
            start, stop, step = node.get_inline_range()
            return str(rng.randrange(start, stop + 1, step))
        if node.list_name == "name":
            return rng.choice(self._device_names(template))
        found = template.lists.get(node.list_name) or self._lists[node.list_name]
        if not found.get("values"):
            span = found["range"]
            whole = (span["from"], span["to"], span.get("step", 1))
            start, stop, step = EVERYDAY_NUMBERS.get(node.list_name, whole)
            return str(rng.randrange(start, stop + 1, step))
        value = rng.choice(found["values"])
        return self._expand(self._parse(value["in"] if isinstance(value, dict) else value), template, rng)

    def _device_names(self, template: Template) -> Sequence[str]:
        domains = sorted(template.domains or {"light", "switch", "fan"})
        return [name for domain in domains for name in self._household.names.get(domain, ())]
