"""What an experiment compares: stitched models, the paper's baselines, and the line above them."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from mosecrot_core.learning.self_training_config import SelfTraining
from mosecrot_core.learning.task_fitting_config import TaskFitting
from mosecrot_core.mapping.alignment import Alignment, PaperRepresentations, RelativeRepresentations
from mosecrot_core.runs.mapped_method import FineTunedMethod, MappedMethod
from mosecrot_core.settings import Settings

_M = TypeVar("_M", bound=MappedMethod)


class Stitched(MappedMethod):
    """A model whose embedding is swapped for mapped target rows (section 4)."""

    kind: Literal["stitched"] = "stitched"
    alignment: Alignment = RelativeRepresentations()
    """How the target rows are mapped."""
    source_rows: Literal["reinitialised", "kept", "mixed"] | None = None
    """Whether the encoder is fine-tuned on F_s, as in the paper, or on its own rows, or mixed: each text
    through either at random; none: on F_s where the alignment is `paper`, else on its own. Own rows stay."""
    class_priors: float = Field(default=0, ge=0, le=1)
    """How much of the way each label is brought to the share that it has among the labels that were learned,
    over the language's texts without their labels, by the bias of the head (`learning/class_priors.py`): 0
    none, 1 all. For labels that are as frequent in both languages."""
    save: bool = False
    """Keep the stitched model of the first seed, one folder a language."""

    @property
    def learns_on(self) -> Literal["reinitialised", "kept", "mixed"]:
        """Which source rows the encoder is fine-tuned on."""
        if self.source_rows is None:
            return "reinitialised" if isinstance(self.alignment, PaperRepresentations) else "kept"
        return self.source_rows

    @property
    def keeps_source(self) -> bool:
        """Whether the source encoder is fine-tuned on its own rows and on no F_s."""
        return self.learns_on == "kept"

    @property
    def own_rows_stay(self) -> bool:
        """Whether the encoder's own rows have a part in fine-tuning."""
        return self.learns_on != "reinitialised"

    @model_validator(mode="after")
    def _linear_methods_keep(self) -> "Stitched":
        if self.alignment.keeps_source and not self.keeps_source:
            raise ValueError(f"{self.alignment.method} leaves the source rows alone: set source_rows: kept")
        return self


class Multilingual(FineTunedMethod):
    """A method with a multilingual encoder, which reads every language through its own pieces."""

    encoder: str
    """A hub id such as `google-bert/bert-base-multilingual-cased`, a folder, or `package:NAME/SUBPATH`."""

    @property
    def own_encoder(self) -> str:
        """The multilingual one."""
        return self.encoder


class Interpolated(FineTunedMethod):
    """Three models from one initialisation, of source, target and both languages, and all between them.

    Is zero-shot transfer under-specified? (Wu et al. 2022)
    """

    scopes: tuple[str, ...] = Field(default=("all",), min_length=1)
    """Which weights are mixed, a plane each: `all`, `encoder`, `head`, `embeddings`, `layer 3` (from 0)."""
    points: Literal["all", "lines", "coarse"] = "all"
    """all: the 33 points of each line and the 21 x 21 of the plane; lines: the former only; coarse: 5 x 5."""
    corners: Literal["trained", "random", "filter_normalised"] = "trained"
    """What stands beside the bilingual model. trained: the models of one language; random: models as far from
    it as those, in random directions, a null baseline; filter_normalised: random directions as long as the
    bilingual model itself, filter by filter (Li et al. 2018)."""
    read: Literal["dev", "test"] = "dev"
    """Which texts of both languages are scored."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """What mixed models compute in; they are mixed in float32. bfloat16 is twice as fast where there is
    hardware for it, and a score may differ by a text or two from the model's own."""

    @property
    def hangs_on_seed(self) -> bool:
        """Whether its points are others for another seed."""
        return True


class StitchedTriple(MappedMethod, Interpolated):
    """The source encoder, stitched to the target: over a joint vocabulary it is a bilingual encoder."""

    kind: Literal["stitched_triple"]
    alignment: Alignment = RelativeRepresentations()
    """How the target rows are mapped, which all three models start from."""

    @model_validator(mode="after")
    def _reads_both_languages(self) -> "StitchedTriple":
        return _joined(self)


