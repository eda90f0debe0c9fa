"""A dependency parser: any encoder of Transformers with the biaffine head of Dozat and Manning (2017).

Its folder is an ordinary one: the encoder's own config with `num_labels` relations, the encoder's weights
under its own prefix, the head's under `parser`. `load_parser` reads it; `AutoModel` reads the encoder in it.

Sizes, activation and dropout are those of Wu et al. (2022) and of their code. ROOT is the special token in
front of each text, as there: the encoder knows it from every text, and there is nothing new to be learned.
"""

from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import nn
from transformers import AutoConfig, PreTrainedModel
from transformers.modeling_outputs import TokenClassifierOutput

from mosecrot_core.errors import InputError
from mosecrot_core.learning.encoder_family import encoder_of, labelled_config, load_in_family, takes_types

Compat = Literal["wu2022"] | None
"""wu2022: the released parser of Wu et al., which masks ROOT, so that no arc from it is learned or found."""
NO_ARC = -1
"""The label of a node whose arc is not to be learned: ROOT, and words whose head is cut off."""
NEVER = -1e9
"""The log-probability of arcs that cannot be."""
_ARC, _RELATION, _DROPOUT = 512, 128, 0.33
_OWN, _SUFFIX = "mosecrot_parser", "ForDependencies"
Arcs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Numbers of texts, dependents and heads ``[n]``."""


class BiaffineHead(nn.Module):
    """Scores of arcs and their relations between nodes.

    Args:
        width: Of the encoder's output, D.
        n_relations: R.
    """

    def __init__(self, width: int, n_relations: int) -> None:
        super().__init__()
        self.arc_head, self.arc_dependent = (nn.Linear(width, _ARC) for _ in range(2))
        self.relation_head, self.relation_dependent = (nn.Linear(width, _RELATION) for _ in range(2))
        self.arc = nn.Parameter(torch.empty(_ARC + 1, _ARC + 1))
        self.arc_bias = nn.Parameter(torch.empty(1))
        self.relation = nn.Bilinear(_RELATION, _RELATION, n_relations)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights as their code does: PyTorch's own, Xavier's for arcs."""
        for module in self.children():
            cast("nn.Linear | nn.Bilinear", module).reset_parameters()
        nn.init.xavier_uniform_(self.arc)
        nn.init.zeros_(self.arc_bias)

    def forward(self, nodes: torch.Tensor, only: Arcs | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores of arcs ``[B, N, N]`` and of their relations ``[B, N, N, R]``.

        The second axis is the dependent, the third the head.

        Args:
            nodes: The encoder's output at each node ``[B, N, D]``.
            only: Return relations of these arcs alone ``[n, R]``: a fraction of the memory.
        """
        head, dependent = (self._dropped(module(nodes)) for module in (self.arc_head, self.arc_dependent))
        arcs = _with_one(dependent) @ self.arc.T @ _with_one(head).transpose(1, 2) + self.arc_bias
        head, dependent = (
            self._dropped(module(nodes)) for module in (self.relation_head, self.relation_dependent)
        )
        if only is not None:
            texts, dependents, heads = only
            halves = torch.einsum("nd,rhd->nrh", dependent[texts, dependents], self.relation.weight)
            relations = torch.einsum("nrh,nh->nr", halves, head[texts, heads])
        else:
            halves = torch.einsum("bnd,rhd->bnrh", dependent, self.relation.weight)
            relations = torch.einsum("bnrh,bmh->bnmr", halves, head)
        return arcs, relations + self.relation.bias

    def _dropped(self, nodes: torch.Tensor) -> torch.Tensor:
        """Apply ELU and dropout, which is the same at all nodes of a text (Gal and Ghahramani 2016)."""
        kept = nn.functional.dropout(nodes.new_ones(len(nodes), 1, nodes.shape[2]), _DROPOUT, self.training)
        return nn.functional.elu(nodes) * kept


class DependencyParser(PreTrainedModel):  # type: ignore[no-untyped-call]
    """What is mixed into an encoder's family (`encoder_family.in_family`)."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        encoder = encoder_of(config)
        setattr(self, self.base_model_prefix, encoder)
        self._takes_types = takes_types(encoder)
        self._n_relations = int(config.num_labels)
        self.parser = BiaffineHead(config.hidden_size, self._n_relations)
        self.post_init()  # type: ignore[no-untyped-call]

    @property
    def compat(self) -> Compat:
        """Whose parser it is like."""
        return cast("Compat", getattr(self.config, _OWN)["compat"])

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, BiaffineHead):
            module.reset_parameters()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        nodes: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
    ) -> TokenClassifierOutput:
        """Return `logits`: log-probabilities of head and relation together, ``[B, N, N, R]``, float32.

        Of each node (the second axis) they add up to 1; where an arc cannot be, they are `NEVER` or less.

        Args:
            input_ids: ``[B, T]``.
            attention_mask: ``[B, T]``.
            nodes: Where in its text each node's first subword is, ROOT's first; else negative ``[B, N]``.
            token_type_ids: ``[B, T]``.
            labels: head x R + relation, heads counted in nodes, or negative ``[B, N]``; then there is a
                `loss`, the mean over words, and while the model learns nothing else.
        """
        types = {"token_type_ids": token_type_ids} if self._takes_types else {}
        hidden = self.base_model(input_ids=input_ids, attention_mask=attention_mask, **types)[0]  # [B, T, D]
        begins = attention_mask.long().argmax(dim=1, keepdim=True)  # padding may stand in front
        at = nodes.clamp(min=0) + begins
        found = hidden.gather(1, at.unsqueeze(2).expand(-1, -1, hidden.shape[2]))
        right = None if labels is None else self._right(labels)
        only = right if self.training else None
        arcs, relations = self.parser(found, only)
        arcs = arcs.float().masked_fill(~self._possible(nodes >= 0), NEVER).log_softmax(dim=2)
        relations = relations.float().log_softmax(dim=-1)
        logits = None if only else arcs.unsqueeze(3) + relations
        if labels is None or right is None:
            return TokenClassifierOutput(logits=logits)
        names = labels[right[0], right[1]] % self._n_relations
        of_names = (relations if only else relations[right]).gather(1, names.unsqueeze(1))
        return TokenClassifierOutput(self._loss(arcs[right], of_names[:, 0], right[2], len(labels)), logits)

    def _right(self, labels: torch.Tensor) -> Arcs:
        texts, dependents = torch.nonzero(labels >= 0, as_tuple=True)
        return texts, dependents, labels[texts, dependents] // self._n_relations

    def _possible(self, there: torch.Tensor) -> torch.Tensor:
        """Tell which arcs there may be, given which nodes are there ``[B, N]``: ``[B, N, N]`` or alike."""
        heads = there.unsqueeze(1).repeat(1, there.shape[1], 1)
        if self.compat == "wu2022":  # an arc to itself is not masked there before a tree is looked for
            heads[:, :, 0] = False
            return heads
        return heads & ~torch.eye(there.shape[1], dtype=torch.bool, device=there.device)

    def _loss(
        self, arcs: torch.Tensor, relations: torch.Tensor, heads: torch.Tensor, texts: int
    ) -> torch.Tensor:
        """Return the mean loss, given log-probabilities of right arcs and of their relations ``[n]``."""
        count = len(heads)
        if self.compat == "wu2022":
            arcs, count = arcs * (heads > 0), count - texts
        return -(arcs + relations).sum() / max(count, 1)


def new_parser(folder: Path, relations: tuple[str, ...], compat: Compat = None) -> PreTrainedModel:
    """Load an encoder with a new head, drawn from PyTorch's generator.

    Args:
        folder: The encoder's.
        relations: Their names.
        compat: Whose parser it is to be like; none: right.
    """
    config = labelled_config(folder, relations)
    setattr(config, _OWN, {"compat": compat})
    return load_in_family(DependencyParser, folder, config, _SUFFIX)


def load_parser(folder: Path) -> PreTrainedModel:
    """Load a parser.

    Raises:
        InputError: The folder holds another model.
    """
    config = AutoConfig.from_pretrained(folder)
    own = getattr(config, _OWN, None)
    if not isinstance(own, dict) or own.get("compat", "") not in (None, "wu2022"):
        raise InputError("the folder of a dependency parser expected", path=folder)
    return load_in_family(DependencyParser, folder, config, _SUFFIX)


def _with_one(nodes: torch.Tensor) -> torch.Tensor:
    return torch.cat([nodes, nodes.new_ones(*nodes.shape[:-1], 1)], dim=-1)
