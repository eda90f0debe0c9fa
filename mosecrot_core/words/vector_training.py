"""Word vectors trained on a user's own running text, for a language that has no published ones.

The trainer is gensim's. fastText (Bojanowski et al., 2017) is skip-gram whose words are sums of their letter
n-grams: rare forms of a word learn from the frequent ones, and unseen words get a vector too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rich.progress
from numpy.typing import NDArray
from pydantic import Field, model_validator
from rich.console import Console

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, named_disk_errors
from mosecrot_core.settings import Settings
from mosecrot_core.words.raw_text import LONGEST_SENTENCE, Sentences
from mosecrot_core.words.subword_vectors import Composer
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors
from mosecrot_core.words.word_cutting import Cutter, space_cutter, word_cutter

_FEWEST_WORDS = 100
_SUBWORDS, _WORDS_ONLY = ".bin", ".safetensors"


class VectorTraining(Settings):
    """How word vectors are trained.

    The defaults were chosen by P@1 of held-out words in MiniLM's rows, with Bibles of 850,000 words.
    Model and learning rate are the best of those tried in German (MUSE pairs) and Spanish (Wiktionary pairs),
    epochs and min_count in Spanish alone. In German a window of 10 was slightly better in 1.5 times the time.
    """

    model: Literal["fasttext", "word2vec"] = "fasttext"
    """Skip-gram with negative sampling, words made of subwords (fasttext) or whole (word2vec)."""
    dim: int = Field(default=300, ge=2, le=2_000)
    """Numbers in a vector."""
    epochs: int = Field(default=20, ge=1)
    """How often the text is gone through."""
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    """Step size at the start; it falls to nearly 0 in equal steps."""
    window: int = Field(default=5, ge=1)
    """Words on either side that a word is to predict, at most; punctuation marks count as words."""
    min_count: int = Field(default=2, ge=1)
    """Words that occur less often are left out."""
    min_n: int = Field(default=3, ge=1)
    """Letters in the shortest subword, the marks of a word's beginning and end counted; fasttext only."""
    max_n: int = Field(default=6, ge=1)
    """Letters in the longest subword; fasttext only."""
    buckets: int = Field(default=100_000, ge=1)
    """Rows that all subwords share by their hash, 4 * dim bytes each in memory and file; fasttext only. Words
    of 30,000 verses have some 80,000 different subwords; gensim's 2,000,000 are for a whole Wikipedia."""
    casing: Literal["fold", "keep"] = "fold"
    """Lower-case the text (fold), which joins the counts of a word's spellings, or not (keep)."""
    cut: Literal["words", "spaces"] = "words"
    """words: as a stitched tokenizer cuts, at spaces and around every punctuation mark; spaces: wherever
    the text has a space, which somebody must have put there in scripts without spaces between words."""
    seed: int = Field(default=0, ge=0, lt=2**32 - 1)
    """Seed of everything random: the same text and settings give the same vectors."""

    @model_validator(mode="after")
    def _lengths(self) -> "VectorTraining":
        if self.max_n < self.min_n:
            raise ValueError(f"max_n must be at least min_n; {self.max_n} and {self.min_n} came")
        return self


@dataclass(frozen=True, eq=False)
class TrainedVectors:
    """What a training leaves: word vectors, and the file of them with their subwords."""

    model: Any
    """gensim's model."""

    @property
    def words(self) -> int:
        """How many words have a vector, V."""
        return len(self.model.wv)

    def vectors(self) -> WordVectors:
        """Give the vectors, most frequent word first; with fasttext, unseen words get a row too."""
        words = list(self.model.wv.index_to_key)
        rows = np.asarray(self.model.wv.vectors, dtype=np.float32)
        composer = _composer(self.model.wv) if _subwords(self.model) else None
        return WordVectors(words, rows, LoadReport(read=len(words), kept=len(words)), composer)

    def save(self, path: Path) -> None:
        """Write the vectors; the file appears whole or not at all, and `WordVectors.load` reads it.

        Args:
            path: ``NAME.bin`` is fastText's own format, with subwords (and what fastText needs to train on:
                its size is 4 * dim * (2 V + buckets) bytes); ``NAME.safetensors`` has the words alone.

        Raises:
            InputError: The ending is another, or ``.bin`` where there are no subwords.
        """
        check_ending(path, subwords=_subwords(self.model))
        if path.suffix == _WORDS_ONLY:
            self.vectors().save(path)
            return
        from gensim.models.fasttext import save_facebook_model

        with named_disk_errors(path.parent), atomic_path(path) as temporary:
            save_facebook_model(self.model, str(temporary))


