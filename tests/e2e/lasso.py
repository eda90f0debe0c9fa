"""Take a chart's lasso and draw with it."""

import math


def take_lasso(page, chart, icon):
    """Click a chart's lasso.

    Args:
        page: Where the chart is.
        chart: Its CSS selector.
        icon: Pixels from the right and from the top of the chart to the lasso's icon.
    """
    box = page.locator(chart).first.bounding_box()
    page.mouse.click(box["x"] + box["width"] - icon[0], box["y"] + icon[1])


def draw_circle(page, chart, x, y, radius):
    """Draw round a place of a chart, given in shares of its size; the mouse stays down."""
    box = page.locator(chart).first.bounding_box()
    x, y = box["x"] + x * box["width"], box["y"] + y * box["height"]
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for i in range(1, 25):
        page.mouse.move(x + radius * math.cos(i * math.pi / 12), y + radius * math.sin(i * math.pi / 12))
