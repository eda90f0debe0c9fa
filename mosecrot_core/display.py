"""Text from files, shown to a person: as text, never as commands to the terminal or the page."""

import re

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that act instead of being seen: controls, ends of lines, marks that turn the direction of what
follows, halves of pairs. Joiners and plain left/right marks belong to real words and are not among them."""
PAIR_MARK = " \u2016 "
"""Stands between the two texts of a pair that has one label."""
_LONGEST = 120


def visible(text: object) -> str:
    r"""Make characters that act seen instead of obeyed.

    >>> visible("a\x00b").isprintable()
    True
    """
    whole = str(text)
    if whole.isprintable():  # the most, and at once
        return whole
    return UNSEEN.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", whole)


def short(text: object, longest: int = _LONGEST) -> str:
    """Make text visible, and cut what would fill the screen.

    >>> short("x" * 5000, longest=3)
    'xxx\u2026 (5,000 characters)'
    """
    whole = str(text)
    return visible(whole if len(whole) <= longest else f"{whole[:longest]}\u2026 ({len(whole):,} characters)")
