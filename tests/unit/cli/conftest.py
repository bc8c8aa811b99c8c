"""A test of the program is not told by the caller's own environment who and where it is."""

import os

import pytest


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JINDO_")]:
        monkeypatch.delenv(name)
