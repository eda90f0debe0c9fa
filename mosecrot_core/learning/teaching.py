"""The rounds of self-training: what each stage's model learns, what it says then, and when to end."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.files import atomic_path
from mosecrot_core.learning.class_priors import add_to_bias, class_shares, prior_offsets
from mosecrot_core.learning.dev_sets import Example
from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.example_batches import batch_of
from mosecrot_core.learning.pseudo_labels import REJECTED, accepted_labels, thresholds
from mosecrot_core.learning.self_training_config import FIRST, SelfTraining
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, train_model
from mosecrot_core.learning.training_task import TrainingTask
from mosecrot_core.learning.voting_model import EachVote, VotingClassifier, load_voters
from mosecrot_core.words.neighbours import FloatArray

Build = Callable[[], PreTrainedModel]
Load = Callable[[Path], PreTrainedModel]
STAGE_COLUMNS = ["stage", "label", "threshold", "given", "accepted", "changed"]
_PLAIN = "plain"


@dataclass(frozen=True, eq=False)
class SourceSide:
    """The labelled language, as a model reads it."""

    train: LearnablePart
    labels: NDArray[np.int64]
    """Labels of its units ``[n]``."""
    dev: LearnablePart | None = None
    """What the threshold is chosen on."""
    dev_labels: NDArray[np.int64] | None = None
    """Labels of its units ``[n]``."""


@dataclass(frozen=True, eq=False)
class PlainModel:
    """An ordinary model with the task's own head, which learns from the last voters."""

    build: Build
    """Makes one that has learned no label yet."""
    load: Load
    """Loads a trained one from its folder."""


@dataclass(frozen=True, eq=False)
class SelfTrained:
    """What self-training leaves."""

    model: PreTrainedModel
    """The last stage's."""
    stages: pd.DataFrame
    """Columns STAGE_COLUMNS, a row a stage and label: the least confidence that was asked for, how many
    target units the model before gave the label, and how many of them were learned from; `changed` is the
    share of all units that have another label since."""
    answers: Mapping[str, FloatArray]
    """What each stage's model said of the target units, probabilities ``[n, C]``; NaN of those that it was
    not given. `source` is the first; `dev` is what the last one said of the source's dev units, if there
    are any."""
    learned: Mapping[str, NDArray[np.int64]]
    """Which label of each target unit each stage learned ``[n]``, or REJECTED."""


@dataclass(frozen=True, eq=False)
class _Said:
    """What a model says of units; of those that it is not given, NaN and no label."""

    probabilities: FloatArray
    """Mean over the voters ``[n, C]``."""
    votes: NDArray[np.int64]
    """The label that each voter gives ``[n, K]``."""
    offsets: FloatArray
    """What was added to each voter's logits ``[K, C]``, so that labels come as often as they are to."""

    @property
    def labels(self) -> NDArray[np.int64]:
        return accepted_labels(self.probabilities, np.zeros(self.probabilities.shape[1]))


