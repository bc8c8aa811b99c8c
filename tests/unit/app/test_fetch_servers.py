"""Which servers a trace may ask, as `--fetch` names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jindo.app import FetchLimits, TraceRequest, name_keep_folder, parse_server, trace_fetched
from jindo.app.fetching.servers import Asking
from jindo.base.errors import ConflictError, InputError


def test_server_is_a_format_and_a_url() -> None:
    server = parse_server("esplora=https://blockstream.info/api")
    assert (server.format, server.url, server.chain) == ("esplora", "https://blockstream.info/api", None)


def test_chain_of_an_evm_explorer_stands_in_its_url() -> None:
    server = parse_server("etherscan=https://example.org/v2/api?apikey=hush&chainid=137")
    assert (server.chain, server.url) == ("eip155:137", "https://example.org/v2/api?apikey=hush")
    assert "hush" not in repr(server)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://blockstream.info/api", "is not a server to fetch from"),
        ("bitcoin=https://blockstream.info/api", "'bitcoin' is not a server"),
        ("esplora=blockstream.info", "no http or https URL"),
        ("esplora=file:///etc/passwd", "no http or https URL"),
        ("etherscan=https://api.etherscan.io/v2/api", "does not name the chain"),
        ("etherscan=https://api.etherscan.io/v2/api?chainid=one", "does not name the chain"),
        ("etherscan=https://api.etherscan.io/v2/api?chainid=1&chainid=2", "does not name the chain"),
    ],
)
def test_what_is_no_server_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_server(text)


def test_answers_are_kept_beside_the_ledger(tmp_path: Path) -> None:
    assert name_keep_folder(tmp_path / "ledger") == tmp_path / "ledger.kept"


def test_result_that_is_there_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.json").write_text("{}")
    request = TraceRequest(tmp_path / "ledger", tmp_path / "stolen.csv", tmp_path / "out")
    with pytest.raises(ConflictError, match="never overwrites"):
        trace_fetched(
            request, [parse_server("esplora=http://127.0.0.1:9")], Asking(tmp_path / "kept"), FetchLimits()
        )
    assert not (tmp_path / "kept").exists()


def test_limit_below_one_is_refused(tmp_path: Path) -> None:
    request = TraceRequest(tmp_path / "ledger", tmp_path / "stolen.csv", tmp_path / "out")
    with pytest.raises(InputError, match="number is below 1"):
        trace_fetched(request, [], Asking(tmp_path / "kept"), FetchLimits(accounts=0))
