"""Kernels compiled by numba and kept for the next run, under a name that covers their code.

Numba alone looks at the file of the compiled function: a change in a function that it calls, in another file,
would leave the old machine code in use, and a renamed type would keep the old cache from being read. A kernel that
makes arrays says so: the others count no references.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any

from numba.extending import register_jitable

from jindo.base.compiling import compile_kept


def compile_stamped(
    run: Callable[..., int], *modules: ModuleType, makes_arrays: bool = False
) -> Callable[..., int]:
    """`run` compiled and kept, under a name that covers the code of every function in `modules`."""
    inner = register_jitable(run)

    def run_stamped(question: Any, state: Any, scratch: Any) -> int:
        return inner(question, state, scratch)

    run_stamped.__qualname__ = f"run_{_stamp_code(modules)}"
    compiled: Callable[..., int] = compile_kept(run_stamped, makes_arrays=makes_arrays)
    return compiled


def _stamp_code(modules: Sequence[ModuleType]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        for name, value in sorted(vars(module).items()):
            number = value if isinstance(value, int) else ""
            digest.update(f"{name} {number} {getattr(value, '_fields', '')}".encode())
            code = getattr(getattr(value, "_defn", value), "__code__", None)  # numba wraps what it emits
            for part in _iter_code(code) if code is not None else ():
                digest.update(repr(part).encode())
    return digest.hexdigest()[:16]


def _iter_code(code: CodeType) -> Iterator[tuple[object, ...]]:
    """What a function does, and the functions inside it: nothing of where it stands."""
    yield code.co_name, code.co_code, code.co_names, code.co_varnames
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _iter_code(const)
        else:
            yield (const,)
