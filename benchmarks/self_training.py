"""How long task fitting and self-training of one language pair take.

    python benchmarks/self_training.py [--words N] [--profile P] [--language L] [--json FILE]

The job: method `both` of `experiments/self_training.yaml` (profile `topics`, French: MiniLM over a joint
vocabulary), seed 0. Task fitting reads the task's texts of both languages and as many verses of both as make
N words of text (100,000); then voters learn the source, teach themselves in rounds, and a plain model
learns from them. Needs the folder shared/data beside the project's own folder. `minutes` are of the clock,
with as many threads as PyTorch takes; `peak_mb` is the most memory of the process so far.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FILE = Path(__file__).parents[1] / "experiments/self_training.yaml"
BIBLES = {"en": "en_web", "fr": "fr_frdarb", "zh": "zh_chius", "de": "de_elb1905"}
METHOD = "both"


def main() -> None:
    """Run both parts once and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--words", type=int, default=100_000, help="words of running text to be fitted to")
    parser.add_argument("--profile", default="topics", help="of self_training.yaml")
    parser.add_argument("--language", default="fr", choices=sorted(set(BIBLES) - {"en"}))
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.profile, options.language, options.words, Path(folder))
    table = Table("part", "texts", "words", "minutes", "peak_mb")
    for row in rows:
        table.add_row(
            row["part"],
            f"{row['texts']:,}",
            f"{row['words']:,}",
            f"{row['minutes']:.1f}",
            f"{row['peak_mb']:,.0f}",
        )
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def measure(profile: str, language: str, words: int, folder: Path) -> list[dict[str, Any]]:
    """Fit, then let the model teach itself; return a row for each."""
    from mosecrot_core.learning.self_training import self_train
    from mosecrot_core.learning.teaching import PlainModel
    from mosecrot_core.runs.experiment import load_experiment
    from mosecrot_core.runs.keys import FileHashes
    from mosecrot_core.runs.languages import UnlabelledText
    from mosecrot_core.runs.plan import make_plan
    from mosecrot_core.runs.readers import source_reader, target_reader
    from mosecrot_core.runs.self_training_steps import source_side
    from mosecrot_core.runs.taught_models import encoded, initial_models
    from mosecrot_core.runs.unlabelled_pools import pool, unlabelled_parts
    from mosecrot_core.runs.workbench import Workbench

    whole = load_experiment(FILE, profile)

    def verses(code: str) -> UnlabelledText:
        path = f"../../shared/data/bible/{BIBLES[code]}.tsv.gz"
        texts = UnlabelledText(files=(path,), column=2)
        return texts.model_copy(update={"limit": enough(texts.texts(FILE.parent), words // 2)})

    target = whole.targets[language].model_copy(update={"unlabelled": verses(language)})
    source = whole.source.model_copy(update={"unlabelled": verses(whole.source.language)})
    experiment = whole.model_copy(
        update={
            "targets": {language: target}, "source": source, "seeds": (0,),
            "methods": {METHOD: whole.methods[METHOD]},
        }
    )  # fmt: skip
    bench = Workbench(experiment, FILE.parent, folder / "vectors")
    (teaching,) = make_plan(experiment, FILE.parent, FileHashes()).teachings
    settings = experiment.self_trained(METHOD).self_training
    readers = source_reader(bench, METHOD), target_reader(bench, language, METHOD)
    side, own = source_side(bench, readers[0]), encoded(bench, readers[1], pool(bench, language, settings))
    read = [text for code in (source.language, language) for text in texts_of(bench, unlabelled_parts, code)]
    bench.mapping(language, METHOD)

    def fit() -> Any:
        return initial_models(teaching, bench, folder / "fitting", ignore)

    (voters, plain), fitting = timed(fit)

    def teach() -> Any:
        return self_train(
            voters, readers[1].tokenizer, side, own, settings, teaching.config, 0, folder / "rounds", ignore,
            PlainModel(plain, bench.head.load),
        )  # fmt: skip

    _, teaching_row = timed(teach)
    labelled = list(bench.corpus.get(source.language, "train").texts) + list(
        bench.corpus.get(language, "train").texts
    )
    return [
        {"part": "task fitting", **sizes(read), **fitting},
        {"part": "self-training", **sizes(labelled), **teaching_row},
    ]


def enough(texts: list[str], words: int) -> int:
    """Say how many of evenly drawn texts have about so many words."""
    return max(1, round(words / (sum(len(text.split()) for text in texts) / len(texts))))


def texts_of(bench: Any, parts: Callable[[Any, str], list[Any]], language: str) -> list[str]:
    """Return the unlabelled texts of a language as running text."""
    return [text for part in parts(bench, language) for text in part.texts]


def sizes(texts: list[str]) -> dict[str, int]:
    """Count texts and words."""
    return {"texts": len(texts), "words": sum(len(text.split()) for text in texts)}


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what work returns, and how long it took."""
    start = time.perf_counter()
    found = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found, {"minutes": (time.perf_counter() - start) / 60, "peak_mb": peak}


def ignore(done: int, total: int) -> None:
    """Show no progress."""


if __name__ == "__main__":
    main()
