"""The doctor says what is there, and for what is missing how to get it."""

import sys
from pathlib import Path

import pytest

import jindo
from jindo.cli import doctor, program


def test_examine_gives_a_remedy_for_all_that_is_not_ok() -> None:
    assert [finding for finding in doctor.examine() if (finding.state == "ok") == bool(finding.remedy)] == []


def test_examine_finds_missing_korean_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fonts = next(finding for finding in doctor.examine() if finding.name == "Korean fonts")
    assert fonts.state == "missing"
    assert "fonts-noto-cjk" in fonts.remedy


def test_examine_names_the_kernel_s_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    cache = next(finding for finding in doctor.examine() if finding.name == "kernel cache")
    assert (cache.state, str(tmp_path / "cache") in cache.detail) == ("ok", True)


def test_examine_finds_the_kernel_s_cache_in_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    monkeypatch.setattr(jindo, "__path__", ["/dev/null/jindo"])
    found = {finding.name: finding for finding in doctor.examine()}
    assert str(tmp_path / "own") in found["kernel cache"].detail
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/own")
    found = {finding.name: finding for finding in doctor.examine()}
    assert (found["kernel cache"].state, found["kernel cache"].is_needed) == ("missing", False)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_doctor_leaves_with_2_where_something_needed_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)  # as Python marks what cannot be imported
    assert program.run(["doctor", *more]) == 2
    out, err = capsys.readouterr()
    assert ("typst" in out, err) == (True, "")


def test_doctor_leaves_with_0_where_only_fonts_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program.run(["doctor"]) == 0


def test_doctor_leaves_with_0_and_shows_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "python" in out
    assert "disk" in out
