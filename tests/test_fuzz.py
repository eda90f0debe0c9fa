"""A few damaged inputs for every reader; `fuzz_readers.py` tries many more."""

import random
import struct
import subprocess
import sys
import time
from contextlib import suppress

import fuzz_readers
import pytest
from fuzz.mutations import mutate
from fuzz.targets import Target, all_targets

from mosecrot_core.errors import InputError, MosecrotError

# Damaged zip archives have names twice, damaged arrays absurd shapes: libraries warn before they refuse.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
COUNT = {"runs": 60, "checkpoints": 30}


@pytest.fixture(scope="module")
def targets():
    return {f"{target.kind}/{target.name}": target for target in all_targets()}


@pytest.mark.parametrize("kind", fuzz_readers.KINDS)
def test_readers_return_or_refuse(kind, targets, tmp_path):
    chosen = [target for target in targets.values() if target.kind == kind]
    assert chosen
    for target in chosen:
        for seed in target.seeds:
            fuzz_readers.write_files(tmp_path / "input", seed)
            target.read(tmp_path / "input")  # what is not damaged is read
        rng, refused = random.Random(target.name), 0
        for _ in range(COUNT.get(kind, 120)):
            files = mutate(rng.choice(target.seeds), rng, target.seeds)
            fuzz_readers.write_files(tmp_path / "input", files)
            with suppress(MosecrotError):  # whatever else is raised fails the test
                target.read(tmp_path / "input")
                continue
            refused += 1
        assert refused or target.name == "trainer", "what damages nothing tests nothing"


def test_the_campaign_tells_findings_from_refusals(tmp_path):
    def read(folder):
        content = (folder / "a").read_bytes()
        if content == b"refused":
            raise InputError("no list")
        if content == b"long":
            raise MosecrotError("x" * 6_000)
        if content != b"read":
            raise ValueError(content)

    (tmp_path / "counts").write_bytes(bytes(40))
    one = fuzz_readers.OneReader(Target("x", "y", [], read), tmp_path, tmp_path / "found")
    for content in (b"read", b"refused", b"other", b"another", b"long"):
        one.run({"a": content})
    ran, returned, refused, findings, _ = struct.unpack("<5q", (tmp_path / "counts").read_bytes())
    assert (ran, returned, refused, findings) == (5, 1, 2, 3)
    found = {place.name: (place / "input" / "a").read_bytes() for place in (tmp_path / "found").iterdir()}
    assert found == {"x-y-ValueError-check": b"other", "x-y-AssertionError-check": b"long"}, (
        "one of each place"
    )


@pytest.mark.parametrize(
    ("code", "ended"),
    [("pass", "done"), ("import os; os.abort()", "died -6"), ("import time; time.sleep(60)", "hang")],
)
def test_a_reader_that_dies_or_hangs_is_noticed(tmp_path, code, ended):
    counts = tmp_path / "counts"
    counts.write_bytes(struct.pack("<5q", 1, 1, 0, 0, 0))  # it has begun
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        assert fuzz_readers.watch(process, counts, hang=0.2, until=time.monotonic() + 60) == ended
