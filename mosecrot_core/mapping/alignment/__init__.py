"""How target rows are brought into the source space: one file a method, one interface (`base.py`)."""

from typing import Annotated

from pydantic import Field

from mosecrot_core.mapping.alignment.base import Mapping
from mosecrot_core.mapping.alignment.clp import Clp
from mosecrot_core.mapping.alignment.focus import Focus
from mosecrot_core.mapping.alignment.least_squares import LeastSquares
from mosecrot_core.mapping.alignment.locally_linear import LocallyLinear
from mosecrot_core.mapping.alignment.omp import MatchingPursuit
from mosecrot_core.mapping.alignment.procrustes import Procrustes
from mosecrot_core.mapping.alignment.rcsls import Rcsls
from mosecrot_core.mapping.alignment.relative_representations import (
    PaperRepresentations,
    RelativeMapping,
    RelativeRepresentations,
    RelativeSettings,
)
from mosecrot_core.mapping.alignment.wechsel import SourceStatics, Wechsel
from mosecrot_core.mapping.alignment.whitened import Whitened

Alignment = Annotated[
    RelativeRepresentations
    | PaperRepresentations
    | LeastSquares
    | Procrustes
    | Whitened
    | Rcsls
    | Clp
    | Focus
    | Wechsel
    | MatchingPursuit
    | LocallyLinear,
    Field(discriminator="method"),
]

__all__ = [
    "Alignment",
    "Clp",
    "Focus",
    "LeastSquares",
    "LocallyLinear",
    "Mapping",
    "MatchingPursuit",
    "PaperRepresentations",
    "Procrustes",
    "Rcsls",
    "RelativeMapping",
    "RelativeRepresentations",
    "RelativeSettings",
    "SourceStatics",
    "Wechsel",
    "Whitened",
]
