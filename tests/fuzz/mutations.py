"""How a valid input is damaged: bytes, lines, numbers, and what lies inside gzip, zip, JSON and Parquet."""

import copy
import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import yaml

Files = dict[str, bytes]
"""The files of an input by name, relative to its folder."""
LARGEST = 1 << 17
"""Bytes of a file of an input, unpacked: a campaign wants many, not large ones."""

_INTERESTING = [
    b"", b"\0", b"\r\n", b"\r", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\x1c", b"\x0c", b"\xc2\xa0", b"\t", b"\t\t", b" ", b"  ", b'"',
    b"'", b"`", b"\\", b"\\u0000",
    b"\\ud800", b"%", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"&#0;", b"&lol;", b"<![", b"<!--",
    b"<!DOCTYPE a [", b"<?xml",
    b"0", b"-1", b"-0", b"1", b"255", b"65536", b"2147483647", b"2147483648", b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808", b"99999999999999999999999", b"9" * 5000, b"NaN", b"nan", b"inf", b"-Infinity",
    b"1e999", b"1e-999", b"0x10",
    b"1_000", b"1.5", b"true", b"null", b"~", b"no", b"\xd9\xa3", b"\xef\xbc\x91", b"\xc2\xb2",
    b"../../../etc/passwd", b"/etc/passwd",
    b"C:\\x", b"package:os", b"package:../x", b"*a", b"&a ", b"<<: *a", b"!!python/object/apply:os.system",
    b"!!int ", b"!!map ",
    b"!!timestamp ", b"!!binary ", b"!!set ", b"2001-99-99", b"- ", b": ", b"#", b"---\n", b"...\n",
    b"%YAML 9.9\n", b"? ", b"|\n", b"1:60:60",
]  # fmt: skip
_NUMBERS = [
    0,
    1,
    2,
    127,
    128,
    255,
    256,
    65_535,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    1 << 62,
    (1 << 63) - 1,
    (1 << 64) - 1,
]
_DIGITS = re.compile(rb"\d+")
_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 1.5, 1e308, float("nan"), float("inf"), 10**30, 10**400, "", "x", "no",
    "\ud800", "a\0b", "0" * 5000,
    [], {}, [[]], [None], ["x", 1], {"": None}, {"a": {"b": []}}, "../x", "/etc/passwd", "package:os",
    "http://x/y",
]  # fmt: skip


def mutate(files: Files, rng: random.Random, others: Sequence[Files] = ()) -> Files:
    """Damage one or two files of an input, each once or a few times; rarely one is missing."""
    damaged = dict(files)
    for _ in range(1 + (rng.random() < 0.15)):
        name = rng.choice(sorted(damaged))
        content = damaged[name]
        if rng.random() < 0.01:
            damaged.pop(name)
            if not damaged:
                damaged[name] = b""
            continue
        spare = [other[name] for other in others if name in other]
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            content = _once(content, rng, spare)
        damaged[name] = content[:LARGEST]
    return damaged


def _once(content: bytes, rng: random.Random, spare: Sequence[bytes]) -> bytes:
    """Damage what lies inside a container, or the bytes as they are."""
    if rng.random() < 0.6:
        for begins, inside in _CONTAINERS:
            if begins(content):
                try:
                    return inside(content, rng)
                except _BROKEN:
                    break
    if rng.random() < 0.3 and (changed := _json(content, rng)) is not None:
        return changed
    if rng.random() < 0.01:
        return gzip.compress(content, 1)
    if spare and rng.random() < 0.08:
        other = rng.choice(spare)
        return content[: rng.randint(0, len(content))] + other[rng.randint(0, len(other)) :]
    return rng.choice(_ON_BYTES)(content, rng)


_BROKEN = (
    OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, NotImplementedError,
    RuntimeError, struct.error, OverflowError,
    RecursionError, MemoryError, TypeError,
)  # fmt: skip


def _flip(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randint(0, len(content))]


