"""Functions compiled by numba, kept for the next run where there is a place to keep them.

* Numba looks beside the source, in the user's cache, and at NUMBA_CACHE_DIR; where none can be written, every run
  compiles anew and gives the same answer. `jindo doctor` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compile_kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled at its first call, from what was kept where something was."""
    try:
        compiled: Callable[..., Any] = njit(cache=True)(function)
    except RuntimeError:  # numba's word for: no place to keep it
        compiled = njit(function)
    return compiled
