"""`mosecrot check`: every input is read as a run would read it, and nothing is trained or written."""

import json

import pytest
import yaml
from brought_files import write_inputs
from small_experiment import SETTINGS, write_small_experiment
from typed import typed

from mosecrot_core.errors import InputError
from mosecrot_core.locations import model_on_disk
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.input_check import COLUMNS, check_inputs


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_small_experiment(tmp_path_factory.mktemp("check"))


def found(file):
    table = check_inputs(load_experiment(file), file.parent)
    assert list(table.columns) == COLUMNS
    return {(language, what): said for language, what, said in table.to_numpy()}


def changed(file, name, **settings):
    """Write the experiment anew, with other settings."""
    other = file.with_name(f"{name}.yaml")
    other.write_text(yaml.safe_dump(yaml.safe_load(SETTINGS) | settings, sort_keys=False))
    return other


def test_it_counts_what_a_run_would_use(file):
    before = sorted(file.parent.rglob("*"))
    said = found(file)
    assert said["en", "train texts"] == "48 texts of 3 labels: 16 animals, 16 food, 16 weather"
    assert said["zu", "test texts"].startswith("30 texts")
    assert said["zu", "word list"] == "53 pairs"
    assert said["zu", "word vectors"] == "55 words of 20 numbers"
    known = "52 pairs that the vectors and the encoder know; left out: 1 target has no vector"
    assert said["zu", "anchors"] == known
    assert said["en", "encoder"] == "is on this machine"
    assert sorted(file.parent.rglob("*")) == before


def test_pairs_that_only_the_vectors_know_are_none_to_the_encoder(file):
    (file.parent / "strange.txt").write_text("zebrafish tacu\nunheardof gódu\n")
    targets = {"zu": {"vectors": {"path": "zu.vec"}, "lexicon": {"path": "strange.txt"}}}
    with pytest.raises(InputError, match="no pair here is known to both the encoder and the zu vectors"):
        found(changed(file, "strange", targets=targets))
    source = {"language": "en", "encoder": "nobody/no-such-encoder"}
    said = found(changed(file, "unknown", targets=targets, source=source))
    assert said["zu", "anchors"] == "1 pairs that the vectors know; left out: 1 target has no vector"
    assert "when the run begins" in said["en", "encoder"]


def test_what_the_run_chooses_by_is_left_to_it(file):
    choice = {"min_quality": 0.99, "translation": "best_quality", "size": 20}
    assert found(changed(file, "choosy", anchors=choice))["zu", "anchors"].startswith("20 pairs")


def test_decisions_are_read_and_count(file):
    rows = ["source\ttarget\tverdict", "cat\ttacu\treject", "honey\tyenohu\taccept"]
    (file.parent / "said.tsv").write_text("\n".join(rows) + "\n")
    targets = {
        "zu": {"vectors": {"path": "zu.vec"}, "lexicon": {"path": "en-zu.txt"}, "decisions": "said.tsv"}
    }
    said = found(changed(file, "decided", targets=targets))
    assert said["zu", "decisions"] == "2 on pairs"
    assert said["zu", "anchors"].startswith("52 pairs"), "one more, and one less"
    (file.parent / "said.tsv").write_text("source\ttarget\tverdict\ncat\ttacu\tmaybe\n")
    with pytest.raises(InputError, match=r"said\.tsv:2"):
        found(changed(file, "decided", targets=targets))


def test_vectors_that_are_to_be_trained_are_left_to_the_run(file):
    (file.parent / "zu.txt").write_text("tacu gódu\n")
    targets = {"zu": {"vectors": {"train_on": ["zu.txt"]}, "lexicon": {"path": "en-zu.txt"}}}
    said = found(changed(file, "trained", targets=targets))
    assert said["zu", "word vectors"] == "are trained when the run begins"
    assert ("zu", "anchors") not in said


def test_an_encoder_is_looked_for_without_fetching_it(file, tmp_path, monkeypatch):
    assert model_on_disk("encoder", file.parent) == file.parent / "encoder"
    with pytest.raises(InputError, match="no such model folder"):
        model_on_disk("../no such folder", file.parent)
    with pytest.raises(InputError, match="a file came"):
        model_on_disk("small.yaml", file.parent)
    assert model_on_disk("nobody/no-such-encoder") is None
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    assert model_on_disk("org/model") is None, "a part of it"
    (tmp_path / "model.safetensors").touch()
    assert model_on_disk("org/model") == tmp_path


def test_the_command_prints_it_for_people_and_for_programs(tmp_path, monkeypatch, capsys):
    file = write_inputs(tmp_path)
    code, out, _ = typed(monkeypatch, capsys, "check", file)
    assert (code, "fo    word vectors  8 words of 3 numbers\n" in out) == (0, True)
    code, out, _ = typed(monkeypatch, capsys, "check", file, "--format", "json")
    assert code == 0
    assert {"language": "fo", "what": "word list", "found": "6 pairs"} in json.loads(out)
    (file.parent / "words.txt").write_text("")
    code, _, said = typed(monkeypatch, capsys, "check", file)
    assert code == 2
    assert said.endswith("words.txt: a word list was expected, the file is empty.\n")
