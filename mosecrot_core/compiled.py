"""Functions that numba compiles, kept on the disk for the next process where there is room for them.

Importing this module imports numba, so it is imported where something compiled is called.
"""

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Compile a function to run without Python, and so beside other threads.

    Args:
        options: As for `numba.njit`.
    """

    def compile_it(function: Any) -> Any:
        try:
            return numba.njit(function, nogil=True, cache=True, **options)
        except RuntimeError:  # neither the package's folder nor the user's own can be written: every time
            return numba.njit(function, nogil=True, **options)

    return compile_it
