"""A step's key changes when, and only when, something changes that the step depends on."""

import os
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.review import Reviews
from mosecrot_core.anchors.self_learning import AnchorGrowth
from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.input_keys import InputKeys
from mosecrot_core.runs.keys import FileHashes, step_key
from mosecrot_core.runs.languages import VectorSettings
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.words.lexicon import LexiconSettings

SHARED = Path(__file__).parents[2] / "shared/data"
SETTINGS = """
name: small
seeds: [0, 1]
source: {language: en, encoder: encoder}
targets:
  fr: {vectors: {path: fr.vec}, lexicon: {path: en-fr.txt}}
  fi: {vectors: {path: fi.vec}, lexicon: {path: en-fi.txt}}
task:
  name: files
  files:
    en: {train: en.train.tsv, dev: en.dev.tsv, test: en.test.tsv}
    fr: {train: fr.train.tsv, test: fr.test.tsv}
    fi: {train: fi.train.tsv, test: fi.test.tsv}
training: {epochs: 2, select: last}
methods:
  soft: {alignment: {method: paper, weighting: softmax}, save: true}
  kept: {alignment: {method: least_squares}, source_rows: kept, vocabulary: swapped}
  raw: {kind: raw_word_pieces}
  lr: {kind: logistic_regression}
"""
INPUTS = ["fr.vec", "fi.vec", "en-fr.txt", "en-fi.txt", "encoder/config.json", "encoder/model.safetensors"]
TEXTS = ["en.train", "en.dev", "en.test", "fr.train", "fr.test", "fi.train", "fi.test"]

PAIR_TABLES = ("anchors", "dropped", "quality", "signals")
SEEDLESS = {f"{kind} {language}" for kind in PAIR_TABLES for language in ("fr", "fi")} | {
    f"{kind} {language} {method}"
    for kind, method in (
        ("anchor_use", "soft"), ("averages", "lr"), ("examples", ""), ("tokens", ""), ("tokens", "raw"),
        ("word_anchors", "soft"), ("word_anchors", "kept"), ("word_map", ""), ("word_map", "soft"),
    )
    for language in ("fr", "fi")
}  # fmt: skip
SEEDLESS = {title.rstrip() for title in SEEDLESS} | {"words en", "words fr", "words fi", "word_map en"}
SEEDED = {
    "train kept",
    "train soft fr",
    "train soft fi",
    *(f"raw {language} raw" for language in ("fr", "fi")),
    *(f"stitched {language} {method}" for language in ("fr", "fi") for method in ("kept", "soft")),
    "save fr soft",
    "save fi soft",
}


@pytest.fixture
def base(tmp_path):
    (tmp_path / "encoder").mkdir()
    for name in [*INPUTS, *(f"{name}.tsv" for name in TEXTS)]:
        (tmp_path / name).write_text(f"content of {name}")
    return tmp_path


def settings(change=lambda tree: None):
    tree = yaml.safe_load(SETTINGS)
    change(tree)
    return Experiment.model_validate(tree)


def keys(base, experiment=None, seed=0):
    """The key of every step and fine-tuning of a seed, by title."""
    plan = make_plan(experiment or settings(), base, FileHashes())
    found = {step.title: step.key for step in plan.steps if step.seed in (-1, seed)}
    for tuning in plan.finetunings:
        if tuning.seed == seed:
            title = f"train {tuning.method} {tuning.language}" if tuning.method else "train kept"
            found[title] = tuning.key
    return found


def changed(before, after):
    return {title for title in before | after if before.get(title) != after.get(title)}


def test_the_plan_lists_every_step_once(base):
    plan = make_plan(settings(), base, FileHashes())
    assert set(keys(base)) == SEEDLESS | SEEDED
    assert len(plan.finetunings) == 6
    used = [step.key for step in plan.steps] + [tuning.key for tuning in plan.finetunings]
    assert len(set(used)) == len(used)
    others = {"anchor_use", "examples", "tokens", "word_anchors", "words", "word_map"}
    assert {step.table for step in plan.steps} == {"results", "models", *PAIR_TABLES, *others}
    assert {step.beside for step in plan.steps if step.table == "results"} == {("predictions",)}
    assert {step.title for step in plan.steps if step.table != "results" and step.beside} == of("words")
    assert {step.seed for step in plan.steps if step.kind == "save"} == {0}, "only the first seed is saved"


