"""Invented running text: words that keep company with those of their own topic."""

import random

TOPICS, WORDS_PER_TOPIC = 12, 10


def topics(seed: int = 0) -> list[list[str]]:
    """Words by topic; their letters say nothing about it."""
    draw = random.Random(seed)
    words = set()
    while len(words) < TOPICS * WORDS_PER_TOPIC:
        words.add("".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(4, 8))))
    order = sorted(words)
    draw.shuffle(order)
    return [order[start : start + WORDS_PER_TOPIC] for start in range(0, len(order), WORDS_PER_TOPIC)]


def topical_text(n: int = 1500, seed: int = 0) -> list[str]:
    """Sentences of eight words, each about one topic."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(draw.choice(topics()), k=8)) for _ in range(n)]
