"""What a home holds, in one language: rooms, devices, and which drawn sentences nobody would say.

Home Assistant's templates leave `{area}`, `{floor}` and `{name}` to the user's home, and accept sloppy speech
(misheard words, missing agreement) so as to recognise it. Each `Household` supplies the words and keeps
the walks to plain, grammatical requests: `rules` and `lists` replace entries of the data with narrower ones
in the same template syntax, `spelling` mends what joining words leaves behind (French "de le" -> "du"), and
a sentence that matches one of the `impossible` patterns is drawn again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYDAY_NUMBERS: Mapping[str, tuple[int, int, int]] = {
    "brightness": (5, 100, 5),
    "color_temperature": (2000, 6500, 100),
    "fan_speed": (10, 100, 5),
    "position": (5, 95, 5),
    "temperature": (15, 26, 1),
    "timer_hours": (2, 12, 1),
    "timer_minutes": (2, 59, 1),
    "timer_seconds": (10, 59, 1),
    "volume": (5, 100, 5),
}
"""First, last and step of numbers as people say them; the data's own ranges go from 0 to 100 and beyond.
None is 1, so that nouns stay in the plural."""


@dataclass(frozen=True)
class Household:
    """The words and the grammar of one language.

    Args:
        names: What `{name}` may stand for, by kind of device, in lower case unless a proper name.
        lists: List name -> values, as templates; replaces the data's list.
        rules: Rule name -> template; replaces the data's rule.
        spelling: (regular expression, replacement), applied in order to each sentence.
        impossible: Regular expressions that no lower-cased sentence may contain.
    """

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    spelling: tuple[tuple[str, str], ...] = ()
    impossible: tuple[str, ...] = ()
