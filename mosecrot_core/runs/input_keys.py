"""Keys of what an experiment reads: the encoder, target words, anchors, labelled texts."""

from pathlib import Path
from typing import Any

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.verdict import decisions_digest
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.mapping.alignment import Wechsel
from mosecrot_core.mapping.segmentation import kind_of
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.keys import FileHashes, step_key
from mosecrot_core.runs.languages import VectorSettings
from mosecrot_core.runs.mapped_method import FineTunedMethod, MappedMethod
from mosecrot_core.runs.text_keys import TextKeys
from mosecrot_core.words.lexicon import LexiconSettings


class InputKeys:
    """Keys of inputs, each of all that it depends on and of nothing else.

    Args:
        experiment: What is run.
        base: Folder that its relative paths start from.
        hashes: Gives the hash of each input file.

    Raises:
        InputError: An input file is not there.
    """

    def __init__(self, experiment: Experiment, base: Path, hashes: FileHashes) -> None:
        self._experiment, self._base, self._hashes = experiment, base, hashes
        self.encoder = self.model(experiment.source.encoder)
        self.texts = TextKeys(experiment, base, hashes)
        targets = experiment.targets.items()
        self._vectors = {name: self._of_vectors(own.vectors) for name, own in targets if own.vectors}
        self._unspaced = {name for name in experiment.targets if kind_of(name, ()) == "longest_match"}
        self._composing = self._unspaced.union(
            name for name, own in targets if own.vectors and own.vectors.compose(base)
        )
        self._lists = {
            name: self._of_list(own.lexicon, own.decisions, name) for name, own in targets if own.lexicon
        }
        statics = experiment.source.vectors
        self._statics = None if statics is None else self._of_vectors(statics)

    def model(self, spec: str) -> str:
        """Return the key of an encoder."""
        return self._hashes.of(model_folder(spec, self._base))

    def words(self, language: str) -> str:
        """Return the key of what a stitched model knows: target words, their static rows, how text is cut."""
        return step_key(
            "words",
            vectors=self._vectors[language],
            tokenizer=self._experiment.tokenizer.model_dump(),
            encoder=self.encoder,
            texts=self.texts.of(language),
            **({"characters": "composed"} if language in self._unspaced else {}),
            **self.unlabelled(language),
        )

    def unlabelled(self, language: str) -> dict[str, Any]:
        """Return what the text of a language depends on that is there beside the task's, if there is any."""
        settings = self._experiment.unlabelled(language)
        if settings is None:
            return {}
        files = [self._hashes.of(resolve_path(path, self._base)) for path in settings.files]
        return {"unlabelled": [files, settings.model_dump()]}

    def anchors(self, language: str, settings: AnchorSettings) -> str:
        """Return the key of an anchor set."""
        return step_key(
            "anchors",
            vectors=self._vectors[language],
            anchors=self._that_matter(settings, language),
            encoder=self.encoder,
            languages=[self._experiment.source.language, language],
            **self._lists[language],
        )

    def source_rows(self, name: str, language: str) -> dict[str, Any]:
        """Return what re-initialised source rows depend on."""
        method = self._experiment.mapped(name)
        settings = self._experiment.anchor_settings(language, name)
        return {
            "alignment": method.alignment.model_dump(),
            "anchors": self.anchors(language, settings),
            **self._statics_of(method),
        }

    def target_rows(self, name: str, language: str) -> dict[str, Any]:
        """Return what mapped target rows depend on."""
        weight = self._experiment.mapped(name).spelled
        spelled = {"spelling": weight} if weight else {}
        return {**self.source_rows(name, language), **self._vocabulary(name, language), **spelled}

    def _frequent(self, name: str) -> dict[str, Any]:
        """Return what decides which words are read as source words as frequent, and which those are."""
        least = self._experiment.mapped(name).frequent_from
        if least == 1:
            return {}
        return {"frequent": [least, self.texts.of(self._experiment.source.language, ("train",))]}

    def common_reading(self, language: str) -> dict[str, Any]:
        """Return what decides how test texts are cut into words of the vectors, as most methods read them."""
        return {"words": self.words(language), "max_length": self._experiment.training.max_length}

    def reading(self, name: str, language: str) -> dict[str, Any] | None:
        """Return what decides how a method's own tokenizer cuts test texts; None: as `common_reading`."""
        method = self._experiment.methods[name]
        if not isinstance(method, FineTunedMethod):
            return None
        length = self._experiment.training_for(name).max_length
        if isinstance(method, MappedMethod):
            known = self._vocabulary(name, language)
            return {**known, "max_length": length} if len(known) > 1 else None
        texts = self.texts.of(language, ("test",))
        return {"texts": texts, "encoder": self.encoder_of(method), "max_length": length}

    def _vocabulary(self, name: str, language: str) -> dict[str, Any]:
        """Return what the vocabulary of a method depends on that maps target rows."""
        method, found = self._experiment.mapped(name), {"words": self.words(language)}
        if method.takes_listed:
            found["listed"] = self.anchors(language, self._experiment.anchor_settings(language, name))
        found |= self._frequent(name)
        return {**found, **({"with_source": True} if method.joins_source else {})}

    def encoder_of(self, method: FineTunedMethod) -> str:
        """Return the key of the encoder that a method fine-tunes."""
        return self.model(method.own_encoder) if method.own_encoder else self.encoder

    def _that_matter(self, settings: AnchorSettings, language: str) -> dict[str, Any]:
        """Leave out later settings where they change nothing, so that keys are what they were."""
        idle = {"grow"} if settings.grow is None else set()
        if settings.composed == "keep" or language not in self._composing:
            idle.add("composed")
        return settings.model_dump(exclude=idle)

    def _statics_of(self, method: MappedMethod) -> dict[str, Any]:
        return {"statics": self._statics} if isinstance(method.alignment, Wechsel) else {}

    def _of_vectors(self, vectors: VectorSettings) -> list[Any]:
        """Name what a table of vectors depends on: where its rows lie meanwhile changes none of them."""
        hashes = [self._hashes.of(path) for path in vectors.files(self._base)]
        return [hashes, vectors.model_dump(mode="json", exclude={"memory_mapped"})]

    def _of_list(self, lexicon: LexiconSettings, decisions: str | None, language: str) -> dict[str, Any]:
        path = resolve_path(lexicon.path, self._base)
        return {
            "lexicon": [self._hashes.of(path), lexicon.model_dump()],
            "decisions": self._decided(decisions, language),
        }

    def _decided(self, decisions: str | None, language: str) -> str | None:
        """Name what reviewers decided: the verdicts that stand, whoever made them and whenever."""
        if decisions is None:
            return None
        languages = (self._experiment.source.language, language)
        return decisions_digest(read_decisions(resolve_path(decisions, self._base), languages))
