"""An engine is asked for by its address, and only then is pyspark loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jindo.base.errors import InputError, SourceError
from jindo.ledger import open_engine


def test_nothing_loads_pyspark_before_an_engine_is_asked_for() -> None:
    code = "import sys, jindo.cli, jindo.ledger, jindo.app.on_engine; print({'pyspark', 'pandas', 'grpc'} & {*sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize("url", ["", "localhost:1", "http://h:1", "sc://", "sc://a b:1/;x", "sc://h:123456"])
def test_open_engine_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises((InputError, SourceError)), open_engine(url):
        pass


def test_open_engine_says_how_to_get_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", None)
    with (
        pytest.raises(InputError, match="pyspark, which is not installed") as raised,
        open_engine("sc://h:1"),
    ):
        pass
    assert "jindo[spark]" in raised.value.remedy()
