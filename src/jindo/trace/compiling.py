"""Functions compiled by numba, kept for the next run: the kernels' way to `jindo.base.compiling`."""

from jindo.base.compiling import compile_kept

__all__ = ["compile_kept"]
