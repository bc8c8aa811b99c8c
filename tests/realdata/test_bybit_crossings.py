"""The Bybit extract through the joint trace: from the theft to the swap contracts, through the fan-outs, past the decoys.

* The column `kind`, which says what is a decoy, is dropped; assets are known by their contract, as a node reports them.
* No row of the extract comes back from a swap, so that nothing crosses: that is said, and swaps are shown on worlds.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.trace.crossing_chains import ETH, Joint, trace

from jindo.base.ids import ETHEREUM, Account, token_asset
from jindo.ledger import AccountChain, Chain, import_source, open_ledger
from jindo.trace import CONSERVING, NamedAccount
from jindo.trace.crossings import find_swaps

pytestmark = pytest.mark.realdata

THEFT = [NamedAccount("bybit", Account("0x47666fab8bd0ac7003bce3f5c3585383f09486e2"))]
STETH = token_asset(ETHEREUM, "0xae7ab96520de3a18e5e111b5eaab095312d7fe84")
DECOYS = 15
SWAPPERS = ("0x6bb0000670", "0xfe837a3530", "0x04708077ec")
"""Contracts at which the stolen staking tokens were swapped."""
HUBS = {"0xdd9007": 54, "0xf30257": 74, "0x327ffe": 9}
"""Accounts out of which ether fanned at hops 3, 4 and 5, and their payments in the extract."""
Row = dict[str, str]


def is_real(row: Row) -> bool:
    return row["kind"] == "real"


def chain_of(data_dir: Path, folder: Path, keep: Callable[[Row], bool]) -> Chain:
    """The rows kept, without their `kind`, as an account chain."""
    folder.mkdir()
    with (data_dir / "thefts" / "bybit-2025" / "transfers.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if keep(row)]
    columns = ["tx_hash", "time", "block", "from", "to", "amount", "asset"]
    with (folder / "transfers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            row |= {"time": row["timestamp_utc"], "asset": row["contract"] or ETH}
            writer.writerow({name: row[name] for name in columns})
    import_source(str(folder / "transfers.csv"), format="transfers", into=folder / "ledger", decimals=18)
    return open_ledger(folder / "ledger").chain(ETHEREUM)


def ends(joint: Joint, assets: set[str]) -> list[tuple[str, str, str, int]]:
    """Where the trace ended, in these assets."""
    endpoints = joint.outcomes[ETHEREUM].endpoints
    return [(e.account, e.stop.reason, e.asset, e.amount) for e in endpoints if e.asset in assets]


@pytest.fixture(scope="module")
def chains(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Chain, Chain]:
    """The extract as it is, and without its decoys."""
    folder = tmp_path_factory.mktemp("bybit")
    return chain_of(data_dir, folder / "all", lambda _: True), chain_of(data_dir, folder / "real", is_real)


@pytest.mark.parametrize("rule", CONSERVING)
def test_decoys_move_nothing_of_value(chains: tuple[Chain, Chain], rule: str) -> None:
    everything, real = (trace([chain], THEFT, rule) for chain in chains)
    assets = {sheet.asset for sheet in real.outcomes[ETHEREUM].sheets}
    assert ends(everything, assets) == ends(real, assets)
    of_value = [sheet for sheet in everything.outcomes[ETHEREUM].sheets if sheet.asset in assets]
    assert of_value == real.outcomes[ETHEREUM].sheets
    assert chains[0].row_starts[-1] - chains[1].row_starts[-1] == DECOYS


@pytest.mark.parametrize("rule", CONSERVING)
def test_the_theft_reaches_the_swap_contracts_and_balances(chains: tuple[Chain, Chain], rule: str) -> None:
    joint = trace([chains[0]], THEFT, rule)
    held = {(e.account[:12], e.asset): e.amount for e in joint.outcomes[ETHEREUM].endpoints}
    arrived = {
        short: sum(units for (account, _), units in held.items() if account == short) for short in SWAPPERS
    }
    assert arrived["0x04708077ec"] == 8000 * 10**18
    # 90,375.54791768 stETH were stolen; all of it, and not a unit more, stands at the two contracts.
    assert arrived["0x6bb0000670"] + arrived["0xfe837a3530"] == 90_375_547_917_680_000_000_000
    (steth,) = [sheet for sheet in joint.outcomes[ETHEREUM].sheets if sheet.asset == STETH]
    assert steth.stolen == 90_375_547_917_680_000_000_000


@pytest.mark.parametrize("rule", CONSERVING)
def test_the_ether_goes_through_the_fan_outs(chains: tuple[Chain, Chain], rule: str) -> None:
    """What the swaps paid out is not in the extract, so the account that swapped is named as well."""
    named = [*THEFT, NamedAccount("bybit", Account("0xa4b2fd68593b6f34e51cb9edb66e71c1b4ab449e"))]
    joint = trace([chains[0]], named, rule)
    carried = {hub: carried_by(joint, hub) for hub in HUBS}
    assert [len(rows) for rows in carried.values()] == [*HUBS.values()]
    # 98,048.7948 ether came to the first hub and 10,000 of it to the second; both sent all of it on.
    assert sum(carried["0xdd9007"]) == 98_048_794_800_000_000_000_000
    assert sum(carried["0xf30257"]) == 10_000 * 10**18
    assert sum(carried["0x327ffe"]) > 0


def test_without_the_swaps_only_a_stain_reaches_the_fan_outs(chains: tuple[Chain, Chain]) -> None:
    joint = trace([chains[0]], THEFT, "poison")
    assert all(sum(1 for units in carried_by(joint, hub) if units) > 1 for hub in HUBS)


def carried_by(joint: Joint, hub: str) -> list[int]:
    """Stolen units that each payment of a hub's ether carries."""
    chain = joint.chains[ETHEREUM]
    assert isinstance(chain, AccountChain)
    (account,) = {name for name in chain.accounts if name.startswith(hub) and spends(chain, name)}
    flows = joint.findings.findings[ETHEREUM].flows
    return [sum(flow.amount for flow in flows if flow.row == row) for row in spends(chain, account)]


def spends(chain: AccountChain, account: str) -> list[int]:
    """The payments in ether of an account."""
    pots = [pot for pot in chain.find_pots(account) if chain.assets[int(chain.pot_asset[pot])] == ETH]
    return [event for pot in pots for event in chain.draws_of(pot).tolist()]


def test_the_extract_shows_no_swap_coming_back(chains: tuple[Chain, Chain]) -> None:
    assert isinstance(chains[0], AccountChain)
    swaps = find_swaps(chains[0])
    assert (len(swaps), len(swaps.unclear)) == (0, 0)
