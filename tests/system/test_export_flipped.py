"""With one byte flipped in any file of an exported case, `jindo verify` names the file and what it breaks."""

import random
import shutil
from pathlib import Path

import pytest
from tests.system.conftest import Played

from jindo.app import verify_path
from jindo.base.errors import IntegrityError

PLACES = 2
"""Bytes tried in each file, one after the other."""


def test_the_exported_folder_verifies_with_nothing_else_at_hand(played: Played, tmp_path: Path) -> None:
    alone = tmp_path / "case"
    shutil.copytree(played.export, alone)
    names = {check.name for check in verify_path(alone).checks}
    assert len(names) >= 5


def test_a_flipped_byte_in_any_file_is_named_with_what_it_breaks(played: Played, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(played.export, folder)
    chance = random.Random(7)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 40
    for path in files:
        whole = path.read_bytes()
        for place in chance.sample(range(len(whole)), min(PLACES, len(whole))):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << chance.randrange(8)
            path.write_bytes(bytes(flipped))
            with pytest.raises(IntegrityError) as caught:
                verify_path(folder)
            error = caught.value
            assert error.place.endswith(str(path.relative_to(folder))), (path, place, str(error))
            assert len(error.problem) > len("this file is not whole"), (path, error.problem)
        path.write_bytes(whole)
    verify_path(folder)
