"""`jindo doctor`: what is here, what is missing, how to get it.

* A missing thing says what it is for and the command that brings it.
* Nothing is changed and nothing is fetched.
* It leaves with 2 where something is missing that Jindo cannot work without, and with 0 otherwise.
"""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import jindo
from jindo.cli.output import Json, View, emit
from jindo.cli.tables import build_table, format_bytes

if TYPE_CHECKING:
    from rich.console import Console

_PACKAGES = (
    ("duckdb", "reads and sorts what is imported"),
    ("pyarrow", "the ledger's files"),
    ("numba", "traces"),
    ("typst", "report.pdf"),
)
_REINSTALL = "Run `make venv` again, or reinstall jindo."
_NEEDED_MISSING = 2
"""Exit code; it is for whoever installed Jindo to correct."""
_MEMORY = 2 * 10**9
_DISK = 5 * 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: str
    """`ok`, `missing` or `low`."""
    detail: str
    remedy: str = ""
    """How to get it; empty where nothing is to be done."""
    is_needed: bool = False
    """Whether Jindo cannot work without it."""


def doctor(as_json: Json = False) -> None:
    """Show what is here, what is missing, and how to get it."""
    findings = [asdict(finding) for finding in examine()]
    emit({"version": jindo.__version__, "findings": findings}, render_findings, as_json=as_json)
    if any(_is_lacking(finding) for finding in findings):
        raise typer.Exit(_NEEDED_MISSING)


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which they matter."""
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield from (_find_package(name, use) for name, use in _PACKAGES)
    yield _find_kernel_cache()
    yield _find_korean_fonts()
    yield _find_memory()
    yield _find_disk()


def render_findings(console: Console, view: View) -> None:
    """One row for each finding, and how to get what is missing."""
    console.print(f"jindo {view['version']}\n")
    table = build_table("", "what", "found", "how to get it")
    for finding in view["findings"]:
        mark = "✓" if finding["state"] == "ok" else "✗" if _is_lacking(finding) else "!"
        table.add_row(mark, finding["name"], finding["detail"], finding["remedy"])
    console.print(table)
    if lacking := [finding["name"] for finding in view["findings"] if _is_lacking(finding)]:
        console.print(f"Jindo cannot work without: {', '.join(lacking)}", style="bold red")


def _is_lacking(finding: View) -> bool:
    return bool(finding["is_needed"]) and finding["state"] == "missing"


def _find_package(name: str, use: str) -> Finding:
    try:
        found = importlib.import_module(name)
    except (ImportError, OSError):  # the latter where a library that it loads is not there
        return Finding(name, "missing", f"needed for: {use}", _REINSTALL, is_needed=True)
    return Finding(name, "ok", f"{getattr(found, '__version__', 'installed')} ({use})", is_needed=True)


def _find_kernel_cache() -> Finding:
    """Whether the compiled kernel can be kept; else every run compiles it again."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    beside = Path(jindo.__path__[0]) / "trace" / "__pycache__"
    own = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "numba"
    places = [Path(named)] if named else []
    for place in (*places, beside, own):  # numba's order
        if _is_writable(place):
            return Finding("kernel cache", "ok", f"{place} (the compiled kernel is kept)")
    remedy = "Set NUMBA_CACHE_DIR to a folder that you may write to."
    return Finding("kernel cache", "missing", f"{beside} cannot be written: every run compiles anew", remedy)


def _is_writable(place: Path) -> bool:
    nearest = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return True
    except OSError:
        return False


def _find_korean_fonts() -> Finding:
    program = shutil.which("fc-list")
    install = "apt-get install fontconfig fonts-noto-cjk"
    if program is None:
        return Finding("Korean fonts", "missing", "fc-list is not there, so fonts are unknown", install)
    # S603: the program is the one that PATH names, with fixed words.
    listed = subprocess.run([program, ":lang=ko", "family"], capture_output=True, text=True, check=False)  # noqa: S603
    families = sorted({line.split(",")[0].strip() for line in listed.stdout.splitlines() if line.strip()})
    if not families:
        return Finding("Korean fonts", "missing", "Korean text in report.pdf would show as boxes", install)
    return Finding("Korean fonts", "ok", ", ".join(families[:3]))


def _find_memory() -> Finding:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if total < _MEMORY:
        return Finding("memory", "low", format_bytes(total), "Large imports need 2 GB or more.")
    return Finding("memory", "ok", f"{format_bytes(total)}, {os.cpu_count()} processors")


def _find_disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    if free < _DISK:
        return Finding(
            "disk", "low", f"{format_bytes(free)} free here", "Free some: a ledger needs room twice."
        )
    return Finding("disk", "ok", f"{format_bytes(free)} free here")
