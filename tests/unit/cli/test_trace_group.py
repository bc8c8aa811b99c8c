"""`trace` is a verb with a ledger and has a subcommand; the first word decides."""

from pathlib import Path

import pytest

from jindo.cli import program


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def test_help_shows_the_verb_and_its_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["trace", "--help"]) == 0
    out = capsys.readouterr().out
    for word in ("Usage: jindo trace LEDGER --stolen FILE --out DIR", "--rule", "--max-hops", "│ explain "):
        assert word in out


def test_trace_without_words_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    program.run(["trace"])
    out, err = capsys.readouterr()
    assert "--stolen" in out + err


def test_explain_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["trace", "explain", "--help"]) == 0
    out = capsys.readouterr().out
    assert "jindo trace explain" in out
    assert "--stolen" not in out


@pytest.mark.usefixtures("inside")
def test_first_word_explain_is_the_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["trace", "explain", "results", "0x" + "1" * 40]) == 2
    assert "there is no result here" in capsys.readouterr().err


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    "words",
    [
        ["./explain", "--stolen", "s.csv", "--out", "o"],
        ["--stolen", "s.csv", "--out", "o", "./explain"],
        ["--stolen", "s.csv", "./explain", "--out", "o"],
    ],
)
def test_ledger_named_explain_is_given_as_a_path(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["trace", *words]) == 2
    assert "there is no ledger in 'explain'" in capsys.readouterr().err


@pytest.mark.usefixtures("inside")
def test_rule_comes_from_the_environment_where_no_flag_says_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDO_RULE", "guess")
    words = ["trace", "ledger", "--stolen", "s.csv", "--out", "o"]
    assert program.run(words) == 2
    assert "there is no rule 'guess'" in capsys.readouterr().err
    assert program.run([*words, "--rule", "other"]) == 2
    assert "there is no rule 'other'" in capsys.readouterr().err


@pytest.mark.usefixtures("inside")
def test_unknown_extra_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["trace", "ledger", "more", "--stolen", "s.csv", "--out", "o"]) == 2
    assert "more" in capsys.readouterr().err
