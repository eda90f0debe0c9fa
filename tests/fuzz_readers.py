"""Whether damaged and hostile files are refused in a word: every reader, many times, in small memory.

    python tests/fuzz_readers.py vectors lexica --inputs 200000     # kinds or names of readers; none: all
    python tests/fuzz_readers.py --guided yaml                      # atheris looks for new branches

A reader must return, or raise MosecrotError: anything else, a process that dies, an input that takes too long
or memory beyond the limit is a finding. It is kept in a folder with its files and what was raised, one of
each place. Each reader runs in a process of its own, on files in memory. The inputs of a kind are dealt out
evenly to its readers; the same seed makes the same inputs, but for `--guided`: there atheris (pip install
atheris; the project does not depend on it) instruments `mosecrot_core` and keeps what reaches new branches.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from pathlib import Path

KINDS = ("vectors", "lexica", "tasks", "yaml", "runs", "uploads", "checkpoints")
ROOT = Path(__file__).parents[1]
_UNINSTRUMENTED = [
    "mosecrot_core.words.text_parser",
    "mosecrot_core.words.selection",
    "mosecrot_core.compiled",
]


def main() -> None:
    """Run the campaign, or (with --one) one reader of it."""
    options = _options()
    if options.one:
        _fuzz_one(options)
        return
    print("reader, inputs, returned, refused, findings, seconds, peak MiB", flush=True)
    sys.path.insert(0, str(ROOT))
    from fuzz.targets import all_targets

    chosen = [
        t for t in all_targets() if not options.what or t.kind in options.what or t.name in options.what
    ]
    for target in chosen:
        of_kind = sum(other.kind == target.kind for other in chosen)
        _run_apart(target.kind, target.name, -(-options.inputs // of_kind), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help=f"{', '.join(KINDS)}, or names of readers; none: all")
    parser.add_argument("--inputs", type=int, default=200_000, help="of a kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--guided", action="store_true", help="let atheris guide")
    parser.add_argument(
        "--hang", type=float, default=10.0, help="seconds of a processor that an input may take"
    )
    parser.add_argument(
        "--memory", type=int, default=2048, help="MiB that a reader may take beyond its imports"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="for a reader")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _run_apart(kind: str, name: str, inputs: int, options: argparse.Namespace) -> None:
    """Fuzz one reader in a process, started again with another seed where an input kills or stops it."""
    done, results, began = 0, Counter[str](), time.monotonic()
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    peak, seed = 0, options.seed
    while done < inputs and time.monotonic() - began < 60 * options.minutes:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            command = [
                sys.executable, __file__, "--one", f"{kind}/{name}", "--inputs", str(inputs - done),
                "--seed", str(seed), "--memory", str(options.memory), "--folder", folder,
                "--findings", str(options.findings.absolute()),
                *(["--guided"] if options.guided else []),
            ]  # fmt: skip
            counts = Path(folder) / "counts"
            counts.write_bytes(bytes(_COUNTS.size))
            with subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=(Path(folder) / "said").open("wb")
            ) as process:
                ended = watch(process, counts, options.hang, began + 60 * options.minutes)
            ran, returned, refused, findings, peak_now = _COUNTS.unpack(counts.read_bytes())
            done, peak, seed = done + ran, max(peak, peak_now), seed + 1
            results.update(returned=returned, refused=refused, findings=findings)
            if ended not in ("done", "time is up"):
                results["findings"] += 1
                said = (Path(folder) / "said").read_text(errors="replace")[-4000:]
                _keep(
                    options.findings,
                    f"{kind}-{name}-{ended.replace(' ', '-')}",
                    Path(folder) / "input",
                    f"{ended}\n{said}",
                )
            if ran == 0:
                break
    took = time.monotonic() - began
    said = (done, results["returned"], results["refused"], results["findings"], f"{took:.0f}", peak)
    print(f"{kind}/{name}", *said, sep=", ", flush=True)


_COUNTS = struct.Struct("<5q")


def watch(process: subprocess.Popen[bytes], counts: Path, hang: float, until: float) -> str:
    """Wait for a process; say how it ended.

    Its own processor time counts, since others may keep the machine; and for one that only waits, twenty
    times as much by the clock. One that starts (imports) has two minutes.
    """
    last, since, started = b"", (time.monotonic(), 0.0), False
    while (code := process.poll()) is None:
        time.sleep(0.2)
        now = counts.read_bytes()
        if now != last:
            started = started or _COUNTS.unpack(now)[0] > 0
            last, since = now, (time.monotonic(), _processor_time(process.pid))
        elif _processor_time(process.pid) - since[1] > (hang if started else 120) or (
            time.monotonic() - since[0] > 20 * (hang if started else 120)
        ):
            process.kill()
            return "hang"
        if time.monotonic() > until:
            process.kill()
            return "time is up"
    return "done" if code == 0 else f"died {code}"


def _processor_time(process: int) -> float:
    """Return the seconds that a process has had; 0 where the system does not tell, or it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _keep(findings: Path, name: str, files: Path, said: str) -> None:
    place = findings / name
    if place.exists():
        return
    place.mkdir(parents=True)
    if files.is_dir():
        shutil.copytree(files, place / "input", symlinks=True)
    (place / "said.txt").write_text(said, encoding="utf-8", errors="backslashreplace")


