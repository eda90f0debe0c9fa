"""Put target-language rows under a source encoder's body, and save that as an ordinary model directory."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from mosecrot_core.errors import MosecrotError
from mosecrot_core.files import atomic_path
from mosecrot_core.mapping.encoder import counts_positions_from_padding

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

METADATA_FILE = "mosecrot.json"

_ROLES = ("pad", "bos", "eos", "cls", "sep", "mask")


def stitch(
    model: PreTrainedModel,
    source_tokenizer: PreTrainedTokenizerBase,
    tokenizer: PreTrainedTokenizerBase,
    rows: NDArray[np.float32],
    kept: Mapping[int, int] | None = None,
) -> PreTrainedModel:
    """Swap the embeddings of a model (zero-shot stitching, section 4); the caller's model stays as it is.

    Special tokens keep the model's own rows, wherever they lie in the new vocabulary; all other ids take
    ``rows`` in order. In a joint vocabulary every token of the source keeps its row, and ``rows`` follow. A
    tied output layer follows; its bias is kept with the source's rows and is the mean over the source's
    words for all others. Body and head are copied, the old embedding matrix is not.

    Args:
        model: Any Auto class: with a classification, token classification or masked LM head, or none.
        source_tokenizer: The tokenizer that ``model`` was trained with.
        tokenizer: The target tokenizer (`mosecrot_core.mapping.tokenizer.build_tokenizer`).
        rows: One row per entry of the target vocabulary ``[V_t, D]``.
        kept: Which ids keep a row of the model's own, and which: of a joint vocabulary
            (`mosecrot_core.mapping.joint_tokenizer.JointTokens.kept`); none: special tokens.

    Raises:
        MosecrotError: Wrong shape, a value that is not finite, a special token unknown to the source, an
            output layer with weights of its own, or a pad token that moved where positions count from its id.
    """
    weight = _input_embedding(model).weight
    specials = _special_ids(source_tokenizer, tokenizer, len(weight))
    kept = specials if kept is None else kept
    _check_rows(rows, expected=(len(tokenizer) - len(kept), weight.shape[1]))
    _check_model(model, source_tokenizer, tokenizer)
    matrix = weight.new_empty(len(tokenizer), weight.shape[1], requires_grad=False)  # [V, D]
    is_word = torch.ones(len(tokenizer), dtype=torch.bool, device=weight.device)
    is_word[list(kept)] = False
    matrix[is_word] = torch.as_tensor(rows).to(matrix)
    matrix[list(kept)] = weight.detach()[list(kept.values())]

    stitched = _copy_around(model, weight)
    bias = _output_bias(model, source_tokenizer, kept, len(tokenizer))
    # Resizing draws random rows, which are overwritten below: the caller's random state stays as it is.
    with torch.random.fork_rng(devices=[weight.device] if weight.is_cuda else []):
        stitched.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    embedding, output = _input_embedding(stitched), _output_layer(stitched)
    embedding.weight.data = matrix
    if embedding.padding_idx is not None:
        embedding.padding_idx = tokenizer.pad_token_id
    if output is not None and bias is not None:
        output.bias.data = bias
    _renumber(stitched.config, source_tokenizer, tokenizer)
    return stitched


def save_stitched(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    directory: str | Path,
    metadata: Mapping[str, Any],
) -> Path:
    """Write a directory that plain ``transformers`` loads without this package.

    It is written under a temporary name beside its place, then renamed: it is there whole or not at all.

    Args:
        model: What `stitch` returned.
        tokenizer: Its tokenizer.
        directory: Created; an earlier result of this function is replaced, anything else is not.
        metadata: What JSON can hold: where the model comes from; written to ``mosecrot.json``.

    Returns:
        The directory.

    Raises:
        MosecrotError: Something else is at that place, or it cannot be written (a full disk).
    """
    target = Path(directory)
    if target.exists() and not (target / METADATA_FILE).exists() and not _is_empty_directory(target):
        raise MosecrotError(f"{target} exists and is no stitched model: give another place, or move it away")
    try:
        with atomic_path(target) as partial:
            partial.mkdir()
            (partial / METADATA_FILE).write_text(
                json.dumps(metadata, indent=2, ensure_ascii=False) + "\n", "utf-8"
            )
            model.save_pretrained(partial)
            for weights in partial.glob("*.safetensors"):  # which safetensors writes for the owner alone
                weights.chmod((partial / METADATA_FILE).stat().st_mode)
            tokenizer.backend_tokenizer.no_truncation()
            tokenizer.backend_tokenizer.no_padding()
            tokenizer.save_pretrained(partial)
    except (OSError, SafetensorError) as error:
        raise MosecrotError(f"{target} could not be written, nothing is left of it: {error}") from error
    return target


def _special_ids(
    source_tokenizer: PreTrainedTokenizerBase, tokenizer: PreTrainedTokenizerBase, source_size: int
) -> dict[int, int]:
    """Map the new id of each special token to its id in the source."""
    new, old = tokenizer.get_vocab(), source_tokenizer.get_vocab()
    tokens = tokenizer.all_special_tokens
    lost = [token for token in tokens if not 0 <= old.get(token, -1) < source_size]
    if lost:
        raise MosecrotError(f"the source has no row for the special tokens {lost}: is this its tokenizer?")
    return {new[token]: old[token] for token in tokens}


def _check_rows(rows: NDArray[np.float32], expected: tuple[int, int]) -> None:
    if tuple(rows.shape) != expected:
        raise MosecrotError(
            f"rows of shape {expected} (entries of the vocabulary, width of the embedding) were expected, "
            f"{tuple(rows.shape)} came: select them with TargetVocabulary.source_index"
        )
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise MosecrotError(f"{int((~finite).sum()):,} of {len(rows):,} rows hold NaN or infinity")


def _check_model(
    model: PreTrainedModel, source_tokenizer: PreTrainedTokenizerBase, tokenizer: PreTrainedTokenizerBase
) -> None:
    if counts_positions_from_padding(model) and tokenizer.pad_token_id != source_tokenizer.pad_token_id:
        raise MosecrotError(
            f"this model counts positions from its pad token's id, {source_tokenizer.pad_token_id}, which is "
            f"{tokenizer.pad_token_id} in the new tokenizer: build it with build_tokenizer"
        )
    weight, output = _input_embedding(model).weight, _output_layer(model)
    if output is not None and output.weight is not weight:
        raise MosecrotError(
            f"the output layer {tuple(output.weight.shape)} is not tied to the input embedding "
            f"{tuple(weight.shape)}: there are no target rows for it"
        )


def _copy_around(model: PreTrainedModel, weight: torch.Tensor) -> PreTrainedModel:
    """Copy all but the embedding matrix, whose storage is shared until it is replaced."""
    shared = torch.nn.Parameter(weight.detach(), requires_grad=weight.requires_grad)
    twin: PreTrainedModel = copy.deepcopy(model, {id(weight): shared})
    return twin


def _output_bias(
    model: PreTrainedModel, source_tokenizer: PreTrainedTokenizerBase, kept: Mapping[int, int], size: int
) -> torch.Tensor | None:
    """Give kept tokens their own output bias and all words the mean word bias ``[V]``."""
    output = _output_layer(model)
    if output is None or output.bias is None:
        return None
    old = output.bias.detach()
    words = torch.ones(len(old), dtype=torch.bool, device=old.device)
    words[source_tokenizer.all_special_ids] = False
    bias = old[words].mean().repeat(size)
    bias[list(kept)] = old[list(kept.values())]
    return bias


def _renumber(
    config: Any, source_tokenizer: PreTrainedTokenizerBase, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Point the token ids of the configuration at the new vocabulary."""
    for role in _ROLES:
        name = f"{role}_token_id"
        new, old = getattr(tokenizer, name), getattr(config, name, None)
        if new is None and isinstance(old, int):
            new = tokenizer.get_vocab().get(str(source_tokenizer.convert_ids_to_tokens(old)))
        if new is not None or old is not None:
            setattr(config, name, new)
    if getattr(config, "tokenizer_class", None) is not None:
        config.tokenizer_class = None  # Names the source's class, which would rebuild the source's rules.


def _input_embedding(model: PreTrainedModel) -> torch.nn.Embedding:
    return cast("torch.nn.Embedding", model.get_input_embeddings())


def _output_layer(model: PreTrainedModel) -> torch.nn.Linear | None:
    return cast("torch.nn.Linear | None", model.get_output_embeddings())  # type: ignore[no-untyped-call]


def _is_empty_directory(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