def check_ending(path: Path, *, subwords: bool) -> None:
    """Refuse a file to write whose ending does not name a format that can hold the vectors.

    Raises:
        InputError: It does not, or the path is a folder.
    """
    if path.is_dir():
        raise InputError("the name of a file was expected, a folder came", path=path)
    endings = (_SUBWORDS, _WORDS_ONLY) if subwords else (_WORDS_ONLY,)
    if path.suffix not in endings:
        names = " or ".join(f"NAME{ending}" for ending in endings)
        what = "fastText vectors" if subwords else "vectors without subwords"
        raise InputError(f"{names} was expected as the file to write {what} to", path=path)


def train_vectors(
    texts: Iterable[str],
    settings: VectorTraining | None = None,
    *,
    cut: Cutter | None = None,
    path: str | Path | None = None,
    progress: bool = False,
) -> TrainedVectors:
    """Train word vectors on running text.

    One thread does it, so that the same texts, settings and library versions give the same numbers. 850,000
    words take two minutes in 20 epochs with fasttext, half of that with word2vec.

    Args:
        texts: Sentences, verses, paragraphs: no word is predicted from the next text. Read once.
        settings: How.
        cut: Gives the words of a text, for scripts without spaces; takes the place of `cut` and `casing` in
            the settings.
        path: Where the texts come from, for errors.
        progress: Show a bar on standard error.

    Raises:
        InputError: Fewer than 100 different words are frequent enough, or the text is in a script without
            spaces and nothing is there to cut it.
    """
    settings = settings or VectorTraining()
    sentences = Sentences.read(texts, cut or _cutter(settings), settings.min_count)
    if cut is None and settings.cut == "words":
        _check_spaces(sentences, path)
    if len(sentences.words) < _FEWEST_WORDS:
        wanted = f"{_FEWEST_WORDS} different words that occur {settings.min_count} times or more"
        problem = f"{wanted} were expected, {len(sentences.words)} came"
        raise InputError(problem, path=path, remedy="Give more text, or lower min_count.")
    model = _new_model(settings)
    # Counted and sorted here: gensim's order of equally frequent words depends on the processor.
    counts = dict(zip(sentences.words, sentences.counts.tolist(), strict=True))
    model.build_vocab_from_freq(counts, corpus_count=len(sentences))
    with rich.progress.Progress(console=Console(stderr=True), disable=not progress) as bars:
        # After Ctrl-C gensim's threads wait for ever, without work, for the progress to be asked for.
        epochs = _Epochs(sentences, bars, settings.epochs * len(sentences))
        model.train(epochs, total_examples=len(sentences), epochs=settings.epochs)
    return TrainedVectors(model)


class _Epochs:
    """The sentences, as often as gensim's thread asks for them."""

    def __init__(self, sentences: Sentences, bars: rich.progress.Progress, total: int) -> None:
        self._sentences, self._bars, self._task = sentences, bars, bars.add_task("training", total=total)

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in self._sentences:
            yield sentence
            self._bars.advance(self._task)


def _new_model(settings: VectorTraining) -> Any:
    from gensim.models import FastText, Word2Vec  # seconds

    common = {
        "sg": 1, "vector_size": settings.dim, "window": settings.window, "alpha": settings.learning_rate,
        "min_count": 1, "sorted_vocab": 0, "seed": settings.seed, "workers": 1,
        # Between two values of the learning rate; gensim's 10,000 is much of a short text.
        "batch_words": LONGEST_SENTENCE,
    }  # fmt: skip
    if settings.model == "word2vec":
        return Word2Vec(**common)
    return FastText(min_n=settings.min_n, max_n=settings.max_n, bucket=settings.buckets, **common)


def _cutter(settings: VectorTraining) -> Cutter:
    fold = settings.casing == "fold"
    return word_cutter(fold=fold) if settings.cut == "words" else space_cutter(fold=fold)


def _check_spaces(sentences: Sentences, path: str | Path | None) -> None:
    if sentences.unspaced > 0.5:
        problem = "words with spaces between them were expected, the text is in a script without"
        remedy = "Cut it first, one space between two words (jieba, PyThaiNLP), and set cut to spaces."
        raise InputError(problem, path=path, remedy=remedy)


def _subwords(model: Any) -> bool:
    return hasattr(model.wv, "vectors_ngrams")


def _composer(wv: Any) -> Composer:
    from gensim.models.fasttext import ft_ngram_hashes

    def compose(word: str) -> NDArray[np.float32] | None:
        grams = ft_ngram_hashes(word, wv.min_n, wv.max_n, wv.bucket)
        return np.asarray(wv.vectors_ngrams[grams].mean(axis=0), dtype=np.float32) if grams else None

    return compose
