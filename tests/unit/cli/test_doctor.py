"""The doctor says what is there, and for what is missing how to get it."""

from pathlib import Path

import pytest

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


def test_doctor_leaves_with_0_and_shows_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "python" in out
    assert "disk" in out
