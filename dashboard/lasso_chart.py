"""What ECharts maps share: axes that let several charts lie on each other, and the lasso."""

from typing import Any

_BLUE = "#0072B2"
_LASSO = {"polygon": "Lasso", "rect": "Rectangle", "clear": "Select nothing"}
Window = tuple[tuple[int, int], tuple[int, int]]
BRUSH = {
    "xAxisIndex": 0, "brushMode": "single", "throttleType": "debounce", "throttleDelay": 50,
    "brushStyle": {"borderWidth": 1.5, "color": "rgba(0,114,178,.10)", "borderColor": _BLUE},
}  # fmt: skip
"""One lasso at a time."""


def toolbox(**features: dict[str, Any]) -> dict[str, Any]:
    """Return the icons above a map: lasso, rectangle, neither, and more `features` of ECharts."""
    brush = {"type": list(_LASSO), "title": _LASSO}
    return {
        "feature": {"brush": brush, **features}, "right": 4, "top": 0, "itemSize": 17, "itemGap": 12,
        "iconStyle": {"borderColor": "#7C8490", "borderWidth": 1.4},
        "emphasis": {"iconStyle": {"borderColor": _BLUE}},
    }  # fmt: skip


def frame(window: Window) -> dict[str, Any]:
    """Return axes without lines, so that charts of one window (x from, to; y from, to) lie on each other."""
    (left, right), (bottom, top) = window
    hidden = {"type": "value", "show": False}
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "grid": {"left": 0, "right": 0, "top": 38, "bottom": 0, "containLabel": False},
        "xAxis": {**hidden, "min": left, "max": right},
        "yAxis": {**hidden, "min": bottom, "max": top},
    }