def of(*words):
    """The titles that hold all of the words."""
    return {title for title in SEEDLESS | SEEDED if set(words) <= set(title.replace("_", " ").split())}


STITCHED = of("stitched") | of("save")
SOFT_FR = {"train soft fr", "stitched fr soft", "save fr soft"}
OF_WORD_ANCHORS = of("word", "anchors")
OF_FR_WORDS = {"anchor_use fr soft", "averages fr lr", "stitched fr kept", "stitched fr soft", "save fr soft"}
OF_MAPS = of("map")
OF_FR_WORDS |= {"tokens fr", "words fr", *(OF_MAPS & of("fr")), *(OF_WORD_ANCHORS & of("fr"))}
OF_TARGET_WORDS = {"words fr", "words fi"}
OF_PAIRS = {f"{kind} {language}" for kind in PAIR_TABLES for language in ("fr", "fi")}
OF_ANCHORS = OF_PAIRS | OF_TARGET_WORDS | OF_WORD_ANCHORS | STITCHED
OF_ANCHORS |= of("map", "soft") | of("anchor", "use") | of("train", "soft")
OF_FR_ANCHORS = {*(OF_PAIRS & of("fr")), "anchor_use fr soft", "stitched fr kept", *SOFT_FR}
OF_FR_ANCHORS |= (OF_WORD_ANCHORS | OF_TARGET_WORDS | of("map", "soft")) & of("fr")
FILES = {
    "fr.vec": OF_FR_ANCHORS | OF_FR_WORDS,
    "en-fr.txt": OF_FR_ANCHORS,
    "encoder/model.safetensors": SEEDLESS - of("examples") | SEEDED,
    "en.train.tsv": SEEDLESS - OF_PAIRS - {"words en", "word_map en"} | SEEDED,  # it names the labels
    "en.test.tsv": of("stitched")
    | {"raw fr raw", "raw fi raw"},  # every model is also scored on the source language
    "fr.train.tsv": OF_FR_WORDS | {"raw fr raw"},
    "fr.test.tsv": OF_FR_WORDS | {"raw fr raw", "examples fr", "tokens fr raw"},
    "en.dev.tsv": set(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_files_content_changes_what_depends_on_it(base, name):
    before = keys(base)
    os.utime(base / name, ns=(1, 1))
    assert keys(base) == before, "its time alone changes nothing"
    (base / name).write_text("something else")
    assert changed(before, keys(base)) == FILES[name]


def test_dev_texts_matter_to_training_only_if_they_select(base):
    experiment = settings(lambda tree: tree["training"].update(select="best_on_dev"))
    before = keys(base, experiment)
    (base / "en.dev.tsv").write_text("something else")
    assert changed(before, keys(base, experiment)) == SEEDED


CHANGES = {
    "description": (lambda t: t.update(description="x"), set()),
    "name": (lambda t: t.update(name="x"), set()),
    "report_to": (lambda t: t["training"].update(report_to=["wandb"]), set()),
    "checkpoint": (lambda t: t["training"].update(checkpoint="never"), set()),
    "a written default": (lambda t: t["training"].update(batch_size=32), set()),
    "more seeds": (lambda t: t.update(seeds=[0, 1, 2]), set()),
    "epochs": (lambda t: t["training"].update(epochs=3), SEEDED),
    "max length": (lambda t: t["training"].update(max_length=64), SEEDED | of("tokens")),
    "learning rate": (lambda t: t["training"].update(learning_rate=1e-3), SEEDED),
    "anchors": (
        lambda t: t.update(anchors={"size": 3}),
        OF_ANCHORS,
    ),
    "anchors that do not grow": (lambda t: t.update(anchors={"grow": None}), set()),
    "anchors that grow": (
        lambda t: t.update(anchors={"grow": {}}),
        OF_ANCHORS | {"grown_anchors fr", "grown_anchors fi"},
    ),
    "tokenizer": (
        lambda t: t.update(tokenizer={"casing": "keep"}),
        of("averages")
        | OF_TARGET_WORDS
        | (OF_MAPS - {"word_map en"})
        | of("anchor", "use")
        | OF_WORD_ANCHORS
        | {"tokens fr", "tokens fi"}
        | STITCHED,
    ),
    "temperature": (
        lambda t: t["methods"]["soft"]["alignment"].update(temperature=0.1),
        {title for title in SEEDLESS | SEEDED if "soft" in title},
    ),
    "kept rows": (
        lambda t: t["methods"]["soft"].update(source_rows="kept"),
        {title for title in SEEDED if "soft" in title},
    ),
    "nulls": (lambda t: t.update(nulls=["shuffled"]), of("stitched")),
    "no longer saved": (lambda t: t["methods"]["soft"].update(save=False), of("save")),
    "how many vectors": (lambda t: t["targets"]["fr"]["vectors"].update(limit=10), FILES["fr.vec"]),
    "precision of vectors": (
        lambda t: t["targets"]["fr"]["vectors"].update(precision="float16"),
        FILES["fr.vec"],
    ),
    "where rows lie": (lambda t: t["targets"]["fr"]["vectors"].update(memory_mapped=True), set()),
    "the list's format": (lambda t: t["targets"]["fr"]["lexicon"].update(format="muse"), FILES["en-fr.txt"]),
    "column": (lambda t: t["task"].update(text_column="x"), FILES["en.train.tsv"]),
    "label names": (lambda t: t["task"].update(labels=["a", "b"]), FILES["en.train.tsv"]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_setting_changes_what_depends_on_it(base, what):
    change, expected = CHANGES[what]
    assert changed(keys(base), keys(base, settings(change))) == expected


def test_what_reviewers_decided_changes_what_rests_on_the_anchors(base):
    reviews = Reviews(base / "reviews.sqlite", ("en", "fr"))
    reviews.decide([("dog", "chien")], "accept", "ada")
    experiment = settings(lambda t: t["targets"]["fr"].update(decisions="reviews.sqlite"))
    before = keys(base, experiment)
    assert changed(keys(base), before) == OF_FR_ANCHORS
    reviews.decide([("dog", "chien")], "accept", "grace")
    Reviews(base / "reviews.sqlite", ("en", "fi")).decide([("dog", "chien")], "reject", "ada")
    assert keys(base, experiment) == before, "who decided, and on other languages, does not count"
    reviews.decide([("dog", "chat")], "reject", "ada")
    assert changed(before, keys(base, experiment)) == OF_FR_ANCHORS
    reviews.undo("ada")
    assert keys(base, experiment) == before


def test_another_method_leaves_the_others_keys(base):
    before = keys(base)
    sharp = {"alignment": {"method": "paper", "weighting": "sparsemax"}}
    after = keys(base, settings(lambda t: t["methods"].update(sharp=sharp)))
    assert before.items() <= after.items()
    assert all("sharp" in title for title in after.keys() - before.keys())


def test_methods_that_learn_alike_share_a_fine_tuning(base):
    def more(tree):
        kept = tree["methods"]["kept"]
        tree["methods"] |= {
            "same": {**kept, "training": {"embedding_noise": 0}},  # what it is without
            "noisy": {**kept, "training": {"embedding_noise": 0.5}},
            "noisy_too": {**kept, "training": {"embedding_noise": 0.5}},
            "soft_noisy": {**tree["methods"]["soft"], "training": {"embedding_noise": 0.5}},
        }

    experiment = settings(more)
    plan = make_plan(experiment, base, FileHashes())
    shared = [t for t in plan.finetunings if t.seed == 0 and t.method is None]
    assert [{step.method for step in t.steps} for t in shared] == [
        {"kept", "raw", "same"},
        {"noisy", "noisy_too"},
    ]
    assert [t.config.embedding_noise for t in shared] == [0, 0.5]
    assert shared[1].config.epochs == experiment.training.epochs, "what it does not set is the experiment's"
    before, after = keys(base), keys(base, experiment)
    assert before.keys() - {"train kept"} == {t for t in before if before[t] == after[t]} - {"train kept"}
    assert after["train soft fr"] != after["train soft_noisy fr"]


def test_static_vectors_of_the_source_matter_to_the_method_that_goes_through_them(base):
    def with_statics(tree):
        tree["source"]["vectors"] = {"path": "en.vec"}
        tree["methods"]["wechsel"] = {"alignment": {"method": "wechsel"}, "source_rows": "kept"}

    (base / "en.vec").write_text("content")
    before, experiment = keys(base), settings(with_statics)
    first = keys(base, experiment)
    ours = {
        f"{kind} {language} wechsel" for kind in ("stitched", "word_anchors") for language in ("fr", "fi")
    }
    assert changed(before, first) == ours | {"tokens fr wechsel", "tokens fi wechsel"}
    (base / "en.vec").write_text("something else")
    assert changed(first, keys(base, experiment)) == ours


def test_vectors_that_are_trained_go_by_their_texts_and_how(base):
    def trained(**how):
        vectors = {"train_on": ["raw.txt"], "training": how}
        return settings(lambda t: t["targets"]["fr"].update(vectors=vectors))

    (base / "raw.txt").write_text("some text")
    before = keys(base, trained())
    assert changed(keys(base), before) == FILES["fr.vec"]
    assert changed(before, keys(base, trained(epochs=3))) == FILES["fr.vec"]
    (base / "raw.txt").write_text("another text")
    assert changed(before, keys(base, trained())) == FILES["fr.vec"]
    (base / "raw.txt").unlink()
    with pytest.raises(InputError, match=r"raw\.txt"):
        keys(base, trained())


def with_more_methods(tree):
    relative = {"alignment": {"method": "paper"}}
    tree["methods"] |= {
        "few": {**relative, "anchors": {"size": 2}},
        "mbert": {"kind": "zero_shot", "encoder": "other"},
        "upper": {"kind": "in_language", **relative},
    }


MORE = {
    "train few fr", "train few fi", "stitched fr few", "stitched fi few",
    "train mbert None", "zero_shot fr mbert", "zero_shot fi mbert",
    "train upper fr", "train upper fi", "in_language fr upper", "in_language fi upper",
    "tokens fr mbert", "tokens fi mbert",
    "word_anchors fr few", "word_anchors fi few", "word_anchors fr upper", "word_anchors fi upper",
    "word_map fr upper", "word_map fi upper",
}  # fmt: skip


def test_baselines_and_methods_with_anchors_of_their_own_leave_the_others_keys(base):
    (base / "other").mkdir()
    (base / "other/model.safetensors").write_text("another model")
    before, after = keys(base), keys(base, settings(with_more_methods))
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == MORE
    assert len({*after.values()}) == len(after)
    (base / "other/model.safetensors").write_text("a third model")
    assert changed(after, keys(base, settings(with_more_methods))) == {t for t in MORE if "mbert" in t}


def test_a_key_without_growth_is_as_before_there_was_any(base):
    """Written out as it stood then, so that finished runs stay finished."""
    chosen = {
        "size": 3, "min_quality": None, "translation": "first", "stop_words": "keep", "case_variants": True,
        "seed": 0,
    }  # fmt: skip
    hashes, vectors = FileHashes(), VectorSettings(path="fr.vec")
    expected = step_key(
        "anchors",
        vectors=[[hashes.of(base / "fr.vec")], vectors.model_dump(mode="json", exclude={"memory_mapped"})],
        anchors=chosen,
        encoder=hashes.of(base / "encoder"),
        languages=["en", "fr"],
        lexicon=[hashes.of(base / "en-fr.txt"), LexiconSettings(path="en-fr.txt").model_dump()],
        decisions=None,
    )
    inputs = InputKeys(settings(), base, hashes)
    assert inputs.anchors("fr", AnchorSettings(size=3)) == expected
    assert inputs.anchors("fr", AnchorSettings(size=3, grow=AnchorGrowth())) != expected


def test_composed_words_matter_to_keys_where_vectors_can_compose(base):
    (base / "text.txt").write_text("le chat dort\n")
    trained = {"train_on": ("text.txt",)}
    words_only = {**trained, "training": {"model": "word2vec"}}
    for vectors, composes in (({"path": "fr.vec"}, False), (trained, True), (words_only, False)):
        own = settings()
        target = own.targets["fr"].model_copy(update={"vectors": VectorSettings(**vectors)})
        inputs = InputKeys(own.model_copy(update={"targets": {"fr": target}}), base, FileHashes())
        kept, removed = (inputs.anchors("fr", AnchorSettings(composed=which)) for which in ("keep", "remove"))
        assert VectorSettings(**vectors).compose(base) == composes
        assert (kept != removed) == composes


def test_the_list_matters_to_the_vocabulary_of_methods_that_take_its_words(base):
    own = settings()
    inputs = InputKeys(own, base, FileHashes())
    taking = {"kept": own.methods["kept"].model_copy(update={"listed": True})}
    others = InputKeys(own.model_copy(update={"methods": {**own.methods, **taking}}), base, FileHashes())
    before, after = (each.target_rows("kept", "fr") for each in (inputs, others))
    assert after == before | {"listed": inputs.anchors("fr", AnchorSettings())}
    assert inputs.reading("kept", "fr") is None, "as most methods"
    assert others.reading("kept", "fr")["listed"] == after["listed"]


def test_languages_without_spaces_compose_characters_of_any_vectors(base):
    own = settings()
    chinese = own.model_copy(update={"targets": {"zh": own.targets["fr"], "fr": own.targets["fr"]}})
    inputs = InputKeys(chinese, base, FileHashes())
    for language, composes in (("fr", False), ("zh", True)):
        kept, removed = (inputs.anchors(language, AnchorSettings(composed=it)) for it in ("keep", "remove"))
        assert (kept != removed) == composes


def test_a_method_whose_own_anchors_grow_leaves_the_others_keys(base):
    def with_growth(rounds):
        growth = {"anchors": {"grow": {"rounds": rounds}}}
        alike = {"alignment": {"method": "least_squares"}, "vocabulary": "swapped", **growth}
        return settings(lambda t: t["methods"].update(grown=alike))

    before, after = keys(base), keys(base, with_growth(3))
    kinds = ("grown_anchors", "stitched", "word_anchors")
    own = {f"{kind} {language} grown" for kind in kinds for language in ("fr", "fi")}
    assert changed(before, after) == own
    assert before.items() <= after.items()
    assert changed(after, keys(base, with_growth(2))) == own


def test_a_joint_vocabulary_concerns_what_is_stitched_and_read_and_no_fine_tuning(base):
    def joint(tree):
        del tree["methods"]["kept"]["vocabulary"]  # as it is where the alignment is not the paper's

    before, after = keys(base), keys(base, settings(joint))
    languages = ("fr", "fi")
    others = {f"{kind} {language} kept" for kind in ("stitched", "word_anchors") for language in languages}
    assert changed(before, after) == others | {f"tokens {language} kept" for language in languages}
    explicit = settings(lambda t: t["methods"]["kept"].update(vocabulary="joint"))
    assert keys(base, explicit) == after

    def only_joint(tree):
        tree["methods"] = {"kept": {**tree["methods"]["kept"], "vocabulary": "joint"}}

    assert "tokens fr" not in keys(base, settings(only_joint)), "nothing is read with the words alone"


def test_what_the_line_above_learns_from_is_the_target_language(base):
    experiment = settings(with_more_methods)
    (base / "other").mkdir()
    before = keys(base, experiment)
    (base / "fr.train.tsv").write_text("something else")
    after = changed(before, keys(base, experiment))
    assert {title for title in MORE if title in after and title.startswith("train")} == {"train upper fr"}
    plan = make_plan(experiment, base, FileHashes())
    assert {(t.method, t.learns) for t in plan.finetunings if t.method == "upper"} == {
        ("upper", "fr"), ("upper", "fi"),
    }  # fmt: skip
    assert {t.learns for t in plan.finetunings if t.method != "upper"} == {"en"}


def test_a_language_may_choose_its_anchors_its_own_way(base):
    before = keys(base)
    chosen = settings(lambda t: t["targets"]["fr"].update(anchors={"size": 3}))
    assert changed(before, keys(base, chosen)) == OF_FR_ANCHORS


def test_another_language_leaves_the_others_keys(base):
    def with_sv(tree):
        tree["targets"]["sv"] = {"vectors": {"path": "fr.vec"}, "lexicon": {"path": "en-fr.txt"}}
        tree["task"]["files"]["sv"] = {"train": "fr.train.tsv", "test": "fr.test.tsv"}

    before, after = keys(base), keys(base, settings(with_sv))
    assert before.items() <= after.items()
    assert len({*after.values()}) == len(after), "same files, but another language"


def test_seeds_have_keys_of_their_own_and_their_order_does_not_matter(base):
    first, second = keys(base, seed=0), keys(base, seed=1)
    assert {title for title in first if first[title] == second.get(title)} == SEEDLESS
    turned = keys(base, settings(lambda t: t.update(seeds=[1, 0])), seed=1)
    assert changed(second, turned) == of("save"), "the first seed is the one that is saved"


def test_the_folder_may_move(base, tmp_path_factory):
    before = keys(base)
    moved = tmp_path_factory.mktemp("elsewhere") / "x"
    base.rename(moved)
    assert keys(moved) == before


@pytest.mark.parametrize("name", ["fr.vec", "en-fi.txt", "en.test.tsv"])
def test_a_missing_input_is_named_before_anything_runs(base, name):
    (base / name).unlink()
    with pytest.raises(InputError) as caught:
        keys(base)
    assert caught.value.path == base / name


def test_the_built_in_task_goes_by_package_versions(base, monkeypatch):
    experiment = settings(lambda t: t.update(task={"name": "home-assistant-intents"}))
    versions = {"hassil": "1", "home-assistant-intents": "2"}
    monkeypatch.setattr(metadata, "version", versions.__getitem__)
    before = keys(base, experiment)
    versions["hassil"] = "3"
    assert changed(before, keys(base, experiment)) == FILES["en.train.tsv"]

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(InputError, match="mosecrot\\[demo\\]"):
        keys(base, experiment)


# --- tasks of fixed data sets ----------------------------------------------------------------------


@pytest.fixture
def sib(base):
    for folder in ("eng_Latn", "fra_Latn", "fin_Latn", "swe_Latn"):
        (base / "sib" / folder).mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (base / f"sib/{folder}/{split}.tsv").write_text(f"{split} in {folder}")
    return base


def of_sib(change=lambda tree: None):
    def both(tree):
        tree["task"] = {"name": "sib200", "source": "sib"}
        change(tree)

    return settings(both)


def test_a_published_data_set_is_known_by_its_files_and_what_it_calls_the_language(sib):
    before = keys(sib, of_sib())
    for language, name in (("fr", "fra_Latn/test"), ("en", "eng_Latn/train")):
        path = sib / f"sib/{name}.tsv"
        whole = path.read_text()
        path.write_text("something else")
        other = SEEDED if language == "en" else FILES["fr.test.tsv"]
        assert changed(before, keys(sib, of_sib())) == other, "fixed labels: no file names them"
        path.write_text(whole)
    (sib / "sib").rename(sib / "moved")
    moved = of_sib(lambda t: t["task"].update(source="moved", revision="main"))
    assert keys(sib, moved) == before, "where the files lie does not matter"
    renamed = of_sib(lambda t: t["task"].update(source="moved", languages={"fr": "swe_Latn"}))
    assert changed(before, keys(sib, renamed)) == FILES["fr.test.tsv"]


def test_another_language_of_a_published_data_set_leaves_the_others_keys(sib):
    def with_sv(tree):
        tree["targets"]["sv"] = {"vectors": {"path": "fr.vec"}, "lexicon": {"path": "en-fr.txt"}}

    before, after = keys(sib, of_sib()), keys(sib, of_sib(with_sv))
    assert before.items() <= after.items()
    assert len(after) > len(before)


def test_a_sample_changes_every_key_of_texts_and_one_file_for_all_languages_serves_each(base):
    (base / "reviews").mkdir()
    for split in ("train", "validation", "test"):
        (base / f"reviews/{split}.csv").write_text(split)

    def of_reviews(**more):
        def change(tree):
            tree["targets"]["de"] = tree["targets"].pop("fi")
            tree["task"] = {"name": "amazon_reviews", "source": "reviews", **more}

        return settings(change)

    before = keys(base, of_reviews())
    assert len(set(before.values())) == len(before), "the same files, but another language"
    assert changed(before, keys(base, of_reviews(languages={"fr": "de"}))) == FILES["fr.test.tsv"]
    expected = {title.replace(" fi", " de") for title in FILES["en.train.tsv"]}
    assert changed(before, keys(base, of_reviews(sample={"train": 9}))) == expected


BIBLES = {"en": "en_web", "fr": "fr_frdarb", "de": "de_elb1905"}
REAL = {
    "sib200": {"name": "sib200", "source": f"{SHARED}/sib200"},
    "umsab": {"name": "umsab", "source": f"{SHARED}/umsab"},
    "labelled verses": {"name": "taxi1500", "source": f"{SHARED}/taxi1500"},
    "joined verses": {
        "name": "taxi1500",
        "labels": f"{SHARED}/taxi1500/labels_splits.tsv",
        "texts": {language: f"{SHARED}/bible/{name}.tsv.gz" for language, name in BIBLES.items()},
    },
}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real data sets are not at {SHARED}")
@pytest.mark.parametrize("name", REAL)
def test_an_experiment_file_with_a_real_data_set_loads_and_plans(base, name):
    tree = yaml.safe_load(SETTINGS) | {"task": REAL[name]}
    tree["targets"]["de"] = tree["targets"].pop("fi")
    (base / "real.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    experiment = load_experiment(base / "real.yaml")
    assert len(keys(base, experiment)) == len(SEEDLESS | SEEDED)
    assert experiment.task.load(experiment.languages, base).languages == ("en", "fr", "de")
