"""How well a colour is seen on another."""

import numpy as np


def contrast(colour, page):
    """Return the contrast ratio of two colours ``#RRGGBB``, from 1 to 21 (WCAG 2.2)."""
    high, low = sorted([_luminance(colour), _luminance(page)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(hexadecimal):
    parts = np.array([int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
