"""Eight reviewers at once on the same pairs, killed at random; run as a program, it prints what came of it.

Each reviewer works through a plan that follows from its number alone, so that who is started again after a
kill repeats what it was at with the same token. What `decide` and `undo` returned is written down by the
reviewer itself, after they returned: that is what was acknowledged.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from itertools import islice
from pathlib import Path

from mosecrot_core.anchors.review import Reviews

LANGUAGES = ("en", "fr")
VERDICTS = ("accept", "reject", "correct")
UNDO_SHARE = 0.15
LARGEST_BATCH = 200
LONGEST_PAUSE = 0.02  # before writing down what was done, so that kills also fall in between


def plan(worker, n_pairs):
    """Yield (token, act, pairs, whether the worker has been through all pairs once) without end."""
    rng = random.Random(worker)
    turn = number = 0
    while True:
        order = list(range(n_pairs))
        rng.shuffle(order)
        while order:
            number += 1
            token = f"{worker}-{number}"
            if rng.random() < UNDO_SHARE:
                yield token, "undo", [], turn > 0
                continue
            size = rng.randint(1, LARGEST_BATCH)
            batch, order = order[:size], order[size:]
            yield token, rng.choice(VERDICTS), [(f"word{i}", f"mot{i}") for i in batch], turn > 0
        turn += 1


def work(folder, worker, n_pairs):
    """Do what the plan says after what was acknowledged, until told to stop."""
    log, stop = folder / f"{worker}.log", folder / "stop"
    log.touch()
    done = log.read_text().count("\n")
    reviews = Reviews(folder / "reviews.sqlite", LANGUAGES)
    for place, (token, act, pairs, once_through) in enumerate(plan(worker, n_pairs)):
        if place < done:
            continue
        if once_through and place > done and stop.exists():  # what a kill cut off is done first
            return
        if act == "undo":
            rows = reviews.undo(f"author{worker}", token)
            batch = int(rows["batch"].iloc[0]) if len(rows) else 0
        else:
            right = f"right{worker}" if act == "correct" else None
            batch = reviews.decide(pairs, act, f"author{worker}", correction=right, token=token)
        time.sleep(random.uniform(0, LONGEST_PAUSE))
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, f"{token} {act} {batch}\n".encode())
        os.close(descriptor)


def start(folder, worker, n_pairs):
    child = os.fork()
    if child == 0:
        try:
            work(folder, worker, n_pairs)
        except BaseException:
            (folder / f"{worker}.error").write_text(repr(sys.exc_info()[1]))
            os._exit(1)
        os._exit(0)
    return child


def kill_at_random(folder, n_workers, n_pairs, kills, seed):
    """Run the reviewers, kill one after another, start it again; wait until all are through."""
    rng = random.Random(seed)
    children = {worker: start(folder, worker, n_pairs) for worker in range(n_workers)}
    between = 0
    for _ in range(kills):
        time.sleep(rng.uniform(0.01, 0.15))
        worker = rng.randrange(n_workers)
        os.kill(children[worker], signal.SIGKILL)
        _, status = os.waitpid(children[worker], 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"worker {worker} ended by itself: {(folder / f'{worker}.error').read_text()}")
        between += was_between(folder, worker, n_pairs)
        children[worker] = start(folder, worker, n_pairs)
    (folder / "stop").touch()
    for worker, child in children.items():
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"worker {worker} failed: {(folder / f'{worker}.error').read_text()}")
    return between


def was_between(folder, worker, n_pairs):
    """Say whether the kill came after the commit and before the acknowledgement."""
    if not (folder / f"{worker}.log").exists():
        return False
    done = (folder / f"{worker}.log").read_text().count("\n")
    token, *_ = next(islice(plan(worker, n_pairs), done, None))
    return Reviews(folder / "reviews.sqlite", LANGUAGES).state_of(token) is not None


def judge(folder, n_workers, n_pairs):
    """Compare the file, read with plain SQL, with what was acknowledged and with the plans."""
    connection = sqlite3.connect(folder / "reviews.sqlite")
    batches = connection.execute("SELECT batch, token, author, undoes FROM batches ORDER BY batch").fetchall()
    rows = {}
    query = "SELECT batch, source, target, verdict, correction FROM decisions ORDER BY batch, number"
    for batch, *row in connection.execute(query):
        rows.setdefault(batch, []).append(tuple(row))
    (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    by_token = {}
    for batch, token, author, undoes in batches:
        by_token.setdefault(token, []).append((batch, author, undoes))
    found = {"acknowledged": 0, "decisions": 0, "lost": 0, "wrong": 0, "undos": 0, "empty_undos": 0}
    planned_tokens = set()
    for worker in range(n_workers):
        lines = (folder / f"{worker}.log").read_text().splitlines()
        for line, (token, act, pairs, _) in zip(lines, plan(worker, n_pairs), strict=False):
            acknowledged, _, batch = line.split()
            found["acknowledged"] += 1
            found["wrong"] += acknowledged != token
            if act == "undo" and batch == "0":  # nothing of this author stood
                found["empty_undos"] += 1
                found["lost"] += token in by_token
                continue
            planned_tokens.add(token)
            entry = by_token.get(token, [(None, None, None)])[0]
            if act == "undo":
                found["undos"] += 1
                found["lost"] += entry[2] != int(batch)
            else:
                right = f"right{worker}" if act == "correct" else ""
                expected = [(*pair, act, right) for pair in pairs]
                found["decisions"] += len(pairs)
                found["lost"] += entry[0] != int(batch) or rows.get(entry[0]) != expected
            found["wrong"] += entry[1] != f"author{worker}"
    found["doubled"] = sum(len(entries) - 1 for entries in by_token.values())
    found["unasked"] = len(set(by_token) - planned_tokens)
    stacks, standing = replay(batches, rows)
    found["undos_of_the_wrong_batch"] = stacks.pop("wrong")
    found["sound"] = sound
    found |= judge_reviews(folder, n_workers, stacks, standing, rows)
    return found


def replay(batches, rows):
    """Say, slowly and plainly, what stands: each author's batches, and the last verdict on each pair."""
    stacks = {"wrong": 0}
    for batch, _, author, undoes in batches:
        if undoes is None:
            stacks.setdefault(author, []).append(batch)
        elif stacks.get(author, [])[-1:] == [undoes]:
            stacks[author].pop()
        else:
            stacks["wrong"] += 1
    return stacks, verdicts(stacks, rows)


