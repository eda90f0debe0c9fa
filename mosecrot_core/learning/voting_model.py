"""A classifier of texts or of words with several heads over one encoder, which vote.

The voters of "Zero-shot Cross-lingual Transfer without Parallel Corpus" (arXiv:2310.04726) are encoders of
features of different kinds; its text was not at hand. That they share the encoder, are these three, learn
side by side and are averaged in probability are assumptions; which there are is a setting.

A folder is an ordinary one: the encoder's own config with the labels, the encoder's weights under its own
prefix, the heads' under `voters`. `load_voters` reads it; `AutoModel` reads the encoder in it.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import torch
from torch import nn
from transformers import AutoConfig, PreTrainedModel
from transformers.modeling_outputs import TokenClassifierOutput

from mosecrot_core.errors import InputError
from mosecrot_core.learning.encoder_family import encoder_of, labelled_config, load_in_family, takes_types
from mosecrot_core.learning.self_training_config import VoterKind

ALL_VOTERS: tuple[VoterKind, ...] = get_args(VoterKind)

_WIDTHS = (3, 4, 5)
"""How many tokens a filter of a text's CNN sees (Kim, 2014); a word's sees one on either side."""
_FILTERS, _HIDDEN, _DROPOUT = 100, 128, 0.1
_OWN, _SUFFIX = "mosecrot_voters", "ForVoting"
_NOTHING = -1e9


class LinearVoter(nn.Module):
    """Looks at the first token of a text, or at each token."""

    def __init__(self, width: int, n_labels: int, *, of_words: bool) -> None:
        super().__init__()
        self.out, self._of_words = nn.Linear(width, n_labels), of_words

    def forward(self, states: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Score states ``[B, T, D]`` of which some are `there` ``[B, T]``: ``[B, C]``, or ``[B, T, C]``."""
        if self._of_words:
            return cast("torch.Tensor", self.out(states))
        first = there.long().argmax(dim=1)  # padding may stand in front
        return cast("torch.Tensor", self.out(states[torch.arange(len(states), device=states.device), first]))