def _fuzz_one(options: argparse.Namespace) -> None:
    """Fuzz one reader here, in bounded memory; what is found is kept, and the search goes on."""
    sys.path.insert(0, str(ROOT))
    if options.guided:
        import atheris

        with atheris.instrument_imports(include=["mosecrot_core"], exclude=_UNINSTRUMENTED):
            target = _target(options.one)
    else:
        target = _target(options.one)
    one = OneReader(target, options.folder, options.findings)
    one.run(target.seeds[0])  # what it imports late is in memory from here on
    _limit_memory(options.memory)
    if options.guided:
        _guided(one, target, options)
    else:
        from fuzz.mutations import mutate

        rng = random.Random(options.seed)
        for _ in range(options.inputs):
            one.run(mutate(rng.choice(target.seeds), rng, target.seeds))


def _target(name: str):
    from importlib import import_module

    from mosecrot_core.words import text_parser, vectors  # noqa: F401  # compiled before memory is limited

    kind, _, own = name.partition("/")
    modules = {"lexica": "lexicon", "yaml": "run"}
    found = import_module(f"fuzz.{modules.get(kind, kind.removesuffix('s'))}_targets").targets()
    return next(target for target in found if (target.kind, target.name) == (kind, own))


def _limit_memory(mebibytes: int) -> None:
    status = Path("/proc/self/statm")
    if not status.exists():
        return
    used = int(status.read_text().split()[0]) * resource.getpagesize()
    limit = used + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class OneReader:
    """Writes inputs, has them read, and counts how that ended."""

    def __init__(self, target, folder: Path, findings: Path) -> None:
        self._target, self._findings = target, findings
        self._folder = folder / "input"
        self._counts = (folder / "counts").open("r+b", buffering=0)
        self._numbers = [0, 0, 0, 0, 0]

    def run(self, files: dict[str, bytes]) -> None:
        """Read one input."""
        from mosecrot_core.errors import MosecrotError

        write_files(self._folder, files)
        try:
            self._target.read(self._folder)
            self._numbers[1] += 1
        except MosecrotError as error:
            self._numbers[2] += 1
            said = str(error)
            if not said.strip() or len(said) > 5_000:
                self._found(AssertionError(f"a message of {len(said)} characters"))
            said.encode()
        except Exception as error:  # every other one is what is looked for
            self._found(error)
        self._numbers[0] += 1
        if self._numbers[0] % 200 == 1:
            self._numbers[4] = _peak_memory()
        self._counts.seek(0)
        self._counts.write(_COUNTS.pack(*self._numbers))

    def _found(self, error: Exception) -> None:
        self._numbers[3] += 1
        places = [f for f in traceback.extract_tb(error.__traceback__) if "mosecrot_core" in f.filename]
        place = f"{Path(places[-1].filename).stem}-{places[-1].lineno}" if places else "check"
        name = f"{self._target.kind}-{self._target.name}-{type(error).__name__}-{place}"
        said = "".join(traceback.format_exception(error, limit=-12, chain=False))[-6_000:]
        _keep(self._findings, name, self._folder, said)


def _peak_memory() -> int:
    """Return the most memory that this process has had, in MiB; that of `getrusage` may be its parent's."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files of an input into a folder, in the place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _guided(one: OneReader, target, options: argparse.Namespace) -> None:
    """Let libFuzzer choose, through atheris, what is damaged further; an input is one string there."""
    import atheris
    from fuzz.mutations import mutate

    names = sorted({name for seed in target.seeds for name in seed})

    def packed(files: dict[str, bytes]) -> bytes:
        return b"".join(
            struct.pack("<i", len(files[n]) if n in files else -1) + files.get(n, b"") for n in names
        )

    def unpacked(data: bytes) -> dict[str, bytes]:
        files, place = {}, 0
        for name in names:
            length = int.from_bytes(data[place : place + 4], "little", signed=True)
            if length >= 0:
                files[name] = data[place + 4 : place + 4 + length]
            place += 4 + max(length, 0)
        return files

    def damaged(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        files = unpacked(data) if rng.random() < 0.6 else rng.choice(target.seeds)
        found = packed(mutate(files or target.seeds[0], rng, target.seeds))
        return found if len(found) <= most else data

    corpus = options.folder / "corpus"
    corpus.mkdir()
    for seed in target.seeds:
        (corpus / f"{zlib.crc32(packed(seed)):08x}").write_bytes(packed(seed))
    arguments = [
        sys.argv[0], f"-runs={options.inputs}", f"-seed={options.seed + 1}", "-max_len=300000",
        "-timeout=1000", "-rss_limit_mb=0", "-malloc_limit_mb=0", "-len_control=0", str(corpus),
    ]  # fmt: skip
    atheris.Setup(arguments, lambda data: one.run(unpacked(data)), custom_mutator=damaged)
    atheris.Fuzz()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
