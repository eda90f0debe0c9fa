"""The order of examples: batches of one language and like length, nothing lost, the same after a kill."""

import random
from collections import Counter
from itertools import pairwise

from mosecrot_core.learning.batch_order import WINDOW, BatchOrder

SIZES = (70, 45, 8)


def language(i):
    return 0 if i < 70 else 1 if i < 115 else 2


def epoch(number, seed=3, sizes=SIZES, lengths=None):
    order = BatchOrder(lengths or [1] * sum(sizes), sizes, 8, seed)
    order.set_epoch(number)
    return list(order)


def batches(order, size=8):
    return [order[start : start + size] for start in range(0, len(order), size)]


def test_each_example_comes_once():
    assert len(BatchOrder([1] * 123, SIZES, 8, 0)) == 123
    assert sorted(epoch(0)) == list(range(123))


def test_whole_batches_are_of_one_language_and_what_is_left_over_comes_last():
    order = epoch(0)
    whole = 70 // 8 + 45 // 8 + 8 // 8
    assert all(len({language(i) for i in batch}) == 1 for batch in batches(order)[:whole])
    assert Counter(language(i) for i in order[whole * 8 :]) == {0: 70 % 8, 1: 45 % 8}


def test_languages_are_drawn_by_their_sizes_from_the_beginning():
    firsts = Counter(language(epoch(number)[0]) for number in range(600))
    shares = [firsts[i] / 600 for i in range(3)]
    assert all(abs(share - n / 14) < 0.08 for share, n in zip(shares, (8, 5, 1), strict=True))


def test_an_epochs_order_is_its_seeds_and_its_own():
    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)
    assert epoch(1) != epoch(1, seed=4)
    assert [i for i in epoch(1) if i < 70] != sorted(i for i in epoch(1) if i < 70)


def test_a_language_of_less_than_a_batch_is_read_too():
    assert sorted(epoch(0, sizes=(3, 2))) == list(range(5))


def test_texts_of_a_batch_are_about_as_long_and_batches_do_not_go_from_long_to_short():
    n = 8 * WINDOW * 3
    lengths = [random.Random(i).randrange(5, 100) for i in range(n)]
    found = [[lengths[i] for i in batch] for batch in batches(epoch(0, sizes=(n,), lengths=lengths))]
    padded = sum(max(batch) * len(batch) for batch in found) / sum(lengths)
    at_random = sum(max(lengths[start : start + 8]) * 8 for start in range(0, n, 8)) / sum(lengths)
    assert padded < 1.1 < 1.5 < at_random
    longest = [max(batch) for batch in found]
    falls = sum(after < before for before, after in pairwise(longest))
    assert 0.35 < falls / (len(longest) - 1) < 0.65


def test_a_text_meets_others_in_another_epoch():
    n = 8 * WINDOW * 3
    lengths = [10 + i % 4 for i in range(n)]
    first, second = (
        {frozenset(batch) for batch in batches(epoch(number, sizes=(n,), lengths=lengths))}
        for number in (0, 1)
    )
    assert not first & second
