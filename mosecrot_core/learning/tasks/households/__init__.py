"""The homes whose words fill sentence templates, one a language."""

from collections.abc import Mapping

from mosecrot_core.learning.tasks.households.english import ENGLISH
from mosecrot_core.learning.tasks.households.finnish import FINNISH
from mosecrot_core.learning.tasks.households.french import FRENCH
from mosecrot_core.learning.tasks.households.household import EVERYDAY_NUMBERS, Household

HOUSEHOLDS: Mapping[str, Household] = {"en": ENGLISH, "fi": FINNISH, "fr": FRENCH}
"""Language code -> its household; other languages do without."""
NO_HOUSEHOLD = Household()

__all__ = ["EVERYDAY_NUMBERS", "HOUSEHOLDS", "NO_HOUSEHOLD", "Household"]
