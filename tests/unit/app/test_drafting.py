"""A draft beside its place: moved or gone at the end, and swept where its writer was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jindo.app.drafting import holding_draft

WRITER = """
import sys, time
from pathlib import Path
from jindo.app.drafting import holding_draft
with holding_draft(Path(sys.argv[1])) as draft:
    (draft / "half").write_text("half")
    print("written", flush=True)
    time.sleep(600)
"""


def start_writer(out: Path) -> subprocess.Popen[str]:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    return writer


def test_draft_is_beside_its_place_and_gone_unless_moved(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with holding_draft(out) as draft:
        assert draft.parent == tmp_path
        (draft / "file").write_text("1")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), holding_draft(out) as draft:
        (draft / "file").write_text(str(1 // 0))
    assert list(tmp_path.iterdir()) == []
    with holding_draft(out) as draft:
        (draft / "file").write_text("1")
        draft.rename(out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_draft_of_a_killed_writer_is_swept_by_the_next_and_one_that_is_held_is_not(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with start_writer(out) as killed, start_writer(out) as alive:
        try:
            assert len(list(tmp_path.iterdir())) == 2
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            with holding_draft(out) as draft:
                others = [path for path in tmp_path.iterdir() if path != draft]
                assert [(path / "half").read_text() for path in others] == ["half"]
        finally:
            alive.kill()
    with holding_draft(out) as draft:
        assert list(tmp_path.iterdir()) == [draft]


def test_nothing_but_drafts_of_the_same_place_is_swept(tmp_path: Path) -> None:
    for name in (".out.draft-short", ".out.abcdefgh", ".out.draft-ABCDEFGH", ".other.draft-abcdefgh", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / ".out.draft-afileabc").write_text("mine")
    (tmp_path / "kept").mkdir()
    (tmp_path / ".out.draft-alinkabc").symlink_to(tmp_path / "kept")
    before = sorted(tmp_path.iterdir())
    with holding_draft(tmp_path / "out"):
        pass
    assert sorted(tmp_path.iterdir()) == before
