"""THORChain memos in the forms that its documentation lists, and whatever else stands in such a place."""

from __future__ import annotations

import pytest

from jindo.trace.crossings.memos import MOST_BYTES, MemoAsset, parse_memo

ETHER, COIN = MemoAsset("ETH", "ETH"), MemoAsset("BTC", "BTC")
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
HASH = "ab" * 32


@pytest.mark.parametrize("function", ["SWAP", "swap", "s", "S", "="])
@pytest.mark.parametrize(
    ("written", "asset"), [("ETH.ETH", ETHER), ("e", ETHER), ("b", COIN), ("btc.btc", COIN)]
)
def test_parse_memo_knows_every_name_of_a_swap(function: str, written: str, asset: MemoAsset) -> None:
    memo = parse_memo(f"{function}:{written}:dest")
    assert memo.is_swap
    assert (memo.asset, memo.destination, memo.unread) == (asset, "dest", ())


@pytest.mark.parametrize(
    ("written", "contract"),
    [
        ("ETH.USDT", ""),
        ("ETH.USDT-ec7", "ec7"),
        ("ETH.USDT-6994597C13D831EC7", "6994597c13d831ec7"),
        (f"ETH.USDT-{USDT.upper()}", USDT),
    ],
)
def test_parse_memo_reads_shortened_tokens(written: str, contract: str) -> None:
    memo = parse_memo(f"=:{written}:0xabc")
    assert memo.asset == MemoAsset("ETH", "USDT", contract)


@pytest.mark.parametrize(
    ("written", "form"), [("BTC/BTC", "synth"), ("BTC~BTC", "trade"), ("BTC-BTC", "secured"), ("r", "native")]
)
def test_parse_memo_says_what_stays_on_thorchain(written: str, form: str) -> None:
    asset = parse_memo(f"=:{written}:thor1x").asset
    assert asset is not None
    assert (asset.form, asset.is_on_thorchain) == (form, True)
    assert not COIN.is_on_thorchain


def test_parse_memo_reads_a_full_swap() -> None:
    memo = parse_memo(
        "=:BTC.BTC:bc1qdest/0xrefund:161e6/3/10:t/ss:15/30:2386f3848:0x0a44:1e18|anything: at all"
    )
    assert (memo.destination, memo.refund_to) == ("bc1qdest", "0xrefund")
    assert (memo.limit, memo.interval, memo.quantity) == (161_000_000, 3, 10)
    assert memo.affiliates == (("t", 15), ("ss", 30))
    assert (memo.aggregator, memo.final_asset, memo.final_limit) == ("2386f3848", "0x0a44", 10**18)
    assert memo.unread == ()


@pytest.mark.parametrize(
    ("limit", "read"),
    [("", (0, 0, 0)), ("12", (12, 0, 0)), ("1.5e3", (1500, 0, 0)), ("/1/0", (0, 1, 0)), ("0/1", (0, 1, 0)), ("1e8//", (10**8, 0, 0))],
)  # fmt: skip
def test_parse_memo_reads_limits(limit: str, read: tuple[int, int, int]) -> None:
    memo = parse_memo(f"s:e:dest:{limit}")
    assert (memo.limit, memo.interval, memo.quantity) == read
    assert memo.unread == ()


def test_parse_memo_gives_one_share_to_all_affiliates() -> None:
    assert parse_memo("=:e:d::t/dx:10").affiliates == (("t", 10), ("dx", 10))
    assert parse_memo("=:e:d::t").affiliates == (("t", 0),)


@pytest.mark.parametrize("answer", ["OUT", "out", "REFUND", "refund"])
@pytest.mark.parametrize("named", [HASH, HASH.upper(), "0x" + HASH, "0X" + HASH.upper()])
def test_parse_memo_reads_what_an_answer_names(answer: str, named: str) -> None:
    memo = parse_memo(f"{answer}:{named}")
    assert (memo.function, memo.answers, memo.is_answer) == (answer.lower(), HASH, True)
    assert not memo.is_swap


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("ADD:BTC.BTC:thor1x", "add"), ("+:e", "add"), ("a:DOGE/DOGE", "add"), ("wd:BTC.BTC:5000", "withdraw"), ("-:e:10000", "withdraw"),
        ("DONATE:ETH.ETH", "donate"), ("LOAN+:e:0xabc", "loan-open"), ("$-:b:bc1q", "loan-repay"), ("TRADE+:thor1x", "trade-add"),
        ("secure-:bc1q", "secure-withdraw"), ("POOL+", "pool-add"), ("MIGRATE:3494355", "migrate"), ("consolidate", "consolidate"),
        ("~:name", "name"), ("BOND:thor1x", "bond"), ("RESERVE", "reserve"), ("noop:novault", "noop"), ("ragnarok:1", "ragnarok"),
        ("m=<:1ETH.ETH:1BTC.BTC:0", "modify-limit-swap"), ("r:12345", "reference-read"), ("yggdrasil+:1", "yggdrasil"),
    ],
)  # fmt: skip
def test_parse_memo_knows_the_other_functions_and_takes_none_for_a_swap(text: str, function: str) -> None:
    memo = parse_memo(text)
    assert (memo.function, memo.is_swap, memo.is_answer) == (function, False, False)


@pytest.mark.parametrize(
    "text", ["", "hello", "swap", "=", "=:", "=:notanasset:x", "swapper:e:x", "0x", ":::"]
)
def test_parse_memo_takes_no_other_text_for_a_swap(text: str) -> None:
    assert not parse_memo(text).is_swap


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("=:?:x", "asset"), ("=::x", "no asset"), ("=:e:x:many", "limit"), ("=:e:x:1e99", "limit"), ("=:e:x:-5", "limit"),
        ("=:e:x::a/b:1/2/3", "shares"), ("=:e:/back", "refund address"), ("OUT:12", "64 hex digits"), (b"=:e:\xff", "UTF-8"),
    ],
)  # fmt: skip
def test_parse_memo_says_what_it_could_not_read(text: str | bytes, said: str) -> None:
    assert said in " ".join(parse_memo(text).unread)


def test_parse_memo_reads_nothing_above_the_length_that_the_bridge_reads() -> None:
    fits = "=:e:".ljust(MOST_BYTES, "x")
    assert parse_memo(fits).is_swap
    assert not parse_memo(fits + "x").is_swap
    assert "250 bytes" in parse_memo(fits + "x").unread[0]
