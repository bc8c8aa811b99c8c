"""The program answers at once, knows its version, and lists its commands in the order of need."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import jindo
from jindo.cli import program

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    *("numba", "duckdb", "pyarrow", "numpy", "jinja2", "typst", "rfc8785", "rich.progress"),
    *("sqlalchemy", "alembic", "cryptography", "fastapi", "uvicorn", "httpx", "pydantic"),
)


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import jindo.cli", "import jindo"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert modules_after(statement) & set(HEAVY) == set()


def test_help_loads_nothing_heavy_and_no_noun() -> None:
    statement = "import contextlib, io, jindo.cli.program as p\nwith contextlib.redirect_stdout(io.StringIO()): p.run(['--help'])"
    nouns = {f"jindo.cli.{noun}" for noun in program.NOUNS}
    assert modules_after(statement) & {*HEAVY, *nouns} == set()


@pytest.mark.parametrize("noun", program.NOUNS)
def test_noun_loads_its_verbs_when_it_is_named(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([noun, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Commands" in out
    assert "--install-completion" not in out


def test_slip_in_a_noun_is_answered_with_the_noun(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["cas", "list"]) == 2
    assert "case" in capsys.readouterr().err


def test_import_jindo_offers_the_nouns() -> None:
    for name in jindo.__all__:
        assert getattr(jindo, name) is not None
        assert name in dir(jindo)


def test_import_jindo_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        jindo.nonsense  # noqa: B018  # the access is what is shown


def test_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert program.run(["--version"]) == 0
    assert capsys.readouterr().out == f"jindo {stated}\n"


def test_help_lists_commands_in_the_order_of_need(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["--help"]) == 0
    out = capsys.readouterr().out
    places = [out.index(f"│ {name} ") for name in program.ORDER]
    assert places == sorted(places)


def test_run_without_a_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([]) == 2
    out, err = capsys.readouterr()
    assert "Exit codes" in out + err


def test_help_of_rule_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    from jindo.app import RULES

    program.run(["trace", "--help"])
    out = capsys.readouterr().out
    assert [rule for rule in RULES if rule not in out] == []


def test_help_of_format_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    from jindo.app import FORMATS

    program.run(["ledger", "import", "--help"])
    out = capsys.readouterr().out
    assert [name for name in FORMATS if name not in out] == []


def test_completion_offers_commands_and_subcommands() -> None:
    assert {"ledger", "trace", "verify"} <= complete("jindo ")
    assert "explain" in complete("jindo trace e")
    assert {"open", "brief"} <= complete("jindo case ")
    assert "--rule" in complete("jindo trace ledger --r")


def complete(line: str) -> set[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "_JINDO_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from jindo.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    return set(done.stdout.split())
