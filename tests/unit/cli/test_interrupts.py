"""Ctrl-C ends a command cleanly: one answer, 130, and nothing half-made, whichever library was at work."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from jindo.cli import edge
from jindo.cli.interrupts import watch_interrupts

PROGRAM = """
import os, signal, sys, threading, time
from pathlib import Path
from jindo.cli import main

def stop_when_rows_are_read(ledger):
    while not (ledger / ".staging").exists():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=stop_when_rows_are_read, args=(Path(sys.argv[2]),), daemon=True).start()
main(["ledger", "import", sys.argv[1], "--format", "transfers", "--into", sys.argv[2], *sys.argv[3:]])
"""


def press(after: float) -> None:
    threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_a_watch_sees_ctrl_c_whatever_a_library_makes_of_it() -> None:
    with watch_interrupts() as watch, suppress(RuntimeError, KeyboardInterrupt):  # DuckDB's word, or Python's
        press(0.1)
        duckdb.connect().execute("SELECT sum(hash(range)) FROM range(1000000000)").fetchall()
    assert watch.is_interrupted


def test_a_watch_that_saw_nothing_says_so_and_puts_the_handler_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with watch_interrupts() as watch:
        assert signal.getsignal(signal.SIGINT) != before
    assert (watch.is_interrupted, signal.getsignal(signal.SIGINT)) == (False, before)


def test_a_watch_leaves_another_handler_in_place() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with watch_interrupts() as watch:
            signal.raise_signal(signal.SIGINT)
        assert not watch.is_interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def test_report_interrupt_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.report_interrupt(as_json=False) == 130
    assert capsys.readouterr().err.startswith("error: the command was interrupted")


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_interrupted_import_leaves_with_130_and_nothing_half_made(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    a, b = (f"0x{n:040x}" for n in (1, 2))
    rows = "".join(f"{n},0x{n:064x},{a},{b},{n}\n" for n in range(100_000))
    (tmp_path / "t.csv").write_text(f"block,tx_hash,from,to,amount\n{rows}")
    program = [sys.executable, "-c", PROGRAM, str(tmp_path / "t.csv"), str(tmp_path / "ledger"), *more]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=300)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert "interrupted" in ended.stderr
    assert not (tmp_path / "ledger").exists()
