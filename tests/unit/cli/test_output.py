"""What a command prints: JSON for programs, tables for people, silence for pipes."""

import json
from typing import TYPE_CHECKING

import pytest

from jindo.cli.output import clean, emit, progress_bars

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.cli.output import View


def draw(console: "Console", view: "View") -> None:
    console.print(f"drawn: {view['name']}")


def test_emit_as_json_prints_one_canonical_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"b": 1, "a": "2"}, draw, as_json=True)
    assert capsys.readouterr() == ('{"a":"2","b":1}\n', "")


def test_emit_draws_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "[red]x[/] :smile:"}, draw, as_json=False)
    assert capsys.readouterr().out == "drawn: [red]x[/] :smile:\n"


def test_emit_prints_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "A\x1b[31mB\u202eC\r\nD"}, draw, as_json=False)
    assert capsys.readouterr().out == "drawn: A[31mBCD\n"


def test_emit_as_json_keeps_the_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "A\x1b\u202e"}, draw, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"name": "A\x1b\u202e"}


def test_emit_in_a_pipe_does_not_cut_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    emit({"name": "x" * 200}, draw, as_json=False)
    assert capsys.readouterr().out == f"drawn: {'x' * 200}\n"


def test_clean_goes_into_lists_and_keys() -> None:
    assert clean({"a\x07": ["b\x1b", 1, None, {"c": "\u200bd"}]}) == {"a": ["b", 1, None, {"c": "d"}]}


def test_progress_is_quiet_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as progress:
        progress("reading", 1, 2)
        progress("tracing", 0, None)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_each_step_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bars() as progress:
        progress("reading", 1, 2)
        progress("tracing", 0, None)
        progress("tracing", 5, 10)
    out, err = capsys.readouterr()
    assert out == ""
    assert "tracing" in err
