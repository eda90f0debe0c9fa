"""How target rows are brought into the source space: one file a method, one interface (`base.py`)."""

from typing import Annotated

from pydantic import Field

from mosecrot_core.mapping.alignment.base import Mapping
from mosecrot_core.mapping.alignment.least_squares import LeastSquares
from mosecrot_core.mapping.alignment.relative_representations import RelativeMapping, RelativeRepresentations

Alignment = Annotated[RelativeRepresentations | LeastSquares, Field(discriminator="method")]

__all__ = ["Alignment", "LeastSquares", "Mapping", "RelativeMapping", "RelativeRepresentations"]
