"""Other tools' own code for what a mapping does, called with our arrays, for `mapping.py` to measure.

The job: for each of V target rows, the k anchors with the largest cosine, weights made of the cosines, and
the weighted sums of the anchors' source rows. Each tool weighs as it does by default, in the chunks that it
takes by default; faiss and NumPy, which have no weighting, get `standard`. What a tool leaves undone is said
beside it. All are given float32, also where a tool's own reader would have made float64.

The first call of a tool imports it, for seconds, and may compile it: call it on a few rows before it is
timed. And give it idle cores: beside another busy process, torch's threads wait for each other, and deepfocus
took 18 times as long with two of them as with one.
"""

import contextlib
import importlib.util
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Run = Callable[[FloatArray, FloatArray, FloatArray, int], FloatArray | None]
Indices = Callable[[FloatArray, FloatArray, FloatArray, int], NDArray[np.int32]]

_MOST_BYTES = 10 << 30  # of cosines of all rows with all anchors, where a tool holds them at once
_NUMPY_ROWS = 10_000
_MERGEKIT_ROWS = 512  # --batch-size of mergekit-tokensurgeon
_LANGSFER_ROWS = 1024  # batch_size of langsfer's initialisers
_TEMPERATURE = 0.1  # of WECHSEL, and of langsfer's `wechsel`


@dataclass(frozen=True)
class Peer:
    """One tool, and what it does of the job."""

    name: str
    """As the tool is called."""
    does: str
    """`all`, or the part of the job that it does."""
    missing: str | None
    """Why it cannot run here; None where it can."""
    run: Run
    """Takes rows ``[V, d]``, keys ``[A, d]``, their table ``[A, D]`` and k; gives ``[V, D]`` or None."""
    indices: Indices | None
    """Takes the same; gives the neighbours ``[V, k]`` that `run` uses, unordered. None: it has none."""
    most_cells: int | None
    """Largest V x A that fits in memory; None: it goes chunk by chunk."""


