"""Errors end as words on stderr and an exit code by family; stdout stays empty."""

import json

import pytest

from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    NotFound,
    RefusedError,
    SourceError,
)
from jindo.cli import edge, program

FAMILIES = {
    InputError: 2,
    NotFound: 2,
    RefusedError: 3,
    IntegrityError: 4,
    SourceError: 5,
    ConflictError: 6,
    JindoError: 1,
}


@pytest.mark.parametrize(
    ("family", "code"), FAMILIES.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_exit_code_is_the_family_s(family: type[JindoError], code: int) -> None:
    assert edge.exit_code(family("it is wrong")) == code


def test_report_error_says_place_problem_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        edge.report_error(InputError("no such column", place="a.csv:3", remedy="Name it."), as_json=False)
        == 2
    )
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: a.csv:3: no such column\nremedy: Name it.\n")


def test_report_error_without_a_place_names_the_problem_alone(capsys: pytest.CaptureFixture[str]) -> None:
    edge.report_error(ConflictError("it exists", remedy="Wait."), as_json=False)
    assert capsys.readouterr().err == "error: it exists\nremedy: Wait.\n"


def test_report_error_keeps_a_long_line_whole(capsys: pytest.CaptureFixture[str]) -> None:
    edge.report_error(InputError("x" * 500, remedy="Wait."), as_json=False)
    assert "x" * 500 in capsys.readouterr().err


def test_report_error_leaves_off_what_could_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    edge.report_error(InputError("a \x1b[2Jlabel\u202e"), as_json=False)
    assert "a [2Jlabel\n" in capsys.readouterr().err


def test_report_error_as_json_is_one_object_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    edge.report_error(NotFound("it is not there", place="x", remedy="Look."), as_json=True)
    out, err = capsys.readouterr()
    facts = {"code": "input.not-found", "problem": "it is not there", "place": "x", "remedy": "Look."}
    assert out == ""
    assert json.loads(err) == {"error": facts}
    assert err.count("\n") == 1


def test_report_bug_hides_the_text_of_an_unexpected_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JINDO_DEBUG", raising=False)
    assert edge.report_bug(ValueError("a victim's name"), as_json=False) == 1
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "report" in err
    assert "victim" not in err


def test_report_bug_shows_the_traceback_with_jindo_debug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDO_DEBUG", "1")
    edge.report_bug(ValueError("what happened"), as_json=False)
    assert "ValueError: what happened" in capsys.readouterr().err


def test_report_refusal_of_system_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    error = PermissionError(13, "Permission denied", "/there/ledger")
    assert edge.report_refusal_of_system(error, as_json=False) == 2
    assert capsys.readouterr().err.startswith("error: /there/ledger: the system says: Permission denied\n")


def test_run_gives_usage_errors_the_code_of_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["verify"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "PATH" in err


def test_run_gives_usage_errors_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["verify", "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["error"]["code"] == "usage"


def test_run_of_a_missing_ledger_is_an_input_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["ledger", "status", "no-such-ledger"]) == 2
    assert capsys.readouterr().err.startswith("error: there is no ledger in 'no-such-ledger'\nremedy: ")


def test_main_leaves_with_the_code_of_the_run() -> None:
    with pytest.raises(SystemExit) as end:
        program.main(["ledger", "status", "no-such-ledger", "--json"])
    assert end.value.code == 2


def test_run_names_every_missing_option_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["node", "init", "n", "--member", "seoul", "--kind=police"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: jindo node init: missing: --name NAME, --country CC\nremedy: --name NAME: ")
    assert "Two letters: KR" in err
    assert "--member" not in err
    assert program.run(["node", "init", "--json"]) == 2
    assert "--kind" in json.loads(capsys.readouterr().err)["error"]["problem"]


def test_run_without_a_verb_gives_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["case"]) in {0, 2}
    out, err = capsys.readouterr()
    assert "export" in out + err
    assert "error:" not in err
