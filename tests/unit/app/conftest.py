"""Seoul's node after the whole story, and its exported case, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.app.handed_over import KIM, make_node, play_on_node, trace_once
from tests.unit.respond.alliance import Alliance
from tests.unit.respond.story import Story

from jindo.app.export import export_case
from jindo.app.node import Node


@dataclass
class HandedOver:
    """A node, its story, and the folder that it exported."""

    node: Node
    story: Story
    out: Path


@pytest.fixture(scope="session")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandedOver]:
    """The exported case; tests read it and never write."""
    folder = tmp_path_factory.mktemp("handed")
    result, made = trace_once(folder)
    alliance = Alliance(folder)
    node = make_node(alliance, folder / "node")
    story = play_on_node(alliance, node, result, made)
    export_case(node, KIM, story.case, folder / "out")
    yield HandedOver(node, story, folder / "out")
    alliance.close()


@pytest.fixture
def exported(handed_over: HandedOver, tmp_path: Path) -> Path:
    """A copy of the exported case, to be broken."""
    shutil.copytree(handed_over.out, tmp_path / "case")
    return tmp_path / "case"