def _remove(content: bytes, rng: random.Random) -> bytes:
    start = rng.randint(0, len(content))
    return content[:start] + content[start + rng.choice((1, 1, 4, 16, 100)) :]


def _insert(content: bytes, rng: random.Random) -> bytes:
    start = rng.randint(0, len(content))
    return content[:start] + rng.choice(_INTERESTING) + content[start:]


def _overwrite(content: bytes, rng: random.Random) -> bytes:
    start, what = rng.randint(0, len(content)), rng.choice(_INTERESTING)
    return content[:start] + what + content[start + len(what) :]


def _number(content: bytes, rng: random.Random) -> bytes:
    found = list(_DIGITS.finditer(content))
    if not found:
        return _insert(content, rng)
    place = rng.choice(found)
    number = str(rng.choice(_NUMBERS)).encode() if rng.random() < 0.5 else rng.choice(_INTERESTING)
    return content[: place.start()] + number + content[place.end() :]


def _binary_number(content: bytes, rng: random.Random) -> bytes:
    """Write a number of 1 to 8 bytes over what is there, often near the beginning, where headers are."""
    width = rng.choice((1, 2, 4, 4, 8, 8))
    start = rng.randrange(max(1, min(len(content), 64 if rng.random() < 0.5 else len(content))))
    number = (rng.choice(_NUMBERS) & ((1 << 8 * width) - 1)).to_bytes(width, rng.choice(("little", "big")))
    return content[:start] + number + content[start + width :]


def _lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            lines[a], lines[b] = lines[b], lines[a]
        case 1:
            lines[a:a] = [lines[b][:1_000]] * rng.choice((1, 2, 300))
        case 2:
            del lines[a]
        case 3:
            lines[a] = (lines[a][:1_000] * rng.choice((2, 50, 2_000)))[:LARGEST]
        case _:
            cells = lines[a].split(b"\t")
            cells.insert(rng.randint(0, len(cells)), rng.choice((b"", b"x", *cells)))
            lines[a] = b"\t".join(cells)
    return b"\n".join(lines)[:LARGEST]


def _nest(content: bytes, rng: random.Random) -> bytes:
    start, deep = rng.randint(0, len(content)), rng.choice((3, 50, 1_500, 20_000))
    opening = rng.choice(
        (b"[", b"{", b"(", b'{"a":', b"<a>", b"<li>", b"- ", b"? ", b"[[", b"{{", b"<![CDATA[")
    )
    return (content[:start] + opening * deep + content[start:])[:LARGEST]


def _encode(content: bytes, rng: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32", "utf-7", "cp1252")), "replace")


def _line_ends(content: bytes, rng: random.Random) -> bytes:
    return content.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\x85", b"\0", b"")))


_ON_BYTES: list[Callable[[bytes, random.Random], bytes]] = [
    _flip, _flip, _cut, _remove, _insert, _insert, _overwrite, _number, _number, _binary_number, _lines,
    _lines, _nest, _encode, _line_ends,
]  # fmt: skip


def _gzip(content: bytes, rng: random.Random) -> bytes:
    plain = zlib.decompressobj(31).decompress(content, LARGEST)
    if rng.random() < 0.02:
        plain += rng.choice((b"\0", b"a", b"a b\n", b"\n")) * (1 << 16)  # a small bomb
    return gzip.compress(_once(plain, rng, ()), 1)


def _zip(content: bytes, rng: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(member.filename, archive.read(member)[:LARGEST]) for member in archive.infolist()[:50]]
    place = rng.randrange(len(members) or 1)
    name, data = members.pop(place) if members else ("x", b"")
    match rng.randrange(8):
        case 0:
            name = rng.choice(("../" + name, "/" + name, "..\\" + name, "\ud7ff" + name, name * 50, ""))
        case 1:
            members += [(name, data)]
        case 2:
            data = rng.choice((b"\0", b"a", b"a\tb\n")) * (1 << 16)
        case _:
            data = _once(data, rng, ())
    members.insert(place, (name, data))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, data in members:
            archive.writestr(name or "_", data)
    return out.getvalue()


def _safetensors(content: bytes, rng: random.Random) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header, rest = content[8 : 8 + length], content[8 + length :]
    changed = _json(header.strip(), rng) or rng.choice(_ON_BYTES)(header, rng)
    if rng.random() < 0.3:
        rest = rng.choice(_ON_BYTES)(rest, rng)
    if rng.random() < 0.8:
        changed = changed.ljust(length)
    return struct.pack("<Q", len(changed)) + changed + rest


def _parquet(content: bytes, rng: random.Random) -> bytes:
    """Write the table again with a column of other values, without one, twice, or with none of the rows."""
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(content))
    if not table.num_columns:
        raise ValueError("no column")
    place = rng.randrange(table.num_columns)
    name = table.column_names[place]
    match rng.randrange(10):
        case 0:
            table = table.remove_column(place)
        case 1:
            table = table.append_column(name, table.column(place))
        case 2:
            table = table.slice(0, rng.choice((0, 1)))
        case 3:
            names = list(table.column_names)
            names[place] = rng.choice(("", "x", "text", "label", "language", name.upper()))
            table = table.rename_columns(names)
        case _:
            values = [rng.choice(_CELLS) for _ in range(rng.randint(1, 2))]
            cells = [rng.choice(values) for _ in range(table.num_rows)]
            try:
                column = pa.array(cells)
            except (pa.ArrowException, OverflowError, UnicodeError):
                column = pa.array([str(type(cell)) for cell in cells])
            table = table.set_column(place, name, column)
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