class MultilingualTriple(Interpolated, Multilingual):
    """A multilingual encoder that reads both languages as they are, as in the paper (mBERT, XLM-R)."""

    kind: Literal["multilingual_triple"]


class Checkpoints(Interpolated):
    """Three fine-tuned models that are there already, and all between them: nothing is trained."""

    kind: Literal["checkpoints"]
    models: tuple[str, str, str]
    """The models at (0, 0), (1, 0) and (0, 1) of the plane: folders, hub ids or `package:NAME/SUBPATH`, of
    one architecture and vocabulary, with the task's labels. The first one's tokenizer reads."""
    source_tokenizer: str | None = None
    """What the source language is read with instead: the encoder that a stitched model with a joint
    vocabulary is made from, whose tokens have the same ids there; none: the same as the target."""

    @property
    def own_encoder(self) -> str:
        """The first model, whose tokenizer reads."""
        return self.models[0]

    @property
    def hangs_on_seed(self) -> bool:
        """Only where directions are drawn."""
        return self.corners != "trained"


class SelfTrained(FineTunedMethod):
    """A model that learns the target language from its unlabelled text (arXiv:2310.04726).

    First the encoder is fitted to the task's text in both languages, then its own labels teach it.
    """

    fitting: TaskFitting | None = TaskFitting()
    """Bilingual task fitting, on the train texts of both languages and what they have as `unlabelled`, all
    without labels; null: none."""
    self_training: SelfTraining = SelfTraining()
    """How its own labels teach it. `rounds: 0` stops before."""
    save: bool = False
    """Keep the model of the first seed, one folder a language."""

    @model_validator(mode="after")
    def _what_is_saved_is_plain(self) -> "SelfTrained":
        if self.save and self.self_training.result != "plain":
            raise ValueError("only a plain model can be saved: set self_training: {result: plain}")
        return self


class StitchedSelfTrained(MappedMethod, SelfTrained):
    """The source encoder, stitched to the target: over a joint vocabulary it is a bilingual encoder."""

    kind: Literal["self_trained"]
    alignment: Alignment = RelativeRepresentations()
    """How the target rows are mapped, which it starts from."""

    @property
    def own_rows_stay(self) -> bool:
        """Labels leave the rows of both languages alone: only task fitting changes them."""
        return True

    @model_validator(mode="after")
    def _reads_both_languages(self) -> "StitchedSelfTrained":
        return _joined(self)


class MultilingualSelfTrained(SelfTrained, Multilingual):
    """A multilingual encoder that reads both languages as they are, as in the paper (mBERT)."""

    kind: Literal["multilingual_self_trained"]


class InLanguage(MappedMethod):
    """A stitched model fine-tuned on the target language's own training set: the line above zero-shot."""

    kind: Literal["in_language"]


class ZeroShot(Multilingual):
    """A multilingual encoder, fine-tuned on the source language, reading the target as it is (mBERT, 5.2)."""

    kind: Literal["zero_shot"]


class LogisticRegressionBaseline(Settings):
    """LR on averaged target vectors, trained on the target language's own training set (5.2)."""

    kind: Literal["logistic_regression"]


class RawWordPieces(FineTunedMethod):
    """The fine-tuned source model reading target text through its own tokenizer: no stitching."""

    kind: Literal["raw_word_pieces"]

    @property
    def keeps_source(self) -> bool:
        """It reads through them."""
        return True


def _joined(method: _M) -> _M:
    if not method.joins_source:
        raise ValueError("a bilingual model reads the source language too: set vocabulary: joint")
    return method


def _kind(method: Any) -> str | None:
    return method.get("kind", "stitched") if isinstance(method, dict) else getattr(method, "kind", None)


Method = Annotated[
    Annotated[Stitched, Tag("stitched")]
    | Annotated[InLanguage, Tag("in_language")]
    | Annotated[ZeroShot, Tag("zero_shot")]
    | Annotated[StitchedTriple, Tag("stitched_triple")]
    | Annotated[MultilingualTriple, Tag("multilingual_triple")]
    | Annotated[Checkpoints, Tag("checkpoints")]
    | Annotated[StitchedSelfTrained, Tag("self_trained")]
    | Annotated[MultilingualSelfTrained, Tag("multilingual_self_trained")]
    | Annotated[LogisticRegressionBaseline, Tag("logistic_regression")]
    | Annotated[RawWordPieces, Tag("raw_word_pieces")],
    Discriminator(_kind),
]
