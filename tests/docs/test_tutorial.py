"""The tutorial works: every line that starts with `$` is run, in order, as a reader would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-trace.md"


def test_tutorial_runs_line_by_line(tmp_path: Path) -> None:
    lines = [line.strip()[2:] for line in TUTORIAL.read_text().splitlines() if line.strip().startswith("$ ")]
    assert len(lines) >= 8
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    printed = {}
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        printed[line] = done.stdout
    assert {"report.html", "report.pdf", "endpoints.csv"} <= set(printed["ls result"].split())
