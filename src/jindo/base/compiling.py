"""Functions compiled by numba, kept for the next run where there is a place to keep them.

* Numba looks beside the source, in the user's cache, and at NUMBA_CACHE_DIR; where none can be written, every run
  compiles anew and gives the same answer. `jindo doctor` says so.
* A function that makes no array counts no references: counting costs more than most of what a kernel does.
* Compiled code holds no lock of the interpreter's: threads run it side by side.
* Importing this loads numba, which takes a moment: import it where something is compiled, not at a door.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compile_kept(function: Callable[..., Any], *, makes_arrays: bool = True) -> Callable[..., Any]:
    """`function` compiled at its first call, from what was kept where something was.

    Where it makes no arrays, nor anything that it calls, it is four times as fast without counting references.
    """
    options: dict[str, Any] = {"nogil": True, "_nrt": makes_arrays}
    try:
        compiled: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # numba's word for: no place to keep it
        compiled = njit(**options)(function)
    return compiled
