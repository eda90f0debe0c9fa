"""Alignment methods of other papers against their equations, or their authors' code, written out slowly."""

import entmax
import numpy as np
import pytest
import torch
from sklearn.linear_model import orthogonal_mp
from sklearn.manifold._locally_linear import barycenter_weights

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.alignment import (
    Clp,
    Focus,
    LocallyLinear,
    MatchingPursuit,
    PaperRepresentations,
    Procrustes,
    Rcsls,
    SourceStatics,
    Wechsel,
    rcsls,
)
from mosecrot_core.mapping.alignment.locally_linear import reconstruction_weights
from mosecrot_core.mapping.alignment.rcsls import RetrievalLoss, largest_products
from mosecrot_core.mapping.matching_pursuit import matching_pursuit
from mosecrot_core.words.retrieval import retrieve

RNG = np.random.default_rng(2)
SOURCE = RNG.standard_normal((60, 9), dtype="f4") + 0.5
TARGET = RNG.standard_normal((60, 7), dtype="f4") + 0.5
WORDS = RNG.standard_normal((25, 7), dtype="f4") + 0.5
ENCODER = RNG.standard_normal((30, 9), dtype="f4")


def units(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# CLP-Transfer and FOCUS


def test_clp_is_the_originals_loop():
    """`numpy.average` with the similarities over their sum, as in the authors' clp.py."""
    words = WORDS[(units(WORDS) @ units(TARGET).T).sum(axis=1) > 0.1]
    expected = []
    for word in words:
        similarities = units(TARGET) @ word / np.linalg.norm(word)
        expected.append(np.average(SOURCE, axis=0, weights=similarities / similarities.sum()))
    mapping = Clp().fit(SOURCE, TARGET)
    np.testing.assert_allclose(mapping.map_target(words), expected, rtol=1e-4, atol=1e-5)
    assert mapping.map_source(ENCODER) is ENCODER


def test_clp_is_the_standard_weighting_of_all_anchors():
    """Where the cosines sum to nothing, too."""
    rows = np.concatenate([WORDS, -WORDS, np.zeros((1, 7), "f4")])
    every = PaperRepresentations(k="all").fit(SOURCE, TARGET).map_target(rows)
    np.testing.assert_allclose(Clp().fit(SOURCE, TARGET).map_target(rows), every, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose(every[-1], SOURCE.mean(axis=0), atol=1e-5)


def test_focus_is_sparsemax_over_the_cosines_to_all_anchors():
    cosines = torch.from_numpy(units(WORDS) @ units(TARGET).T)
    expected = entmax.sparsemax(cosines, dim=-1).numpy() @ SOURCE
    mapping = Focus().fit(SOURCE, TARGET)
    np.testing.assert_allclose(mapping.map_target(WORDS), expected, atol=1e-4)
    relative = PaperRepresentations(weighting="sparsemax", k="all").fit(SOURCE, TARGET)
    np.testing.assert_array_equal(mapping.map_target(WORDS), relative.map_target(WORDS))
    assert mapping.map_source(ENCODER) is ENCODER
    far = np.linalg.norm(relative.map_target(TARGET) - SOURCE, axis=1)
    assert far.min() > 0.01, "the one difference: relative representations mix an anchor with its neighbours"


@pytest.mark.parametrize("method", [Clp(), Focus(), MatchingPursuit(k=3)])
def test_the_row_of_an_anchor_is_copied(method):
    mixed = np.concatenate([TARGET[[4]], WORDS[:2], TARGET[[9, 4]]])
    mapped = method.fit(SOURCE, TARGET).map_target(mixed)
    np.testing.assert_array_equal(mapped[[0, 3, 4]], SOURCE[[4, 9, 4]])
    np.testing.assert_array_equal(mapped[1:3], method.fit(SOURCE, TARGET).map_target(WORDS[:2]))


@pytest.mark.parametrize("method", [Clp(), Focus(), MatchingPursuit(k=3)])
def test_anchors_that_share_a_vector_give_the_mean_of_their_source_rows(method):
    target = TARGET.copy()
    target[[5, 8]] = target[2]
    target[20, 0], asked = 0.0, target[[2, 20, 3]]
    asked[1, 0] = -0.0
    mapped = method.fit(SOURCE, target).map_target(asked)
    np.testing.assert_allclose(mapped[0], SOURCE[[2, 5, 8]].mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(mapped[1:], SOURCE[[20, 3]])


# Orthogonal matching pursuit


@pytest.mark.parametrize("k", [1, 4, 12, 30])
@pytest.mark.parametrize("unit_anchors", [False, True])
def test_matching_pursuit_is_that_of_scikit_learn(k, unit_anchors):
    rng = np.random.default_rng(k)
    atoms = rng.standard_normal((200, 40), dtype="f4") * rng.uniform(0.5, 2, (200, 1)).astype("f4")
    rows = rng.standard_normal((600, 40), dtype="f4")  # several chunks
    table = rng.standard_normal((200, 6), dtype="f4")
    lengths = np.linalg.norm(atoms, axis=1, keepdims=True).astype("f8") if unit_anchors else np.ones((200, 1))
    weights = orthogonal_mp((atoms / lengths).T.astype("f8"), rows.T.astype("f8"), n_nonzero_coefs=k)
    mapped = MatchingPursuit(k=k, unit_anchors=unit_anchors).fit(table, atoms).map_target(rows)
    np.testing.assert_allclose(mapped, (weights.T / lengths.T) @ table, atol=1e-4)
    assert ((weights != 0).sum(axis=0) == k).all()


def slow_pursuit(row, atoms, k):
    chosen, left = [], row
    for _ in range(k):
        chosen.append(int(np.abs(atoms @ left).argmax()))
        weights = np.linalg.lstsq(atoms[chosen].T, row)[0]
        left = row - weights @ atoms[chosen]
    return chosen, weights


def test_atoms_are_chosen_one_by_one_and_fitted_together():
    atoms, rows = TARGET.astype("f8"), WORDS.astype("f8")
    indices, coefficients = matching_pursuit(WORDS, TARGET, 5)
    for row, chosen, weights in zip(rows, indices, coefficients, strict=True):
        expected, fitted = slow_pursuit(row, atoms, 5)
        assert chosen.tolist() == expected
        np.testing.assert_allclose(weights, fitted, rtol=1e-4, atol=1e-4)


def test_a_row_that_fewer_atoms_make_up_takes_no_more():
    atoms = np.eye(5, dtype="f4")
    rows = np.array([[0, 2, 0, -3, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]], "f4")
    indices, coefficients = matching_pursuit(rows, atoms, 4)
    assert indices[0, :2].tolist() == [3, 1]
    np.testing.assert_array_equal(coefficients, [[-3, 2, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    twice = np.concatenate([atoms, atoms, 3 * atoms])[:, :3]  # dependent atoms, and zero ones
    indices, coefficients = matching_pursuit(rows[:, :3], twice, 99)
    assert indices.shape == (3, 3)
    np.testing.assert_allclose(np.einsum("nk,nkd->nd", coefficients, twice[indices]), rows[:, :3], atol=1e-5)


def test_with_as_many_atoms_as_dimensions_nothing_is_left():
    indices, coefficients = matching_pursuit(WORDS, TARGET, 50)
    assert indices.shape == (25, 7)
    np.testing.assert_allclose(np.einsum("nk,nkd->nd", coefficients, TARGET[indices]), WORDS, atol=1e-4)


@pytest.mark.parametrize(
    ("rows", "atoms", "k"),
    [
        (WORDS, SOURCE, 2), (WORDS, TARGET[:0], 2), (WORDS, TARGET, 0), (WORDS[0], TARGET, 2),
        (WORDS * np.float32(np.nan), TARGET, 2), (WORDS, TARGET * np.float32(np.inf), 2),
    ],
)  # fmt: skip
def test_what_matching_pursuit_refuses(rows, atoms, k):
    with pytest.raises(MosecrotError, match="matching_pursuit: "):
        matching_pursuit(rows, atoms, k)


def test_source_rows_are_pursued_among_the_source_anchors():
    mapped = MatchingPursuit(k=4).fit(SOURCE, TARGET).map_source(ENCODER)
    for row, got in zip(ENCODER.astype("f8"), mapped, strict=True):
        chosen, weights = slow_pursuit(row, SOURCE.astype("f8"), 4)
        np.testing.assert_allclose(got, weights @ SOURCE[chosen], atol=1e-4)


# Locally linear reconstruction


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize("regularisation", [1e-3, 0.5])
def test_reconstruction_weights_are_those_of_scikit_learn(k, regularisation):
    mapping = LocallyLinear(k=k, regularisation=regularisation).fit(SOURCE, TARGET)
    for rows, keys, mapped in (
        (WORDS, TARGET, mapping.map_target(WORDS)),
        (ENCODER, SOURCE, mapping.map_source(ENCODER)),
    ):
        near = np.argsort(-units(rows) @ units(keys).T, axis=1)[:, :k]
        weights = barycenter_weights(
            units(rows).astype("f8"), units(keys).astype("f8"), near, reg=regularisation
        )
        np.testing.assert_allclose(mapped, np.einsum("nk,nkd->nd", weights, SOURCE[near]), atol=2e-3)


def test_a_row_among_few_anchors_is_rebuilt_exactly():
    near = RNG.standard_normal((4, 3, 7), dtype="f4")
    wanted = np.array([0.2, 0.5, 0.3])
    rows = np.einsum("k,nkd->nd", wanted, near).astype("f4")
    weights = reconstruction_weights(rows, near, 1e-9)
    np.testing.assert_allclose(weights, [wanted] * 4, atol=1e-3)
    assert weights.dtype == np.float32
    same = np.repeat(rows[:, None], 3, axis=1)
    np.testing.assert_allclose(reconstruction_weights(rows, same, 1e-3), np.full((4, 3), 1 / 3), rtol=1e-5)


def test_many_rows_are_reconstructed_part_by_part(monkeypatch):
    from mosecrot_core.mapping.alignment import locally_linear

    mapping = LocallyLinear(k=5).fit(SOURCE, TARGET)
    whole = mapping.map_target(WORDS)
    monkeypatch.setattr(locally_linear, "_CHUNK_CELLS", 5 * 7 * 4)
    np.testing.assert_allclose(mapping.map_target(WORDS), whole, rtol=1e-5)


# RCSLS


def slow_loss(matrix, target, source, negatives, k):
    total = 0
    for x, y in zip(target, source, strict=True):
        from_target = sorted((x @ matrix @ source[j] for j in negatives), reverse=True)[:k]
        from_source = sorted((target[j] @ matrix @ y for j in negatives), reverse=True)[:k]
        total += -2 * x @ matrix @ y + sum(from_target) / k + sum(from_source) / k
    return total / len(target)


@pytest.mark.parametrize("k", [1, 5])
def test_the_retrieval_loss_and_its_gradient(k):
    target, source = units(TARGET), units(SOURCE)
    matrix = RNG.standard_normal((7, 9)).astype("f4")
    negatives = np.arange(0, 60, 2)
    value, gradient = RetrievalLoss(target, source, negatives, k).at(matrix)
    sides = target.astype("f8"), source.astype("f8"), negatives, k
    assert value == pytest.approx(slow_loss(matrix.astype("f8"), *sides), rel=1e-4)
    step = 1e-5
    for place in [(0, 0), (3, 4), (6, 8)]:
        moved = [matrix.astype("f8"), matrix.astype("f8")]
        moved[0][place] -= step
        moved[1][place] += step
        slope = (slow_loss(moved[1], *sides) - slow_loss(moved[0], *sides)) / (2 * step)
        assert gradient[place] == pytest.approx(slope, abs=1e-4)


def test_largest_products_are_not_largest_cosines():
    keys = RNG.standard_normal((50, 7), dtype="f4") * RNG.uniform(0.1, 3, (50, 1)).astype("f4")
    expected = np.argsort(-WORDS @ keys.T, axis=1)[:, :6]
    np.testing.assert_array_equal(largest_products(WORDS, keys, 6).indices, expected)


def noisy_pairs(d, D, n=900):
    """Rows of two languages that share most of what they say, some of it in hub directions."""
    rng = np.random.default_rng(d)
    meaning = rng.standard_normal((n, 20)) * np.geomspace(3, 0.3, 20)
    sides = [meaning @ rng.standard_normal((20, width)) for width in (d, D)]
    return [(side + 1.5 * rng.standard_normal(side.shape)).astype("f4") for side in sides]


@pytest.mark.parametrize(("d", "D"), [(12, 18), (18, 12), (15, 15)])
@pytest.mark.parametrize("options", [{}, {"spectral": True}, {"centre": True}])
def test_rcsls_finds_more_translations_than_procrustes(d, D, options):
    target, source = noisy_pairs(d, D)
    fitted = Rcsls(**options).fit(source[:600], target[:600])
    rotated = Procrustes(centre=options.get("centre", False)).fit(source[:600], target[:600])
    right = [[i] for i in range(300)]
    scores = [
        retrieve(mapping.map_target(target[600:]), source[600:], right, "csls").mrr
        for mapping in (fitted, rotated)
    ]
    assert scores[0] > scores[1]
    assert fitted.map_source(source) is source


@pytest.mark.parametrize("rate", [1e-3, 1.0, 25.0, 1e6])
@pytest.mark.parametrize("spectral", [False, True])
def test_the_loss_never_ends_above_that_of_procrustes(rate, spectral):
    target, source = (units(rows) for rows in noisy_pairs(12, 18, n=300))
    loss = RetrievalLoss(target, source, np.arange(300), 10)
    start = loss.at(Procrustes(scale=False).fit(source, target).matrix)[0]
    fitted = Rcsls(rate=rate, spectral=spectral)._descend(loss)
    assert loss.at(fitted)[0] < start + (1e-6 if rate == 1e6 else -1e-6)
    if spectral:
        assert np.linalg.norm(fitted, 2) < 1 + 1e-5


def test_rcsls_without_steps_is_the_scaled_rotation_of_unit_rows():
    fitted = Rcsls(iterations=0).fit(SOURCE, TARGET)
    rotation = Procrustes(scale=False).fit(units(SOURCE), units(TARGET)).matrix
    moved = units(TARGET) @ rotation
    scale = (moved * SOURCE).sum() / (moved**2).sum()
    np.testing.assert_allclose(
        fitted.map_target(WORDS), scale * units(WORDS) @ rotation, rtol=1e-3, atol=1e-5
    )


def test_negatives_are_drawn_by_the_seed():
    target, source = noisy_pairs(12, 18, n=300)
    matrices = [Rcsls(most_negatives=100, seed=seed).fit(source, target).matrix for seed in (0, 0, 1)]
    np.testing.assert_array_equal(matrices[0], matrices[1])
    assert np.abs(matrices[0] - matrices[2]).max() > 1e-4
    whole = [Rcsls(most_negatives=n).fit(source, target).matrix for n in (300, 5000)]
    np.testing.assert_array_equal(*whole)


def test_the_spectral_ball():
    matrix = RNG.standard_normal((7, 9)).astype("f4")
    inside = rcsls._within_spectral_ball(matrix)
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(inside, left @ np.diag(np.minimum(singular, 1)) @ right, atol=1e-5)


# WECHSEL


def slow_wechsel(statics, target_anchors, rows, k=10, temperature=0.1):
    """The authors' order: the source side is rotated, cosines, argpartition, softmax, a loop over tokens."""
    left, _, right = np.linalg.svd(statics.anchors.T @ target_anchors)
    source = units(statics.vectors @ (left @ right))
    out = []
    for similarities in units(rows) @ source.T:
        best = np.argpartition(similarities, -k)[-k:]
        weights = np.exp(similarities[best] / temperature)
        out.append(sum(w * statics.rows[i] for w, i in zip(weights / weights.sum(), best, strict=True)))
    return np.array(out)


@pytest.mark.parametrize(("k", "temperature"), [(10, 0.1), (3, 1.0)])
def test_wechsel_is_the_originals_loop(k, temperature):
    rng = np.random.default_rng(k)
    vectors, rows = rng.standard_normal((80, 7), dtype="f4"), rng.standard_normal((80, 9), dtype="f4")
    statics = SourceStatics(vectors, rows, vectors[:60])
    mapping = Wechsel(k=k, temperature=temperature).fit_with_statics(statics, TARGET)
    expected = slow_wechsel(statics, TARGET, WORDS, k, temperature)
    np.testing.assert_allclose(mapping.map_target(WORDS), expected, rtol=1e-3, atol=1e-4)
    assert mapping.map_source(ENCODER) is ENCODER


@pytest.mark.parametrize("width", [5, 7, 11])
def test_wechsel_goes_by_the_static_space_and_leaves_out_what_has_no_vector(width):
    """Target vectors turned from the source's: each word finds its own token, whatever its encoder row."""
    rng = np.random.default_rng(width)
    vectors = rng.standard_normal((80, width), dtype="f4")
    turn = np.linalg.qr(rng.standard_normal((max(width, 7), max(width, 7))))[0][:width, :7]
    target = (vectors @ turn).astype("f4")
    if width > 7:
        vectors = (target @ turn.T).astype("f4")  # what seven dimensions can tell apart
    rows = rng.standard_normal((80, 9), dtype="f4")
    blank = vectors.copy()
    blank[[3, 70]] = 0
    statics = SourceStatics(blank, rows, blank[:60])
    mapped = Wechsel(k=1).fit_with_statics(statics, target[:60]).map_target(target)
    known = np.delete(np.arange(80), [3, 70])
    np.testing.assert_allclose(mapped[known], rows[known], rtol=1e-5)
    assert not (np.abs(mapped[:, None] - rows[[3, 70]]).max(axis=-1) < 1e-6).any()


def test_what_wechsel_refuses():
    vectors, rows = np.ones((4, 3), "f4"), np.ones((4, 5), "f4")
    with pytest.raises(MosecrotError, match="source: vectors:"):
        Wechsel().fit(SOURCE, TARGET)
    with pytest.raises(MosecrotError, match="pair up"):
        Wechsel().fit_with_statics(SourceStatics(vectors, rows, vectors), TARGET[:3])
    with pytest.raises(MosecrotError, match="0 of 4 anchors and 4 of 4 source tokens"):
        Wechsel().fit_with_statics(SourceStatics(vectors, rows, 0 * vectors), TARGET[:4])
    with pytest.raises(MosecrotError, match="4 of 4 anchors and 0 of 4"):
        Wechsel().fit_with_statics(SourceStatics(0 * vectors, rows, vectors), TARGET[:4])
    for shapes in [(vectors, rows[:3], vectors), (vectors, rows, vectors[:, :2])]:
        with pytest.raises(MosecrotError, match="source statics"):
            SourceStatics(*shapes)


# All of them

EVERY = [Clp(), Focus(), LocallyLinear(), MatchingPursuit(), Rcsls(), Rcsls(centre=True, spectral=True)]


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize(("a", "b"), [(0, 0), (3, 4)])
def test_anchors_must_pair_up(method, a, b):
    with pytest.raises(MosecrotError, match="pair up"):
        method.fit(SOURCE[:a], TARGET[:b])


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_and_equal_anchors_and_rows_without_numbers(method, n):
    rows = np.concatenate([WORDS, np.zeros((1, 7), "f4")])
    for source, target in ((SOURCE[:n], TARGET[:n]), (SOURCE[[0] * n], TARGET[[0] * n])):
        mapping = method.fit(source, target)
        assert np.isfinite(mapping.map_target(rows)).all()
        assert mapping.map_target(rows[:0]).shape == (0, 9)
        if not method.keeps_source:
            assert np.isfinite(mapping.map_source(ENCODER)).all()


@pytest.mark.parametrize("method", EVERY)
def test_the_same_input_gives_the_same_rows(method):
    first, second = (method.fit(SOURCE, TARGET).map_target(WORDS) for _ in range(2))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
