"""`jindo world` makes what it is asked for by number or by name, and refuses a scale that there is not."""

import json
from pathlib import Path

import pytest

from jindo.cli import program
from jindo.cli.world import parse_scale


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    with pytest.raises(SystemExit) as caught:
        program.main([*words, "--json"])
    out = capsys.readouterr()
    code = caught.value.code
    return (code if isinstance(code, int) else 0), json.loads(out.out or "{}")


def test_make_writes_a_world_that_tells_everything(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "w"
    code, view = run(capsys, "world", "make", "peel", "--seed", "1", "--scale", "0.01", "--out", str(out))
    assert (code, view["world"], view["scale"]) == (0, "peel", 0.01)
    files = view["files"]
    assert isinstance(files, list)
    assert {"acts.csv", "owners.csv", "patterns.json", "prices.csv"} <= {file["name"] for file in files}


@pytest.mark.parametrize(("name", "scale"), [("peel", "full"), ("bybit", "huge"), ("bybit", "-1")])
def test_make_refuses_a_scale_that_there_is_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, scale: str
) -> None:
    out = tmp_path / "w"
    code, _ = run(capsys, "world", "make", name, "--seed", "1", "--scale", scale, "--out", str(out))
    assert code == 2
    assert not out.exists()


def test_list_names_every_world(capsys: pytest.CaptureFixture[str]) -> None:
    code, view = run(capsys, "world", "list")
    assert code == 0
    worlds = view["worlds"]
    assert isinstance(worlds, list)
    assert [w["name"] for w in worlds] == ["bybit", "coinjoin", "bridges", "innocent", "peel"]


def test_parse_scale_gives_a_number_where_it_is_one() -> None:
    assert parse_scale("0.1") == 0.1
    assert parse_scale("full") == "full"
