"""What the system tests share: the joint story played once, by `jindo demo` in processes of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.02
"""Small: what is tested is the joint work, not the size of the theft."""


@dataclass(frozen=True)
class Played:
    """The story as the demo told it, and the folder that it left."""

    folder: Path
    view: dict[str, Any]

    @property
    def export(self) -> Path:
        """The case as it is handed over."""
        return Path(self.view["export"])


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("story") / "demo"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JINDO_")}
    words = ["demo", "--dir", str(folder), "--scale", str(SCALE), "--page", "0", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "jindo", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    return Played(folder, json.loads(done.stdout))
