"""The world `bridges`: every crossing is told, memos say what they should, refunds and lies among them."""

import json
from collections import Counter
from pathlib import Path

from tests.unit.sim.made import made

from jindo.base.ids import BITCOIN, ETHEREUM, parse_address
from jindo.sim import TrueCrossing, write_world
from jindo.sim.coin_plan import to_data_script
from jindo.sim.worlds.bridges_memos import encode_deposit, write_answer

THEFT = "bridges-like"


def crossings(*kinds: str) -> list[TrueCrossing]:
    found = [c for c in made("bridges").crossings if c.kind in kinds]
    assert found
    return found


def memos() -> dict[str, str]:
    """Every memo by transaction, on both chains."""
    world = made("bridges")
    found = {str(tx.tx_hash): tx.memo for tx in world.account.transactions if tx.memo}
    for tx in world.utxo.transactions:
        for output in tx.outputs:
            if output.address is None:
                data = bytes.fromhex(output.script)
                found[str(tx.tx_hash)] = data[3 if data[1] == 0x4C else 2 :].decode()
    return found


def test_memo_of_a_deposit_names_where_its_value_arrives() -> None:
    seen = memos()
    for crossing in crossings("bridge"):
        assert seen[str(crossing.departures[0].tx_hash)] == crossing.memo
        verb, asset, to, *_ = crossing.memo.split(":")
        assert verb.upper() in ("=", "S", "SWAP")
        assert asset.split(".")[0].split("-")[0].upper() in ("BTC", "B", "ETH", "E")
        assert len(crossing.arrivals) <= 1
        for leg in crossing.arrivals:
            assert leg.account == to.split("/")[0] == parse_address(to.split("/")[0])
            assert seen[str(leg.tx_hash)] == write_answer("OUT", crossing.departures[0].tx_hash)


def test_refund_goes_back_in_its_own_asset_and_says_so() -> None:
    seen = memos()
    for crossing in crossings("refund", "partial-refund"):
        sent, back = crossing.departures[0], crossing.arrivals[-1]
        assert (back.chain, back.asset) == (sent.chain, sent.asset)
        assert back.amount < sent.amount
        assert seen[str(back.tx_hash)] == write_answer("REFUND", sent.tx_hash)
        named = crossing.memo.split(":")[2].split("/")
        assert back.account == (named[1] if len(named) > 1 else sent.account)


def test_refunds_are_one_in_fourteen_or_thereabouts() -> None:
    done = Counter(c.kind for c in made("bridges").crossings if c.service == "Longship Bridge" and c.arrivals)
    share = done["refund"] / sum(done.values())
    assert 0.03 < share < 0.12


def test_memos_come_in_long_short_and_streaming_forms_within_eighty_bytes_on_bitcoin() -> None:
    written = [c.memo for c in crossings("bridge", "refund", "partial-refund")]
    assert {m.split(":")[0] for m in written} >= {"=", "SWAP", "swap", "s"}
    assert any(":b:" in m for m in written)
    assert any(":BTC.BTC:" in m for m in written)
    assert any("/" in m.split(":")[3] for m in written if m.count(":") > 2)
    for tx in made("bridges").utxo.transactions:
        assert all(len(o.script) // 2 <= 83 for o in tx.outputs if o.address is None)


def test_service_without_memos_pays_within_its_fee_and_delay() -> None:
    world = made("bridges")
    times = {str(tx.tx_hash): tx.time for tx in world.account.transactions}
    times |= {str(tx.tx_hash): tx.time or 0 for tx in world.utxo.transactions}
    for crossing in crossings("memo-less"):
        for leg in crossing.arrivals:
            delay = times[str(leg.tx_hash)] - times[str(crossing.departures[0].tx_hash)]
            # Blocks of ten minutes round a time down.
            assert -600 <= delay <= 131 * 60
            assert leg.chain != crossing.departures[0].chain
            assert not crossing.memo


def test_clean_swap_has_one_asset_out_and_one_in_by_its_rows() -> None:
    world = made("bridges")
    net: dict[tuple[str, str], dict[str, int]] = {}
    for row in world.account.iter_rows():
        for account, sign in ((row.sender, -1), (row.receiver, 1)):
            if account is not None and row.kind.name != "GAS":
                sums = net.setdefault((str(row.tx_hash), account), {})
                sums[row.asset] = sums.get(row.asset, 0) + sign * row.amount
    for crossing in crossings("swap"):
        out, got = crossing.departures[0], crossing.arrivals[0]
        moved = {asset: amount for asset, amount in net[str(out.tx_hash), out.account].items() if amount}
        assert moved == {out.asset: -out.amount, got.asset: got.amount}


def test_silent_wrapping_has_no_row_of_what_arrives() -> None:
    world = made("bridges")
    shown = {(str(r.tx_hash), r.asset) for r in world.account.iter_rows() if r.kind.name == "TOKEN"}
    seen = {(str(c.arrivals[0].tx_hash), c.arrivals[0].asset) in shown for c in crossings("wrap")}
    assert seen == {True, False}


def test_innocents_are_more_than_thieves_at_every_kind_of_crossing() -> None:
    for kind in ("bridge", "memo-less", "swap"):
        thieves = sum(bool(c.theft) for c in crossings(kind))
        assert 0 < thieves < len(crossings(kind)) - thieves


def test_lying_memos_are_of_no_crossing() -> None:
    world = made("bridges")
    liars = {
        a.tx_hash
        for a in world.acts
        if a.act in ("lying-memo", "empty-memo", "failed-memo", "liquidity-memo")
    }
    assert liars
    told = {leg.tx_hash for c in world.crossings for leg in (*c.departures, *c.arrivals)}
    assert not liars & told


def test_something_comes_back_from_bitcoin_to_ether() -> None:
    back = [c for c in made("bridges").crossings if c.theft and c.departures[0].chain == BITCOIN]
    assert all(leg.chain == ETHEREUM for c in back for leg in c.arrivals if c.kind == "bridge")
    assert any(s.asset.startswith(BITCOIN) and s.departed for s in made("bridges").truth.sheets(THEFT))


def test_truth_file_has_a_sheet_for_each_asset(tmp_path: Path) -> None:
    write_world(made("bridges"), tmp_path / "w")
    sheets = json.loads((tmp_path / "w/truth.json").read_text(encoding="utf-8"))["thefts"]
    assert {s["theft"] for s in sheets} == {THEFT}
    assert len({s["asset"] for s in sheets}) == len(sheets) >= 4
    for sheet in sheets:
        total = int(sheet["stolen"]) + int(sheet.get("arrived", 0))
        assert sum(int(amount) for amount in sheet["reasons"].values()) == total
    told = json.loads((tmp_path / "w/crossings.json").read_text(encoding="utf-8"))["crossings"]
    assert len(told) == len(made("bridges").crossings)


def test_to_data_script_pushes_short_and_long_data() -> None:
    assert to_data_script(b"ab") == "6a026162"
    assert to_data_script(b"x" * 80).startswith("6a4c50")


def test_encode_deposit_follows_the_abi() -> None:
    text = encode_deposit(parse_address("0x" + "11" * 20), None, 5, "=:b:x", 9)
    words = [text[8 + i : 8 + i + 64] for i in range(0, len(text) - 8, 64)]
    assert text[:8] == "44bc937b"
    assert [int(w, 16) for w in words[1:6]] == [0, 5, 160, 9, 5]
    assert bytes.fromhex(words[6])[:5] == b"=:b:x"
    assert len(words) == 7