class BiLstmVoter(nn.Module):
    """Reads the states both ways; of a text the largest value of each number counts."""

    def __init__(self, width: int, n_labels: int, *, of_words: bool) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, _HIDDEN, batch_first=True, bidirectional=True)
        self.out, self._of_words = nn.Linear(2 * _HIDDEN, n_labels), of_words

    def forward(self, states: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """See `LinearVoter.forward`."""
        found = states.new_zeros(*states.shape[:2], 2 * _HIDDEN)
        lengths = there.sum(dim=1).cpu()
        packed = nn.utils.rnn.pack_sequence(
            [own[mask] for own, mask in zip(states, there, strict=True)], enforce_sorted=False
        )
        read, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        within = torch.arange(read.shape[1]) < lengths[:, None]
        found[there] = read[within.to(read.device)].to(found)
        if self._of_words:
            return cast("torch.Tensor", self.out(found))
        return cast("torch.Tensor", self.out(_largest(found, there)))


class CnnVoter(nn.Module):
    """Looks at runs of tokens (Kim, 2014); of a text the largest value of each filter counts."""

    def __init__(self, width: int, n_labels: int, *, of_words: bool) -> None:
        super().__init__()
        widths = _WIDTHS[:1] if of_words else _WIDTHS
        self.filters = nn.ModuleList(nn.Conv1d(width, _FILTERS, n) for n in widths)
        self.out, self._of_words = nn.Linear(_FILTERS * len(widths), n_labels), of_words

    def forward(self, states: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """See `LinearVoter.forward`."""
        kept = (states * there.unsqueeze(2)).transpose(1, 2)  # beyond a text's end there is nothing
        seen = [_filtered(cast("nn.Conv1d", filters), kept) for filters in self.filters]
        found = torch.cat(seen, dim=1).transpose(1, 2).relu()
        if self._of_words:
            return cast("torch.Tensor", self.out(found))
        return cast("torch.Tensor", self.out(_largest(found, there)))


_VOTERS: dict[VoterKind, Any] = {"linear": LinearVoter, "bilstm": BiLstmVoter, "cnn": CnnVoter}


class VotingClassifier(PreTrainedModel):  # type: ignore[no-untyped-call]
    """What is mixed into an encoder's family (`encoder_family.in_family`)."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        encoder = encoder_of(config)
        setattr(self, self.base_model_prefix, encoder)
        self._takes_types = takes_types(encoder)
        own = getattr(config, _OWN)
        self.voters = nn.ModuleDict({
            kind: _VOTERS[kind](config.hidden_size, config.num_labels, of_words=own["of_words"])
            for kind in own["kinds"]
        })  # fmt: skip
        self.post_init()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Draw the weights of what the encoder's family does not know as PyTorch does."""
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, nn.LSTM | nn.Conv1d):
            module.reset_parameters()

    def votes(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return each voter's log-probabilities, float32: ``[K, B, C]`` of texts, ``[K, B, T, C]`` of words.

        Args:
            input_ids: ``[B, T]``.
            attention_mask: ``[B, T]``.
            token_type_ids: ``[B, T]``.
        """
        types = {"token_type_ids": token_type_ids} if self._takes_types else {}
        states = self.base_model(input_ids=input_ids, attention_mask=attention_mask, **types)[0]  # [B, T, D]
        states = nn.functional.dropout(states, _DROPOUT, self.training)
        there = attention_mask.bool()
        scores = torch.stack([voter(states, there).float() for voter in self.voters.values()])
        return scores.log_softmax(dim=-1)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
    ) -> TokenClassifierOutput:
        """Return `logits`: log of the voters' mean probability, ``[B, C]`` or ``[B, T, C]``, float32.

        Args:
            input_ids: ``[B, T]``.
            attention_mask: ``[B, T]``.
            token_type_ids: ``[B, T]``.
            labels: ``[B]`` or ``[B, T]``, -100 where there is none; then there is a `loss`, the mean of the
                voters' cross-entropies. Or probabilities, ``[B, C]`` or ``[B, T, C]``, NaN where there are
                none; then it is the mean of the voters' squared errors. Each voter learns by itself. The loss
                is 0 where there is nothing to learn at all.
        """
        votes = self.votes(input_ids, attention_mask, token_type_ids)
        logits = votes.logsumexp(dim=0) - math.log(len(votes))
        if labels is None:
            return TokenClassifierOutput(logits=logits)
        of_all = votes.flatten(1, -2)  # [K, n, C]
        loss = _squared_errors(of_all, labels) if labels.is_floating_point() else _entropies(of_all, labels)
        return TokenClassifierOutput(loss, logits)


class EachVote(nn.Module):
    """A voting model that says what each voter says: `logits` ``[B, K * C]`` or ``[B, T, K * C]``."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = cast("VotingClassifier", model)
        self.config = SimpleNamespace(num_labels=len(self.model.voters) * int(model.config.num_labels or 0))

    @property
    def device(self) -> torch.device:
        """That of the model."""
        return self.model.device

    def forward(self, **inputs: torch.Tensor) -> TokenClassifierOutput:
        """Read a batch."""
        votes = self.model.votes(**inputs)
        return TokenClassifierOutput(logits=votes.movedim(0, -2).flatten(-2))


def new_voters(
    folder: Path,
    label_names: Sequence[str],
    kinds: Sequence[VoterKind] = ALL_VOTERS,
    *,
    of_words: bool = False,
) -> PreTrainedModel:
    """Load an encoder with new voters, drawn from PyTorch's generator.

    Args:
        folder: The encoder's.
        label_names: The labels.
        kinds: Which voters.
        of_words: Whether each token has a label, or each text.

    Raises:
        InputError: No voter, an unknown one, or one twice.
    """
    if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(ALL_VOTERS):
        raise InputError(
            f"different voters of {', '.join(ALL_VOTERS)} expected, got {', '.join(kinds) or 'none'}"
        )
    config = labelled_config(folder, label_names)
    setattr(config, _OWN, {"kinds": list(kinds), "of_words": of_words})
    return load_in_family(VotingClassifier, folder, config, _SUFFIX)


def load_voters(folder: Path) -> PreTrainedModel:
    """Load a voting model.

    Raises:
        InputError: The folder holds another model.
    """
    config = AutoConfig.from_pretrained(folder)
    own = getattr(config, _OWN, None)
    if not isinstance(own, dict) or not set(own.get("kinds", [None])) <= set(ALL_VOTERS):
        raise InputError("the folder of a model with voters expected", path=folder)
    return load_in_family(VotingClassifier, folder, config, _SUFFIX)


def _filtered(filters: nn.Conv1d, states: torch.Tensor) -> torch.Tensor:
    """Apply filters at every token, with nothing around the text: ``[B, D, T]`` to ``[B, F, T]``."""
    (n,) = filters.kernel_size
    return cast("torch.Tensor", filters(nn.functional.pad(states, ((n - 1) // 2, n // 2))))


def _entropies(votes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of log-probabilities ``[K, n, C]`` with n labels."""
    known = labels.flatten() >= 0
    right = labels.flatten()[known].expand(len(votes), -1)
    found = votes[:, known].gather(2, right.unsqueeze(2))
    return -found.sum() / max(found.numel(), 1)


def _squared_errors(votes: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
    """Return the mean squared distance of log-probabilities ``[K, n, C]`` to n distributions."""
    wanted = probabilities.flatten(0, -2)
    known = ~wanted.isnan().any(dim=1)
    found = (votes[:, known].exp() - wanted[known]).square().sum(dim=2)
    return found.sum() / max(found.numel(), 1)


def _largest(values: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Return the largest of each number over a text's tokens: ``[B, T, D]`` to ``[B, D]``."""
    return values.masked_fill(~there.unsqueeze(2), _NOTHING).amax(dim=1)