_CELLS: list[Any] = [
    None, 0, -1, 3, 2**62, 0.5, float("nan"), float("inf"), "", "x", "fr", "NaN", b"\xff", True, [], ["x"],
    ["B-PER", "O"], [0, 1],
    [None], [1, None], [[1]], {"a": 1}, "a\0b", "3:nsubj", "1:xx", ":", "x" * 300, "../../x",
]  # fmt: skip


@lru_cache(maxsize=256)
def _parsed(content: bytes) -> Any:
    """Read JSON, or YAML where it looks like a mapping; None where it is neither."""
    if content[:1] in b"{[":
        return json.loads(content)
    if re.match(rb"[A-Za-z_]+: ", content):
        loaded = yaml.safe_load(content)
        return loaded if isinstance(loaded, dict) else None
    return None


def _json(content: bytes, rng: random.Random) -> bytes | None:
    """Change one value or key of a JSON or YAML document, or of a line of JSON lines."""
    if len(content) > 8_000:
        return None
    lines = content.split(b"\n") if content[:1] == b"{" and b"}\n{" in content else [content]
    place = rng.randrange(len(lines))
    try:
        found = copy.deepcopy(_parsed(lines[place]))
    except (ValueError, RecursionError, yaml.YAMLError, TypeError, AttributeError, LookupError):
        return None
    if not isinstance(found, dict | list):
        return None
    _change(found, rng)
    try:
        changed = json.dumps(found, ensure_ascii=rng.random() < 0.8, default=str)
    except (ValueError, RecursionError, TypeError):  # YAML may hold itself, or have keys that are no text
        return None
    lines[place] = changed.encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _change(node: Any, rng: random.Random) -> None:
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    if not keys:
        return
    key = rng.choice(keys)
    if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.75:
        _change(node[key], rng)
        return
    if isinstance(node, dict) and rng.random() < 0.3:
        value = node.pop(key)
        if rng.random() < 0.7:
            node[rng.choice(("", "x", "name", "kind", str(key) + "s"))] = value
        return
    node[key] = copy.deepcopy(rng.choice(_VALUES))


_CONTAINERS: list[tuple[Callable[[bytes], bool], Callable[[bytes, random.Random], bytes]]] = [
    (lambda content: content[:2] == b"\x1f\x8b", _gzip),
    (lambda content: content[:4] == b"PK\x03\x04", _zip),
    (lambda content: content[:4] == b"PAR1", _parquet),
    (lambda content: content[8:9] == b"{" and len(content) > 16, _safetensors),
]
