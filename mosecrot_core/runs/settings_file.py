"""Reading settings from a YAML file; whatever is wrong is named with its line."""

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError

from mosecrot_core.errors import InputError
from mosecrot_core.settings import Settings
from mosecrot_core.text_files import read_lines

_S = TypeVar("_S", bound=Settings)
_Location = tuple[int | str, ...]
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"
_LARGEST = 1 << 20
_MOST_NODES = 100_000


class Read(NamedTuple):
    """What a settings file says, before it is validated."""

    path: Path
    content: dict[str, Any]
    tree: yaml.Node | None
    """The same with its lines."""


def read_settings(path: Path, expected: str, profile: str | None = None) -> Read:
    """Read a YAML file.

    A file may hold, under `profiles`, other values for some of its keys by the name of a profile. A key of a
    chosen profile takes the whole place of the file's own; the name of what the file describes gets the
    profile's name behind it, unless the profile gives another.

    Args:
        path: The file.
        expected: What the file describes in words, for the message.
        profile: Which profile to take; none means the file as it stands.

    Raises:
        InputError: The file is missing, not UTF-8, not YAML, names a key twice, or has no such profile.
    """
    tree, content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{expected} expected", path=path, line=1, remedy="See experiments/demo.yaml.")
    profiles = content.pop("profiles", {})
    if profile is not None:
        chosen = _profile(profiles, profile, path)
        content = {**content, "name": f"{content.get('name')}-{profile}", **chosen}
        tree = _with_profile(tree, profile)
    return Read(path, content, tree)


def validated(kind: type[_S], read: Read) -> _S:
    """Make settings of what a file says.

    Raises:
        InputError: It does not fit; the message names the line.
    """
    try:
        return kind.model_validate(read.content)
    except ValidationError as error:
        raise _invalid(error, read.tree, read.path) from None


def line_of(read: Read, key: str) -> int | None:
    """Return the line of a key of the file; None if it is not there."""
    found = _child(read.tree, key)
    return None if found is None else found[0].start_mark.line + 1


def source_language(folder: Path) -> str:
    """Return the source language of the experiment that a run's folder was made from.

    Raises:
        InputError: The folder has no experiment.yaml, or one that names none.
    """
    path = folder / "experiment.yaml"
    _, content = read_yaml(path)
    source = content.get("source") if isinstance(content, dict) else None
    language = source.get("language") if isinstance(source, dict) else None
    if not isinstance(language, str):
        problem = "no source language can be read here"
        raise InputError(problem, path=path, remedy="Run the experiment again.")
    return language


def read_yaml(path: Path) -> tuple[yaml.Node | None, Any]:
    """Read a YAML file: its nodes, which know their lines, and its content.

    Raises:
        InputError: As `load_settings`; or it is too large, or would be with its aliases written out.
    """
    text = "\n".join(line for _, line in read_lines(path, _LARGEST, _LARGEST))
    if len(text) > _LARGEST:
        problem = f"settings of at most {_LARGEST:,} characters were expected, {len(text):,} came"
        raise InputError(problem, path=path, remedy="Is it the file you mean?")
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        if tree is not None and _nodes(tree, {}) > _MOST_NODES:
            problem = f"not valid YAML: with its aliases written out it has over {_MOST_NODES:,} values"
            raise InputError(problem, path=path, remedy="Correct it.")
        return tree, None if tree is None else loader.construct_document(tree)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, path) from error
    except RecursionError as error:
        raise InputError("not valid YAML: nested too deeply", path=path, remedy="Correct it.") from error