def peers() -> list[Peer]:
    """List the tools, also those that are not installed; imports none of them."""
    return [
        Peer("NumPy", "all", None, _numpy, _numpy_indices, None),
        Peer("faiss + embedding_bag", "all", _absent("faiss-cpu torch", "faiss", "torch"),
             _faiss, _faiss_indices, None),
        Peer("mergekit", "all", _absent("mergekit", "mergekit", "torch", "transformers", "click", "peft"),
             _mergekit, _mergekit_indices, None),
        Peer("langsfer", "all",
             _absent("langsfer (--no-deps with NumPy 2)", "langsfer", "gensim", "more_itertools", "sklearn",
                     "torch", "transformers", "platformdirs"),
             _langsfer, _langsfer_indices, None),
        Peer("WECHSEL", "all",
             _absent("wechsel", "wechsel", "fasttext", "datasets", "nltk", "gensim", "sklearn"),
             _wechsel, _wechsel_indices, None),
        Peer("deepfocus", "sums over all anchors, no top k",
             _absent("deepfocus", "deepfocus", "fasttext", "fastdist", "entmax", "datasets", "regex",
                     "print_on_steroids", "torch", "transformers"),
             _deepfocus, None, _MOST_BYTES // 8),
        Peer("latentis", "cosines only",
             _absent("latentis", "latentis", "faiss", "git", "lightning", "torch", "dotenv"),
             _latentis, None, _MOST_BYTES // 4),
    ]  # fmt: skip


def _absent(install: str, *modules: str) -> str | None:
    """Say which module is not installed, and how to get it."""
    absent = [module for module in modules if importlib.util.find_spec(module) is None]
    return f"no module {', '.join(absent)}: pip install {install}" if absent else None


@dataclass
class _Words:
    """The little that peers ask of a tokenizer: n words named by their numbers; quicker than a real one."""

    n: int
    special_tokens_map: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._words = [str(number) for number in range(self.n)]
        self.vocab = {word: number for number, word in enumerate(self._words)}

    def __len__(self) -> int:
        return self.n

    def get_vocab(self) -> dict[str, int]:
        return self.vocab

    def convert_ids_to_tokens(self, ids: int | Iterable[int]) -> str | list[str]:
        return self._words[ids] if isinstance(ids, int) else [self._words[number] for number in ids]

    def convert_tokens_to_ids(self, words: Iterable[str]) -> list[int]:
        return [self.vocab[word] for word in words]


def _starts(n: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def _numpy_found(units: FloatArray, keys: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
    cosines = units @ keys.T
    found = np.argpartition(cosines, -k, axis=1)[:, -k:]
    return found, np.take_along_axis(cosines, found, axis=1)


def _numpy_units(rows: FloatArray) -> FloatArray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _numpy(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> FloatArray:
    """What one writes first: cosines of 10,000 rows with all anchors, a partition, a gather, an einsum."""
    unit_keys, out = _numpy_units(keys), np.empty((len(rows), table.shape[1]), np.float32)
    for part in _starts(len(rows), _NUMPY_ROWS):
        found, cosines = _numpy_found(_numpy_units(rows[part]), unit_keys, k)
        weights = cosines / cosines.sum(axis=1, keepdims=True)
        out[part] = np.einsum("nk,nkd->nd", weights, table[found])
    return out


def _numpy_indices(rows: FloatArray, keys: FloatArray, _table: FloatArray, k: int) -> NDArray[np.int32]:
    return _numpy_found(_numpy_units(rows), _numpy_units(keys), k)[0].astype(np.int32)


def _faiss_found(rows: FloatArray, keys: FloatArray, k: int) -> tuple[FloatArray, NDArray[np.int64]]:
    import faiss

    units, unit_keys = rows.copy(), keys.copy()
    faiss.normalize_L2(units)
    faiss.normalize_L2(unit_keys)
    index = faiss.IndexFlatIP(keys.shape[1])
    index.add(unit_keys)
    cosines, found = index.search(units, k)
    return cosines, found


def _faiss(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> FloatArray:
    """`IndexFlatIP` searches rows at length 1; torch's `embedding_bag` sums; the weights between are ours."""
    import torch

    cosines, found = _faiss_found(rows, keys, k)
    weights = torch.from_numpy(cosines / cosines.sum(axis=1, keepdims=True))
    sums = torch.nn.functional.embedding_bag(
        torch.from_numpy(found), torch.from_numpy(table), per_sample_weights=weights, mode="sum"
    )
    return sums.numpy()


def _faiss_indices(rows: FloatArray, keys: FloatArray, _table: FloatArray, k: int) -> NDArray[np.int32]:
    return _faiss_found(rows, keys, k)[1].astype(np.int32)


def _mergekit(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> FloatArray:
    """`compute_new_embeddings` of mergekit-tokensurgeon: common_interpolation, --cosine-similarity.

    Searches, weighs (cosines over their sum: our `standard`) and sums, 512 rows at a time as its command line
    does. Not run: reading the models, and writing the sums into the matrix one row at a time.
    """
    import torch
    from mergekit.common import ModelReference
    from mergekit.scripts import tokensurgeon

    model = ModelReference.model_validate("model")
    options = tokensurgeon.TokenSurgeonOptions(
        model=model, donor=model, out_path="", k=k, cosine_similarity=True,
        method=tokensurgeon.ApproximationMethod.COMMON_INTERPOLATION,
    )  # fmt: skip
    anchors = {f"anchor {number}": number for number in range(len(keys))}
    words = {f"word {number}": len(keys) + number for number in range(len(rows))}
    donor, names = torch.from_numpy(np.concatenate([keys, rows])), list(words)
    both, source = anchors | words, torch.from_numpy(table)
    out = np.empty((len(rows), table.shape[1]), np.float32)
    for part in _starts(len(rows), _MERGEKIT_ROWS):
        sums = tokensurgeon.compute_new_embeddings(
            source, donor, anchors, both, names[part],
            is_lm_head=False, token_basis=None, orig_tokenizer=None, options=options,
        )  # fmt: skip
        out[part] = sums.numpy()
    return out


def _mergekit_indices(rows: FloatArray, keys: FloatArray, _table: FloatArray, k: int) -> NDArray[np.int32]:
    import torch
    from mergekit.tokensurgeon import DistanceMetric, common_interp_approximate

    anchors, out = torch.from_numpy(keys), np.empty((len(rows), k), np.int32)
    for part in _starts(len(rows), _MERGEKIT_ROWS):
        targets = torch.from_numpy(rows[part])
        out[part] = common_interp_approximate(targets, anchors, k, DistanceMetric.COSINE)[0].numpy()
    return out


def _langsfer(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> FloatArray:
    """`WeightedAverageEmbeddingsInitialization` with the parts that langsfer's `wechsel` gives it.

    All of the job: softmax at 0.1 of the top k, as a product of all anchors' weights with the table. It also
    draws a random matrix ``[V, D]`` to fill, and copies the vectors word by word into float64. Not run: the
    alignment by a dictionary.
    """
    from langsfer.initialization import WeightedAverageEmbeddingsInitialization
    from langsfer.similarity import CosineSimilarity
    from langsfer.token_overlap import SpecialTokenOverlap
    from langsfer.weights import SoftmaxWeights, TopKWeights

    initialiser = WeightedAverageEmbeddingsInitialization(
        source_tokenizer=_Words(len(keys)),
        source_embeddings_matrix=table,
        target_tokenizer=_Words(len(rows)),
        target_auxiliary_embeddings=_langsfer_vectors(rows),
        source_auxiliary_embeddings=_langsfer_vectors(keys),
        similarity_strategy=CosineSimilarity(),
        weights_strategy=TopKWeights(k=k).compose(SoftmaxWeights(temperature=_TEMPERATURE)),
        token_overlap_strategy=SpecialTokenOverlap(),
    )
    return np.asarray(initialiser.initialize(seed=0), dtype=np.float32)


def _langsfer_vectors(rows: FloatArray) -> Any:
    """Fill in langsfer's abstract class of word vectors."""
    from langsfer.embeddings import AuxiliaryEmbeddings

    class Vectors(AuxiliaryEmbeddings):
        embeddings_matrix = rows
        vocabulary = tuple(str(number) for number in range(len(rows)))

        def get_id_for_token(self, token: str) -> int:
            return int(token)

        def get_token_for_id(self, id_: int) -> str:
            return str(id_)

        def get_vector_for_token(self, token: str) -> FloatArray:
            return rows[int(token)]

    return Vectors()


def _langsfer_indices(rows: FloatArray, keys: FloatArray, _table: FloatArray, k: int) -> NDArray[np.int32]:
    """Its parts for cosines and top k alone; where two tie for the last place it keeps both, and we one."""
    from langsfer.similarity import CosineSimilarity
    from langsfer.weights import TopKWeights

    out = np.empty((len(rows), k), np.int32)
    for part in _starts(len(rows), _LANGSFER_ROWS):
        cosines = CosineSimilarity().apply(rows[part].astype(np.float64), keys.astype(np.float64))
        out[part] = np.argsort(-TopKWeights(k=k).apply(cosines), axis=1, kind="stable")[:, :k]
    return out


def _wechsel_made(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> tuple[FloatArray, Any]:
    from wechsel import create_target_embeddings

    sums, _, sources = create_target_embeddings(
        keys, rows, _Words(len(keys)), _Words(len(rows)), table,
        neighbors=k, temperature=_TEMPERATURE, verbose=False,
    )  # fmt: skip
    return sums, sources


def _wechsel(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> FloatArray:
    """`create_target_embeddings`: all of the job, softmax at 0.1 of the top k, word by word in Python.

    It also draws a random matrix ``[V, D]``, for words without a vector. Not run: the alignment.
    """
    return _wechsel_made(rows, keys, table, k)[0]


def _wechsel_indices(rows: FloatArray, keys: FloatArray, table: FloatArray, k: int) -> NDArray[np.int32]:
    sources = _wechsel_made(rows, keys, table, k)[1]
    return np.array([[int(word) for word in sources[str(n)][0]] for n in range(len(rows))], np.int32)


def _deepfocus(rows: FloatArray, keys: FloatArray, table: FloatArray, _k: int) -> FloatArray:
    """`focus_additional_token_initialization` of FOCUS: sparsemax over the cosines to all anchors, then sums.

    There is no top k to choose. It holds all V x A cosines at once, in float64. Not run: training the word
    vectors and finding the shared words.
    """
    import torch
    from deepfocus.focus import focus_additional_token_initialization
    from deepfocus.vocab_helper import NewToken, OverlappingToken, TokenClass

    def word(number: int) -> TokenClass:
        name = str(number)
        return TokenClass(name, number, name, name, name, name, is_beginning_of_word=True)

    source = torch.from_numpy(table)
    anchors = {
        f"anchor {n}": OverlappingToken([], word(n), source_embedding=source[n], auxiliary_embedding=keys[n])
        for n in range(len(keys))
    }
    words = {f"word {n}": NewToken(word(n), auxiliary_embedding=rows[n]) for n in range(len(rows))}
    out = torch.zeros(len(rows), table.shape[1])
    with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):  # as FOCUS does; its bar is always on
        return focus_additional_token_initialization(anchors, words, out, device="cpu").numpy()


def _latentis(rows: FloatArray, keys: FloatArray, _table: FloatArray, _k: int) -> None:
    """`relative_projection` with `cosine_proj`: the cosines to all anchors ``[V, A]``; no top k, no sums."""
    import torch
    from latentis.transform.projection import cosine_proj, relative_projection

    relative_projection(torch.from_numpy(rows), torch.from_numpy(keys), cosine_proj)
