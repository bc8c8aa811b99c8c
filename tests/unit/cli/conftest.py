"""A test of the program is not told by the caller's own environment who and where it is; nodes are made once."""

import os
from pathlib import Path

import pytest
from tests.unit.cli.stage import Desk, Stage, build_stage


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JINDO_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return build_stage(tmp_path_factory.mktemp("built"))


@pytest.fixture
def stage(built: Stage, tmp_path: Path) -> Stage:
    return built.copy_to(tmp_path / "stage")


@pytest.fixture
def kim(stage: Stage) -> Desk:
    """An analyst of Seoul."""
    return stage.desk("kim")