def _nodes(node: Any, known: dict[int, int]) -> int:
    """Count a node and all within it, those behind an alias each time; too many where it holds itself."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1  # until it is counted: met before, it is within itself
        within = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        parts = within if isinstance(node, yaml.CollectionNode) else ()
        known[id(node)] = 1 + sum(_nodes(part, known) for part in parts)
    return known[id(node)]


def _profile(profiles: object, name: str, path: Path) -> dict[str, Any]:
    """Return the keys of a profile."""
    named = profiles if isinstance(profiles, dict) else {}
    if not isinstance(named.get(name), dict):
        there_is = ", ".join(map(str, named)) or "none"
        raise InputError(
            f"there is no profile {name!r}; the file has {there_is}",
            path=path,
            remedy="Name one of them, or none for the file as it stands.",
        )
    return dict(named[name])


def _with_profile(tree: yaml.Node | None, name: str) -> yaml.MappingNode:
    """Put the keys of a profile before the file's own, so that they are found first."""
    profiles = _child(tree, "profiles")
    chosen = _child(profiles[1], name) if profiles else None
    pairs = [*(chosen[1].value if chosen else ()), *(tree.value if tree else ())]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs)


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, and takes keys as written: `no` is Norwegian, not false."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, str):
                value.encode()  # "\ud800" is half of a character
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            ArithmeticError,
        ) as error:  # `2001-99-99`, `!!int x`
            found = repr(node.value[:40]) if isinstance(node, yaml.ScalarNode) else "another"
            problem = f"a value of the type {node.tag.rpartition(':')[2]} expected, {found} found"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error
        else:
            return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):  # `!!map x`
            return super().construct_mapping(node, deep)
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if key.value in first:
                problem = f"key {key.value!r} is there twice, first in line {first[key.value]}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            first[key.value] = key.start_mark.line + 1
            key.tag = _TEXT
        return super().construct_mapping(node, deep)


def _not_yaml(error: yaml.YAMLError, text: str, path: Path) -> InputError:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        problem, line = error.problem or error.context, mark.line + 1 if mark else None
    else:
        problem, line = (
            "a character that YAML forbids",
            text.count("\n", 0, getattr(error, "position", 0)) + 1,
        )
    return InputError(f"not valid YAML: {problem}", path=path, line=line, remedy="Correct it.")


def _invalid(error: ValidationError, tree: yaml.Node | None, path: Path) -> InputError:
    """Turn pydantic's first finding into one line that names the place in the file."""
    found = error.errors(include_url=False)[0]
    location, kind, context = tuple(found["loc"]), found["type"], found.get("ctx", {})
    came = context.get("tag", found["input"])
    if kind.startswith("union_tag") and isinstance(found["input"], dict):
        key = str(context["discriminator"]).strip("'")
        location = (*location, "kind" if key == "_kind()" else key)
        kind = kind if "tag" in context else "missing"
    line, names = _way(tree, location, 1)
    if kind == "missing":
        names = [*names, location[-1]]
    place = ".".join(map(str, names)) or "the experiment"
    if kind in ("extra_forbidden", "missing"):
        problem = f"unknown key {place!r}" if kind == "extra_forbidden" else f"{place!r} is missing"
    else:
        problem = f"{place}: {_said(kind, found['msg'], context)}"
        problem += "" if isinstance(came, dict) else f", got {came!r}"[:120]
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return InputError(problem + more, path=path, line=line, remedy="See `mosecrot settings` for every key.")


def _said(kind: str, message: str, context: dict[str, Any]) -> str:
    if kind in ("model_type", "dict_type", "union_tag_not_found"):
        return "a mapping expected"
    if kind == "union_tag_invalid":
        return f"one of {context['expected_tags']} expected"
    return message.removeprefix("Value error, ")


def _way(node: Any, location: _Location, line: int) -> tuple[int, list[int | str]]:
    """Find the line that pydantic's location means, and the location without what is not in the file.

    The location also holds the tags of unions. A tag may be spelled like a key (task `files` has a key
    `files`), so both are tried, and the way that reaches the end is the right one, else the longer one.

    Args:
        node: Where the location starts.
        location: Keys and tags.
        line: Of the key that the node belongs to.
    """
    if not location:
        return line, []
    step, rest = location[0], location[1:]
    without = _way(node, rest, line)
    child = _child(node, step)
    if child is None:
        return without
    deeper, names = _way(child[1], rest, child[0].start_mark.line + 1)
    within = deeper, [step, *names]
    return max(within, without, key=lambda way: (way[1][-1:] == [location[-1]], len(way[1])))


def _child(node: Any, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key (the item itself in a list) and the value that a step leads to."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
