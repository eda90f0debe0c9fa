"""Labels that mark spans: ``B-X`` begins an entity of type X, ``I-X`` goes on with it, ``O`` is outside."""

from collections.abc import Iterable, Sequence

OUTSIDE = "O"


def is_bio(label_names: Iterable[str]) -> bool:
    """Tell whether all labels are ``O``, ``B-X`` or ``I-X``, and not all ``O``.

    >>> is_bio(["O", "B-PER", "I-PER"]), is_bio(["NOUN", "VERB"])
    (True, False)
    """
    names = set(label_names) - {OUTSIDE}
    return bool(names) and all(name[:2] in ("B-", "I-") and len(name) > 2 for name in names)


def repair_bio(labels: Sequence[str]) -> list[str]:
    """Turn every ``I-X`` that follows no ``B-X`` or ``I-X`` into ``B-X``, from left to right.

    This is how Wu et al. correct predictions. It also turns IOB1, where ``B-X`` stands only between two
    neighbours of one type (CoNLL-2003), into BIO; BIO itself stays as it is.

    >>> repair_bio(["I-PER", "I-PER", "O", "I-LOC", "I-PER"])
    ['B-PER', 'I-PER', 'O', 'B-LOC', 'B-PER']
    """
    repaired: list[str] = []
    before = OUTSIDE
    for label in labels:
        begins = label.startswith("I-") and before[2:] != label[2:]
        before = f"B-{label[2:]}" if begins else label
        repaired.append(before)
    return repaired


def continued(label_names: Sequence[str]) -> list[int]:
    """Return for each label the one that goes on with it: ``B-X`` becomes ``I-X``, all others stay.

    >>> continued(["O", "B-PER", "I-PER"])
    [0, 2, 2]
    """
    numbers = {name: number for number, name in enumerate(label_names)}
    inside = (f"I-{name[2:]}" if name.startswith("B-") else name for name in label_names)
    return [numbers.get(name, number) for number, name in enumerate(inside)]
