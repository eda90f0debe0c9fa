"""How target rows are brought into the source space: one file a method, one interface (`base.py`)."""

from typing import Annotated

from pydantic import Field

from mosecrot_core.mapping.alignment.base import Mapping
from mosecrot_core.mapping.alignment.least_squares import LeastSquares
from mosecrot_core.mapping.alignment.procrustes import Procrustes
from mosecrot_core.mapping.alignment.relative_representations import RelativeMapping, RelativeRepresentations
from mosecrot_core.mapping.alignment.whitened import Whitened

Alignment = Annotated[
    RelativeRepresentations | LeastSquares | Procrustes | Whitened, Field(discriminator="method")
]

__all__ = [
    "Alignment",
    "LeastSquares",
    "Mapping",
    "Procrustes",
    "RelativeMapping",
    "RelativeRepresentations",
    "Whitened",
]
