"""Sums on a page: by asset, whole, and only of what is held now."""

from typing import Any

from jindo.web.figures import find_earliest, find_latest, pair_up, sum_by_asset, sum_held_now

ETH = {"asset": "eip155:1/slip44:60", "decimals": 18}
BTC = {"asset": "bip122:000000000019d6689c085ae165831e93/slip44:0", "decimals": 8}
NOW = 1_000


def build_reply(
    state: str, held: str, *, until: int | None = NOW + 1, said: str = "received"
) -> dict[str, Any]:
    body = {"until": until, "totals": [{**ETH, "held": held}]}
    return {"state": state, "statement_state": said, "body": body}


def build_request(*replies: dict[str, Any], state: str = "answered") -> dict[str, Any]:
    return {"state": state, "replies": list(replies)}


def test_sum_by_asset_adds_whole_units_of_each_asset() -> None:
    rows = [{**ETH, "amount": str(10**30)}, {**BTC, "amount": "5"}, {**ETH, "amount": "1"}]
    assert sum_by_asset(rows) == [{**ETH, "amount": str(10**30 + 1)}, {**BTC, "amount": "5"}]


def test_sum_held_now_takes_the_latest_reply_that_was_sent() -> None:
    request = build_request(
        build_reply("held", "9"), build_reply("partially-held", "4"), build_reply("held", "7", said="draft")
    )
    assert sum_held_now([request], NOW) == [{**ETH, "held": "4"}]


def test_sum_held_now_leaves_out_what_lapsed_or_was_released() -> None:
    requests = [
        build_request(build_reply("held", "9", until=NOW)),
        build_request(build_reply("released", "9")),
        build_request(build_reply("held", "9"), state="recalled"),
        build_request(build_reply("held", "2", until=None)),
    ]
    assert sum_held_now(requests, NOW) == [{**ETH, "held": "2"}]


def test_earliest_and_latest_pass_over_rows_without_a_time() -> None:
    rows: list[dict[str, int | None]] = [{"t": None}, {"t": 5}, {"t": 3}]
    assert (find_earliest(rows, "t"), find_latest(rows, "t")) == (3, 5)
    assert (find_earliest([{"t": None}], "t"), find_latest([], "t")) == (None, None)


def test_pair_up_gives_value_by_key() -> None:
    assert pair_up([{"id": "a", "title": "A"}], "id", "title") == {"a": "A"}
