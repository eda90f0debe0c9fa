"""Experiment files: what is accepted, and what every mistake in one is answered with."""

from pathlib import Path

import pytest
import yaml

from mosecrot_core.errors import InputError
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import PaperRepresentations, RelativeRepresentations
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.methods import Stitched

ROOT = Path(__file__).parents[1]
GOOD = """\
name: small
seeds: [0, 1]
source: {language: en, encoder: encoder}
targets:
  fr:
    vectors: {path: fr.vec}
    lexicon:
      path: en-fr.txt
task:
  name: files
  files:
    en: {train: en.tsv}
    fr:
      test: fr.tsv
training:
  epochs: 2
methods:
  standard:
    alignment:
      method: paper
      weighting: standard
  least_squares:
    alignment: {method: least_squares}
    source_rows: kept
  raw: {kind: raw_word_pieces}
"""


def load(tmp_path, text):
    file = tmp_path / "e.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_experiment(file)


def refusal(tmp_path, text):
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert caught.value.path == tmp_path / "e.yaml"
    message = str(caught.value)
    assert "\n" not in message, "one line"
    assert not any(word in message for word in ("_kind", "pydantic", "ctx"))
    return caught.value


def test_the_papers_setting_is_one_word_away(tmp_path):
    experiment = load(tmp_path, GOOD)
    method = experiment.methods["standard"]
    assert isinstance(method, Stitched)
    assert (method.kind, method.keeps_source, method.save) == ("stitched", False, False)
    assert method.alignment == PaperRepresentations(
        weighting="standard", k=50, temperature=1, ranking="cosine", centre=False, match_norms=False
    )
    assert experiment.training_for("standard").freeze_embeddings is False
    assert experiment.nulls == ("shuffled", "gaussian", "mean_row")


def test_what_is_recommended_is_the_default(tmp_path):
    experiment = load(tmp_path, GOOD.replace("{method: least_squares}", "{method: relative}"))
    method = experiment.methods["least_squares"]
    assert method == Stitched(source_rows="kept")
    assert method.alignment == RelativeRepresentations(
        weighting="sparsemax", k=50, temperature=0.5, ranking="cosine", centre=False, match_norms=True
    )
    assert (Stitched().keeps_source, experiment.training.freeze_embeddings) == (True, None)
    assert experiment.training_for("least_squares").freeze_embeddings is True
    tuned = method.model_copy(update={"training": TrainConfig(freeze_embeddings=False)})
    own = experiment.model_copy(update={"methods": {"tuned": tuned}})
    assert own.training_for("tuned").freeze_embeddings is False


@pytest.mark.parametrize("file", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.name)
def test_our_own_experiments_load(file):
    assert load_experiment(file).name == file.stem
    for profile in yaml.safe_load(file.read_text(encoding="utf-8")).get("profiles", {}):
        assert load_experiment(file, profile).name == f"{file.stem}-{profile}"


PROFILED = (
    GOOD
    + """
profiles:
  here:
    seeds: [7]
    training: {epochs: 1}
  wrong:
    training: {epochs: 0}
"""
)


def test_a_profile_takes_the_place_of_whole_keys(tmp_path):
    plain, file = load(tmp_path, PROFILED), tmp_path / "e.yaml"
    assert plain == load(tmp_path, GOOD)
    file.write_text(PROFILED)
    chosen = load_experiment(file, "here")
    assert (chosen.name, chosen.seeds, chosen.training.epochs) == ("small-here", (7,), 1)
    assert chosen.training == TrainConfig(epochs=1)  # nothing of the file's own
    assert chosen.targets == plain.targets


@pytest.mark.parametrize(
    ("text", "profile", "message"),
    [
        (PROFILED, "wrong", "e.yaml:32: training.epochs"),
        (PROFILED, "there", "no profile 'there'; the file has here, wrong"),
        (GOOD, "here", "no profile 'here'; the file has none"),
        (GOOD + "profiles: [here]", "here", "the file has none"),
    ],
)
def test_a_profile_that_cannot_be_taken(tmp_path, text, profile, message):
    file = tmp_path / "e.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        load_experiment(file, profile)


