"""The joint story's folder: nothing but a demo's own is ever replaced."""

from pathlib import Path

import pytest

from jindo.app import run_demo
from jindo.base.errors import ConflictError


@pytest.mark.parametrize(
    "left", [{"demo.json": "{}"}, {"demo.json": '{"format":"jindo.demo/1"}', "mine.txt": ""}, {"world": ""}]
)
def test_run_demo_refuses_a_folder_that_no_demo_made(tmp_path: Path, left: dict[str, str]) -> None:
    for name, text in left.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConflictError):
        run_demo(tmp_path, scale=0.05)
    assert {path.name for path in tmp_path.iterdir()} == set(left)
