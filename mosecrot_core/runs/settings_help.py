"""`mosecrot settings`: every key of an experiment file, from the settings objects themselves."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from mosecrot_core.runs.experiment import Experiment

Schema = dict[str, Any]


def print_settings() -> None:
    """Print the keys by group, each with its default and meaning."""
    schema = Experiment.model_json_schema()
    console = Console()
    for title, group in {"Experiment": schema, **schema["$defs"]}.items():
        if "properties" not in group:
            continue
        console.print(f"[bold]{title}[/bold]  {_one_line(group)}", highlight=False)
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
        for row in _rows(group):
            table.add_row(*row)
        console.print(table, highlight=False)


def _rows(group: Schema) -> Iterator[tuple[str, str, str]]:
    for key, value in group["properties"].items():
        needed = key in group.get("required", [])
        yield key, _kind(value) if needed else _default(value), _one_line(value)


def _default(value: Schema) -> str:
    default = value.get("default")
    if isinstance(default, dict) and default:
        return _kind(value)
    if default is None and (groups := _groups(value)):
        return f"= none or {groups}"
    listed = [choice for option in (value, *value.get("anyOf", [])) for choice in option.get("enum", [])]
    choices = [str(choice) for choice in listed if choice != default]
    return " | ".join([f"= {'none' if default in (None, {}) else default}", *choices])


def _kind(value: Schema) -> str:
    """Say what a key takes: another group, or a kind of value."""
    if groups := _groups(value):
        return groups
    return f"= {value['const']}" if "const" in value else f"({value.get('type', 'value')}, needed)"


def _groups(value: Schema) -> str:
    """Name the groups of keys that a key takes; empty for none."""
    named = [value.get("additionalProperties", {}), *value.get("patternProperties", {}).values()]
    options = [value, *value.get("anyOf", []), *value.get("oneOf", []), *named]
    options += [inner for option in options if isinstance(option, dict) for inner in option.get("oneOf", [])]
    groups = [str(o["$ref"]).rsplit("/", 1)[-1] for o in options if isinstance(o, dict) and "$ref" in o]
    by_name = "by name: " if value.get("type") == "object" else ""
    return f"({by_name}{' | '.join(dict.fromkeys(groups))})" if groups else ""


def _one_line(value: Schema) -> str:
    return " ".join(str(value.get("description", "")).split())