CHANGES = {
    # what is replaced, by what, the line that is at fault, what the message says
    "unknown key": ("name: small", "name: small\nnmae: x", 2, "unknown key 'nmae'"),
    "unknown nested key": (
        "  epochs: 2",
        "  epochs: 2\n  batchsize: 3",
        17,
        "unknown key 'training.batchsize'",
    ),
    "unknown key in vectors": ("{path: fr.vec}", "{path: fr.vec, top: 3}", 6, "'targets.fr.vectors.top'"),
    "unknown key in a method": ("raw_word_pieces}", "raw_word_pieces, k: 3}", 25, "'methods.raw.k'"),
    "unknown key in an alignment": (
        "weighting: standard",
        "weighting: standard\n      tau: 3",
        22,
        "unknown key 'methods.standard.alignment.tau'",
    ),
    # The task's tag `files` is also one of its keys.
    "unknown key in a task": ("  name: files", "  name: files\n  colum: x", 11, "unknown key 'task.colum'"),
    "wrong type in a task": ("  name: files", "  name: files\n  text_column: [1]", 11, "task.text_column: "),
    "wrong type": ("epochs: 2", "epochs: two", 16, "training.epochs: "),
    "wrong type in an alignment": (
        "method: paper",
        "method: paper\n      k: many",
        21,
        "alignment.k: ",
    ),
    "a mapping where a list belongs": ("[0, 1]", "{a: 1}", 2, "seeds: "),
    "wrong item of a list": ("[0, 1]", "\n  - 0\n  - x", 4, "seeds.1: "),
    "out of range": ("epochs: 2", "epochs: 0", 16, "training.epochs: "),
    "not one of the choices": ("weighting: standard", "weighting: hard", 21, "got 'hard'"),
    "missing key": ("name: small\n", "", 1, "'name' is missing"),
    "missing nested key": (
        "{path: fr.vec}",
        "{limit: 3}",
        6,
        "targets.fr.vectors: either path (a file of vectors) or train_on",
    ),
    "missing in a task": (
        GOOD[GOOD.index("  files:") : GOOD.index("training")],
        "",
        9,
        "'task.files' is missing",
    ),
    "missing alignment method": ("{method: least_squares}", "{}", 23, "alignment.method' is missing"),
    "bad kind": (
        "raw_word_pieces",
        "raw",
        25,
        "methods.raw.kind: one of 'stitched', 'in_language', 'zero_shot', ",
    ),
    "kind is a list": ("{kind: raw_word_pieces}", "{kind: [a]}", 25, "methods.raw"),
    "bad alignment method": (
        "method: paper",
        "method: magic",
        20,
        "standard.alignment.method: one of 'relative', ",
    ),
    "bad task": (
        "name: files",
        "name: poems",
        10,
        "task.name: one of 'home-assistant-intents', 'files', ",
    ),
    "method without anything": (
        "{kind: raw_word_pieces}",
        "",
        25,
        "methods.raw: a mapping expected, got None",
    ),
    "a number for a mapping": (
        "{language: en, encoder: encoder}",
        "3",
        3,
        "source: a mapping expected, got 3",
    ),
    "unusable name": ("name: small", "name: ../small", 1, "name: "),
    "unusable language code": ("  fr:\n    vec", "  f r:\n    vec", 5, "targets.f r: "),
    "unknown split": ("      test: fr.tsv", "      tset: fr.tsv", 14, "task.files.fr.tset: "),
    "duplicate seeds": ("[0, 1]", "[0, 1, 0]", 2, "seeds must differ"),
    "source among the targets": ("  fr:\n    vec", "  en:\n    vec", 4, "en is the source"),
    "least squares re-initialised": (
        "source_rows: kept",
        "source_rows: reinitialised",
        22,
        "set source_rows: kept",
    ),
    "wechsel without vectors": (
        "{method: least_squares}",
        "{method: wechsel}",
        17,
        "methods: least_squares goes through static vectors of the source: set source.vectors",
    ),
    "a method's own patience without dev": (
        "kind: raw_word_pieces",
        "kind: raw_word_pieces, training: {patience: 2}",
        25,
        "needs `select: best_on_dev`",
    ),
    "patience without dev": ("epochs: 2", "patience: 2", 15, "needs `select: best_on_dev`"),
    "key twice": ("name: small", "name: small\nname: large", 2, "key 'name' is there twice, first in line 1"),
    "method twice": ("  raw:", "  standard:", 25, "key 'standard' is there twice, first in line 18"),
    "not YAML": ("seeds: [0, 1]", "seeds: [0, 1", 3, "not valid YAML"),
    "a tab": ("  epochs: 2", "\tepochs: 2", 16, "not valid YAML"),
    "a control character": ("epochs: 2", "epochs: \x01", 16, "a character that YAML forbids"),
    "a Python object": ("name: small", "name: !!python/object:os.system x", 1, "not valid YAML"),
    "an unknown alias": ("name: small", "name: *nothing", 1, "not valid YAML"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_mistake_is_named_with_its_line(tmp_path, change):
    old, new, line, message = CHANGES[change]
    assert GOOD.count(old) == 1 or GOOD.startswith(old)
    error = refusal(tmp_path, GOOD.replace(old, new, 1))
    assert message in str(error)
    assert error.line == line, str(error)


BILLION = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", 1, "an experiment"),
        ("# nothing\n", 1, "an experiment"),
        ("- a\n- b\n", 1, "an experiment"),
        ("just words", 1, "an experiment"),
        ("--- \nname: a\n---\nname: b\n", 3, "not valid YAML"),
        (GOOD.replace("small", "sm\u00e4ll").encode("latin-1"), 1, "UTF-8"),
        ((GOOD + "# \u00e4\n").encode("latin-1"), 26, "UTF-8"),
        (b"\x89PNG\0\0", 1, "binary"),
        ("[" * 20_000, None, "nested too deeply"),
        ("&a {name: *a}", None, "with its aliases written out"),
        (BILLION, None, "with its aliases written out it has over 100,000 values"),
        ("name: a\n" * 2 + "#" * (1 << 20), 3, "lines of fewer than"),
        ("# a\n" * (1 << 19), None, "settings of at most 1,048,576 characters"),
        ('name: "\\ud800"\n', 1, "a value of the type str expected"),
        ("name: a\nseeds: 2001-99-99\n", 2, "a value of the type timestamp expected, '2001-99-99' found"),
        ("name: !!int x\n", 1, "a value of the type int expected, 'x' found"),
        ("name: !!int \n", 1, "a value of the type int expected"),
        ("name: !!timestamp x\n", 1, "a value of the type timestamp expected"),
        ("name: !!bool x\n", 1, "a value of the type bool expected"),
        (f"seeds: [{'9' * 5_000}]\n", 1, "a value of the type int expected"),
        ("!!map x\n", 1, "expected a mapping node"),
    ],
)
def test_what_is_no_experiment(tmp_path, content, line, message):
    error = refusal(tmp_path, content)
    assert message in str(error)
    assert error.line == line


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError) as caught:
            load_experiment(path)
        assert caught.value.path == path


