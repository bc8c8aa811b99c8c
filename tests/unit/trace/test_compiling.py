"""Tracing needs no place that can be written: without one the kernel is compiled anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jindo
from jindo.base.compiling import compile_kept


def test_compile_kept_compiles_what_cannot_be_kept() -> None:
    space: dict[str, int] = {}
    exec("def add(a, b): return a + b", space)  # noqa: S102  # a function without a file has no place to be kept
    assert compile_kept(space["add"])(2, 3) == 5  # type: ignore[arg-type]


def test_the_kernel_loads_where_neither_the_program_nor_the_home_can_be_written(tmp_path: Path) -> None:
    shutil.copytree(jindo.__path__[0], tmp_path / "jindo", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "jindo/trace/__pycache__").touch()  # a file: no folder can be made there, not even by root
    homeless = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache", "PYTHONDONTWRITEBYTECODE": "1"}
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    ended = subprocess.run(
        [sys.executable, "-c", "import jindo.trace.kernel as kernel; print(kernel.__file__)"],
        env=inherited | homeless | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(str(tmp_path))