@dataclass
class Teaching:
    """One self-training; the arguments of `self_training.self_train`."""

    build: Build
    tokenizer: PreTrainedTokenizerBase
    source: SourceSide
    target: LearnablePart
    settings: SelfTraining
    config: TrainConfig
    seed: int
    folder: Path
    shared: Mapping[str, Path]
    progress: Progress | None
    stages: list[pd.DataFrame] = field(default_factory=list)
    answers: dict[str, FloatArray] = field(default_factory=dict)
    learned: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def done(self, plain: PlainModel | None) -> SelfTrained:
        """Go through all rounds, and end with a plain model if there is to be one."""
        if plain is None:
            model, said = self._rounds()
        elif self.settings.rounds:
            model, said = self._plainly(plain, *self._rounds())
        else:  # no voter is ever asked
            model = self._trained(_PLAIN, plain.build, [self._certain()], plain.load)
            said = self._said(model, self.target, voting=False)
            self.answers[FIRST] = said.probabilities
        if self.settings.class_priors:
            heads = list(cast("VotingClassifier", model).voters.values()) if plain is None else [model]
            for head, offsets in zip(heads, said.offsets, strict=True):
                add_to_bias(head, offsets)
        if self.source.dev is not None:
            self.answers["dev"] = self._said(model, self.source.dev, voting=plain is None).probabilities
        stages = self.stages or [pd.DataFrame(columns=STAGE_COLUMNS)]
        return SelfTrained(model, pd.concat(stages, ignore_index=True), self.answers, self.learned)

    def _rounds(self) -> tuple[PreTrainedModel, _Said]:
        """Teach the voters; return the last ones and what they say."""
        model = self._trained(FIRST, self.build, [self._certain()])
        said = self._said(model, self.target)
        self.answers[FIRST] = said.probabilities
        for number in range(1, self.settings.rounds + 1):
            before = said
            if self.settings.soft:
                model, said = self._soft(f"{number}-soft", model, said)
            if self.settings.hard:
                model, said = self._hard(f"{number}-hard", model, said)
            if said is before or (said.labels != before.labels).mean() < self.settings.least_change:
                break
        return model, said

    def _soft(self, stage: str, model: PreTrainedModel, said: _Said) -> tuple[PreTrainedModel, _Said]:
        """Learn what a model says of all target units."""
        n_labels = said.probabilities.shape[1]
        sides = [self.target.examples(said.probabilities, np.nan)]
        if self.settings.with_source:
            certain = np.eye(n_labels, dtype=np.float32)[self.source.labels]
            sides.insert(0, self.source.train.examples(certain, np.nan))
        return self._taught(stage, model, said, sides, said.labels, np.zeros(n_labels))

    def _hard(self, stage: str, model: PreTrainedModel, said: _Said) -> tuple[PreTrainedModel, _Said]:
        """Learn the labels of those target units that are trusted; without any, nothing."""
        labels, least = self._accepted(model, said)
        if (labels == REJECTED).all():
            self._note(stage, said, said, labels, least)  # the model before stays
            return model, said
        sides = [self._asked(labels)]
        if self.settings.with_source:
            sides.insert(0, self._certain())
        return self._taught(stage, model, said, sides, labels, least)

    def _plainly(
        self, plain: PlainModel, model: PreTrainedModel, said: _Said
    ) -> tuple[PreTrainedModel, _Said]:
        """Let a plain model learn what a hard round would, or without an accepted label the source's."""
        labels, least = self._accepted(model, said)
        sides = [asked] if (asked := self._asked(labels)) else []
        if self.settings.with_source or not sides:
            sides.insert(0, self._certain())
        found = self._trained(_PLAIN, plain.build, sides, plain.load)
        after = self._said(found, self.target, voting=False)
        self._note(_PLAIN, said, after, labels, least)
        return found, after

    def _certain(self) -> list[Example]:
        """Return the source texts with their labels."""
        return self.source.train.examples(self.source.labels, REJECTED)

    def _asked(self, labels: NDArray[np.int64]) -> list[Example]:
        """Return the target texts of which any label is to be learned."""
        examples = self.target.examples(labels, REJECTED)
        return [each for each in examples if np.any(each["labels"] != REJECTED)]

    def _accepted(self, model: PreTrainedModel, said: _Said) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the labels of the target that are trusted, and the least confidence of each label."""
        least = self._thresholds(model, said)
        return accepted_labels(
            said.probabilities, least, said.votes, self.settings.acceptance.agreement
        ), least

    def _thresholds(self, model: PreTrainedModel, said: _Said) -> NDArray[np.float64]:
        acceptance, dev, right = self.settings.acceptance, self.source.dev, self.source.dev_labels
        found, gold = said.probabilities[:0], np.empty(0, np.int64)
        if acceptance.asks_source and dev is not None and right is not None:
            on_dev = self._said(model, dev).probabilities
            answered = ~np.isnan(on_dev).any(axis=1)
            found, gold = on_dev[answered], right[answered]
        return thresholds(found, gold, acceptance, said.probabilities)

    def _taught(
        self,
        stage: str,
        teacher: PreTrainedModel,
        said: _Said,
        sides: Sequence[Sequence[Example]],
        labels: NDArray[np.int64],
        least: NDArray[np.float64],
    ) -> tuple[PreTrainedModel, _Said]:
        start = self.build if self.settings.start == "initial" else lambda: copy.deepcopy(teacher)
        model = self._trained(stage, start, sides)
        after = self._said(model, self.target)
        self._note(stage, said, after, labels, least)
        return model, after

    def _trained(
        self,
        stage: str,
        start: Build,
        sides: Sequence[Sequence[Example]],
        load: Load = load_voters,
    ) -> PreTrainedModel:
        """Train the model of a stage, if it is not there."""
        place = self.shared.get(stage, self.folder) / stage
        if not place.exists():
            task = TrainingTask(
                train=[example for side in sides for example in side],
                dev=None,
                collator=partial(batch_of, self.tokenizer),
                sizes=tuple(map(len, sides)),
            )
            config = self.config.model_copy(update={"select": "last", "dev_checks": None, "patience": None})
            work = place.with_name(f"{stage}.work")
            model = train_model(start, self.tokenizer, task, config, self.seed, work, self.progress)
            with atomic_path(place) as temporary:
                model.save_pretrained(temporary)
        model = load(place)
        torch.nn.Module.to(model, "cuda" if torch.cuda.is_available() else "cpu")
        return model

    def _said(self, model: PreTrainedModel, part: LearnablePart, *, voting: bool = True) -> _Said:
        each = cast("PreTrainedModel", EachVote(model)) if voting else model
        answers = part.read(each, self.tokenizer).reshape(part.n_units, -1, int(model.config.num_labels or 0))
        offsets = self._offsets(answers) if part is self.target else np.zeros(answers.shape[1:], np.float32)
        answers = answers + offsets
        return _Said(softmax(answers, axis=2).mean(axis=1), answers.argmax(axis=2), offsets)

    def _offsets(self, logits: FloatArray) -> FloatArray:
        """Return what is added to each voter's logits on the target ``[K, C]``, given these ``[n, K, C]``."""
        share, (_, n_voters, n_labels) = self.settings.class_priors, logits.shape
        if not share:
            return np.zeros((n_voters, n_labels), np.float32)
        shares = class_shares(self.source.labels, n_labels)
        found = [share * prior_offsets(logits[:, voter], shares) for voter in range(n_voters)]
        return np.array(found, np.float32)

    def _note(
        self, stage: str, said: _Said, after: _Said, labels: NDArray[np.int64], least: NDArray[np.float64]
    ) -> None:
        n_labels = said.probabilities.shape[1]
        self.learned[stage], self.answers[stage] = labels, after.probabilities
        self.stages.append(
            pd.DataFrame({
                "stage": stage, "label": np.arange(n_labels), "threshold": least,
                "given": _counts(said.labels, n_labels), "accepted": _counts(labels, n_labels),
                "changed": (after.labels != said.labels).mean(),
            })
        )  # fmt: skip


def _counts(labels: NDArray[np.int64], n_labels: int) -> NDArray[np.int64]:
    return np.asarray(np.bincount(labels[labels != REJECTED], minlength=n_labels), np.int64)