def test_keys_are_text_as_written(tmp_path):
    """YAML 1.1 reads `no` as false; it is the code of Norwegian."""
    experiment = load(
        tmp_path, GOOD.replace("  fr:\n    vec", "  no:\n    vec").replace("    fr:", "    no:")
    )
    assert list(experiment.targets) == ["no"]
    assert list(experiment.task.files) == ["en", "no"]


def test_merge_keys_and_a_byte_order_mark_are_fine(tmp_path):
    text = GOOD.replace("    alignment:\n", "    alignment: &relative\n") + (
        "  sharp:\n    alignment: {<<: *relative, weighting: softmax}\n"
    )
    methods = load(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).methods
    assert methods["sharp"].alignment.weighting == "softmax"


def test_numbers_in_scientific_notation(tmp_path):
    """`5e-4` is text to YAML 1.1."""
    assert load(tmp_path, GOOD.replace("epochs: 2", "learning_rate: 5e-4")).training.learning_rate == 5e-4


def test_what_a_run_writes_down_is_read_back(tmp_path):
    import yaml

    experiment = load(tmp_path, GOOD)
    written = yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False)
    assert load(tmp_path, written) == experiment


def test_settings_are_frozen(tmp_path):
    experiment = load(tmp_path, GOOD)
    with pytest.raises(ValueError, match="frozen"):
        experiment.name = "other"
    assert Experiment.model_validate(experiment.model_dump()) == experiment
