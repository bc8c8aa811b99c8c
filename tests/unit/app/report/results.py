"""A small result in the form of `result.json`, written by hand: two chains, three services, one of them hostile."""

from __future__ import annotations

from typing import Any

ETH, BTC = "eip155:1", "bip122:000000000019d6689c085ae165831e93"
ETHER, BITCOIN = "eip155:1/slip44:60", f"{BTC}/slip44:0"
HOSTILE = "<script>alert('x')</script> & \u202eCo.\x07"
KOREAN = "서울거래소"
VICTIM, HOP, SECOND, EXCHANGE, DEPOSIT = (f"0x{digit * 40}" for digit in "12345")
TAPROOT = "bc1p" + "q" * 58
RULES = ("fifo", "lifo", "haircut", "dirty-first", "clean-first")
NOON = 1_686_000_000


def endpoint(account: str, amount: int, reason: str, service: str = "", **more: Any) -> dict[str, Any]:
    defaults = {
        "theft": "heist",
        "chain": ETH,
        "asset": ETHER,
        "kind": "exchange" if service else "",
        "hops": 2,
    }
    times = {"first_time": NOON, "last_time": NOON + 86_400}
    row = {
        "account": account,
        "amount": str(amount),
        "reason": reason,
        "service": service,
        "unexplained": False,
    }
    return {**defaults, **times, **row, **more}


def flow(
    source: str, target: str, amount: int, hops: int | str, reason: str = "", **more: str
) -> dict[str, str]:
    row = {
        "theft": "heist",
        "named": "no",
        "chain": ETH,
        "block": "7",
        "time": "2023-06-05T21:20:00Z",
        "index": "0",
    }
    path = {
        "tx_hash": f"0x{amount:064x}",
        "from": source,
        "to": target,
        "asset": ETHER,
        "amount": str(amount),
    }
    return {**row, **path, "reason": reason, "hops": str(hops), **more}


def sheet(theft: str, chain: str, asset: str, stolen: int, **went: int) -> dict[str, str]:
    reasons = ("service", "likely-service", "mixer", "departed", "burned", "fee", "limit", "held")
    amounts = {reason: str(went.get(reason, 0)) for reason in reasons}
    return {"theft": theft, "chain": chain, "asset": asset, "stolen": str(stolen), "arrived": "0", **amounts}


def spread_row(end: dict[str, Any], *amounts: int) -> dict[str, Any]:
    names = ("theft", "chain", "account", "service", "kind", "reason", "asset")
    by_rule = {rule: str(units) for rule, units in zip(RULES, amounts, strict=True)}
    return {
        **{name: end[name] for name in names},
        "least": str(min(amounts)),
        "most": str(max(amounts)),
        "amounts": by_rule,
    }


def build_result(
    endpoints: list[dict[str, Any]], sheets: list[dict[str, str]], rule: str = "fifo"
) -> dict[str, Any]:
    stolen = [
        {**{key: row[key] for key in ("theft", "chain", "asset", "stolen")}, "movements": 1} for row in sheets
    ]
    ends = [end for end in endpoints if end["reason"] != "held"]
    chain = {
        "chain": ETH,
        "fingerprint": "e" * 64,
        "kind": "account",
        "rows": 9,
        "first_block": 1,
        "last_block": 9,
    }
    return {
        "format": "jindo.result/1",
        "findings_hash": "a" * 64,
        "provenance_hash": "b" * 64,
        "findings": {
            "method": "1",
            "rule": rule,
            "max_hops": None,
            "thefts": stolen,
            "sheets": [] if rule == "poison" else sheets,
            "endpoints": endpoints,
            "unexplained_inflow": [{"chain": ETH, "asset": ETHER, "amount": "5"}],
            "flows": {"count": 5, "sha256": "c" * 64},
            "stops": [],
        },
        "spread": [spread_row(end, *[int(end["amount"])] * 5) for end in ends],
        "upper_bound": {"rule": "poison", "endpoints": ends},
        "bounds": "not computed",
        "notes": ["One named account sends nothing."],
        "provenance": {
            "ledger": {
                "fingerprint": "d" * 64,
                "chains": [{**chain, "first_time": NOON - 9, "last_time": NOON + 90_000}],
            },
            "until": None,
            "stolen": {"rows": 1, "sha256": "f" * 64},
            "services": {"rows": 3, "sha256": "0" * 64, "file": "services.csv"},
            "opening": {"sha256": "1" * 64, "balances": [{}]},
            "decimals": {ETHER: 18, BITCOIN: None},
            "conventions": ["Fees never flow into a coinbase."],
            "history": {"sha256": "9" * 64, "rows": 12},
        },
        "software": {"name": "jindo", "version": "0.1.0"},
    }
