"""The order of two languages' examples: batches of one language, nothing lost, the same after a kill."""

from collections import Counter

from mosecrot_core.learning.language_batches import LanguageBatches

SIZES = (70, 45, 8)


def language(i):
    return 0 if i < 70 else 1 if i < 115 else 2


def epoch(number, seed=3, sizes=SIZES):
    order = LanguageBatches(sizes, 8, seed)
    order.set_epoch(number)
    return list(order)


def test_each_example_comes_once():
    assert len(LanguageBatches(SIZES, 8, 0)) == 123
    assert sorted(epoch(0)) == list(range(123))


def test_whole_batches_are_of_one_language_and_what_is_left_over_comes_last():
    order = epoch(0)
    batches = [order[start : start + 8] for start in range(0, 123, 8)]
    whole = 70 // 8 + 45 // 8 + 8 // 8
    assert all(len({language(i) for i in batch}) == 1 for batch in batches[:whole])
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