def verdicts(stacks, rows):
    alive = sorted(batch for name, stack in stacks.items() if name != "wrong" for batch in stack)
    return {row[:2]: (*row[2:], batch) for batch in alive for row in rows[batch]}


def judge_reviews(folder, n_workers, stacks, standing, rows):
    """Compare `standing` with the replay, and again after three more undos of every author."""
    reviews = Reviews(folder / "reviews.sqlite", LANGUAGES)
    differing = compare(reviews.standing(), standing)
    later = 0
    for worker in range(n_workers):
        stack = stacks.get(f"author{worker}", [])
        for _ in range(3):
            undone = reviews.undo(f"author{worker}")
            expected = rows[stack.pop()] if stack else []
            got = list(
                zip(*(undone[name] for name in ("source", "target", "verdict", "correction")), strict=True)
            )
            later += got != expected
    return {
        "standing": len(standing),
        "standing_differs": differing,
        "later_undos_differ": later + compare(reviews.standing(), verdicts(stacks, rows)),
    }


def compare(table, expected):
    columns = (table[name] for name in ("source", "target", "verdict", "correction", "batch"))
    got = {(source, target): rest for source, target, *rest in zip(*columns, strict=True)}
    same = sum(tuple(got.get(pair, ())) == value for pair, value in expected.items())
    return max(len(got), len(expected)) - same


def main(folder, n_workers, n_pairs, kills, seed):
    began = time.monotonic()
    between = kill_at_random(folder, n_workers, n_pairs, kills, seed)
    found = {"kills": kills, "killed_before_acknowledging": between, **judge(folder, n_workers, n_pairs)}
    sys.stdout.write(json.dumps({**found, "seconds": round(time.monotonic() - began, 1)}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
