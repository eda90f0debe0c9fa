"""Orthogonal matching pursuit of many rows at once (Pati, Rezaiifar and Krishnaprasad, 1993).

Step by step, each row takes the atom with the largest dot product (of either sign) with what is left of it,
and is then projected onto all its atoms. The products of a chunk of rows with all atoms are one matrix
product; the rest is compiled. A Cholesky factor of the products of a row's atoms, in float64, gains a row
with each atom.
"""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.compiled import compiled
from mosecrot_core.errors import MosecrotError
from mosecrot_core.threads import over_chunks
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.selection import dot

_CHUNK_ROWS = 256
_NOTHING_LEFT = 1e-6  # of a row's length: it is found
_DEPENDENT = 1e-10  # of an atom's squared length: the others make it up


def matching_pursuit(rows: FloatArray, atoms: FloatArray, k: int) -> tuple[NDArray[np.int32], FloatArray]:
    """Approximate each row by at most k atoms, chosen greedily, with least-squares coefficients.

    A row that fewer atoms make up exactly, as far as float32 can tell, takes no more; its other coefficients
    are 0.

    Args:
        rows: ``[n, d]``, finite.
        atoms: ``[A, d]``, finite, of any length: longer ones are chosen before shorter ones.
        k: At least 1; more than A or d means the lesser of the two.

    Returns:
        Atom numbers ``[n, k]`` in the order of choice, and their coefficients ``[n, k]``.

    Raises:
        MosecrotError: The widths differ, k < 1, no atoms, or NaN or infinity.

    >>> indices, coefficients = matching_pursuit(np.array([[0, 3]], "f4"), np.eye(2, dtype="f4"), k=1)
    >>> indices.tolist(), coefficients.tolist()
    ([[1]], [[3.0]])
    """
    if rows.ndim != 2 or rows.shape[1:] != atoms.shape[1:] or not len(atoms) or k < 1:
        raise MosecrotError(
            f"matching_pursuit: rows [n, d], at least one atom [A, d] and k >= 1 expected, got {rows.shape}, "
            f"{atoms.shape} and k={k}."
        )
    rows, atoms = (np.ascontiguousarray(part, np.float32) for part in (rows, atoms))
    if not (np.isfinite(rows).all() and np.isfinite(atoms).all()):
        raise MosecrotError("matching_pursuit: finite rows and atoms expected, some hold NaN or infinity.")
    k = min(k, *atoms.shape)
    indices, coefficients = np.zeros((len(rows), k), np.int32), np.zeros((len(rows), k), np.float32)
    transposed = np.ascontiguousarray(atoms.T)

    def fill(part: slice, room: FloatArray) -> None:
        left = rows[part].copy()
        state = np.zeros((len(left), k + 2, k))  # a row: the factor L, L^-1 A x, and the coefficients
        done = np.zeros(len(left), np.bool_)
        for step in range(k):
            products = np.matmul(left, transposed, out=room[: len(left)])
            _add_atom(step, products, rows[part], atoms, indices[part], state, left, done)
            if done.all():
                break
        coefficients[part] = state[:, k + 1]

    over_chunks(len(rows), _CHUNK_ROWS, fill, lambda: np.empty((_CHUNK_ROWS, len(atoms)), np.float32))
    return indices, coefficients


@compiled()
def _add_atom(
    step: int, products: NDArray[np.float32], rows: NDArray[np.float32], atoms: NDArray[np.float32],
    indices: NDArray[np.int32], state: NDArray[np.float64], left: NDArray[np.float32],
    done: NDArray[np.bool_],
) -> None:  # pragma: no cover  # compiled  # fmt: skip
    """Give every row that is not done one more atom, project it, and write what is left of it."""
    k = indices.shape[1]
    for row in range(len(rows)):
        if done[row]:
            continue
        taken, factor = indices[row], state[row]
        for place in range(step):
            products[row, taken[place]] = 0
        best = _largest(products[row])
        atom, squared = atoms[best], dot(atoms[best], atoms[best])
        pivot = squared
        for place in range(step):
            product = dot(atom, atoms[taken[place]])
            for before in range(place):
                product -= factor[step, before] * factor[place, before]
            factor[step, place] = product / factor[place, place]
            pivot -= factor[step, place] ** 2
        if products[row, best] == 0 or pivot <= _DEPENDENT * squared:
            done[row] = True
            continue
        taken[step], factor[step, step] = best, np.sqrt(pivot)
        product = dot(atom, rows[row])
        for place in range(step):
            product -= factor[step, place] * factor[k, place]
        factor[k, step] = product / factor[step, step]
        _solve(factor, step + 1)
        done[row] = _subtract(rows[row], atoms, taken, factor[k + 1], step + 1, left[row])


@compiled()
def _largest(values: NDArray[np.float32]) -> int:  # pragma: no cover  # compiled
    """Return the first place of the largest absolute value."""
    bits, largest = values.view(np.int32), np.int32(0)
    for place in range(len(bits)):  # without the sign, a float's bits sort like it, and many at a time
        size = np.int32(bits[place] & 0x7FFFFFFF)
        largest = size if size > largest else largest
    for place in range(len(bits)):
        if np.int32(bits[place] & 0x7FFFFFFF) == largest:
            return place
    return 0


@compiled()
def _solve(factor: NDArray[np.float64], n: int) -> None:  # pragma: no cover  # compiled
    """Write the coefficients: L' c = L^-1 A x."""
    k = factor.shape[1]
    solution = factor[k + 1]
    solution[:n] = factor[k, :n]
    for place in range(n - 1, -1, -1):
        solution[place] /= factor[place, place]
        for before in range(place):
            solution[before] -= factor[place, before] * solution[place]


@compiled(fastmath={"reassoc", "contract"})
def _subtract(
    row: NDArray[np.float32], atoms: NDArray[np.float32], taken: NDArray[np.int32],
    coefficients: NDArray[np.float64], n: int, left: NDArray[np.float32],
) -> bool:  # pragma: no cover  # compiled  # fmt: skip
    """Write what is left of a row, and tell whether that is nothing."""
    rest = row.astype(np.float64)
    for place in range(n):
        atom, coefficient = atoms[taken[place]], coefficients[place]
        for i in range(len(rest)):
            rest[i] -= coefficient * atom[i]
    before, after = 0.0, 0.0
    for i in range(len(rest)):
        before += np.float64(row[i]) * np.float64(row[i])
        after += rest[i] * rest[i]
        left[i] = rest[i]
    return after <= _NOTHING_LEFT**2 * before
