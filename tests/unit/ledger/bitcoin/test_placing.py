"""Which block stands at which height: links, stated heights, rivals, and what the ledger keeps."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger.bitcoin.mining import GENESIS, REGTEST

from jindo.base.ids import BITCOIN
from jindo.ledger.bitcoin.networks import get_network
from jindo.ledger.bitcoin.placing import (
    MISSTATED,
    RIVAL,
    TOO_EASY,
    UNKNOWN,
    BlockLink,
    HeldBlock,
    place_blocks,
)

TEST = replace(get_network(REGTEST), heights_from=500)


def name(text: str) -> bytes:
    return text.encode().ljust(32, b".")


def link(text: str, before: str | bytes, *, work: int = 2, stated: int | None = None) -> BlockLink:
    previous = before if isinstance(before, bytes) else name(before)
    return BlockLink(name(text), previous, work, stated)


def place(links: list[BlockLink], held: dict[str, tuple[int, str]] | None = None) -> dict[str, int | str]:
    kept = {name(text): HeldBlock(height, name(before)) for text, (height, before) in (held or {}).items()}
    heights, refused = place_blocks(links, kept, TEST)
    assert not heights.keys() & refused.keys()
    assert {one.hash for one in links} == heights.keys() | refused.keys()
    told: dict[bytes, int | str] = {**heights, **refused}
    return {key.decode().rstrip("."): value for key, value in told.items()}


CHAIN = [link("a", GENESIS), link("b", "a"), link("c", "b"), link("d", "c")]


@given(st.permutations(CHAIN))
def test_links_to_the_genesis_block_give_heights_in_any_order(links: list[BlockLink]) -> None:
    assert place(links) == {"a": 1, "b": 2, "c": 3, "d": 4}


def test_the_genesis_block_itself_stands_at_zero() -> None:
    first = BlockLink(GENESIS, bytes(32), 2, None)
    heights, _ = place_blocks([first, *CHAIN], {}, TEST)
    assert heights[GENESIS] == 0


def test_a_stated_height_places_the_blocks_before_and_after_it() -> None:
    assert place([link("p", "o"), link("q", "p", stated=500), link("r", "q", stated=501)]) == {
        "p": 499,
        "q": 500,
        "r": 501,
    }


def test_blocks_that_nothing_places_are_told() -> None:
    assert place([*CHAIN[:2], link("x", "w"), link("y", "x")]) == {"a": 1, "b": 2, "x": UNKNOWN, "y": UNKNOWN}


def test_a_held_block_places_what_stands_on_it() -> None:
    assert place([link("y", "x"), link("z", "y")], {"x": (41, "w")}) == {"y": 42, "z": 43}


def test_a_held_block_keeps_its_height() -> None:
    assert place([link("x", "w"), link("y", "x")], {"x": (41, "w")}) == {"x": 41, "y": 42}


def test_of_rivals_the_chain_with_more_work_stands() -> None:
    short = link("B", "a", work=5)
    assert place([*CHAIN, short]) == {"a": 1, "b": 2, "c": 3, "d": 4, "B": RIVAL}
    heavy = link("B", "a", work=7)
    assert place([*CHAIN, heavy]) == {"a": 1, "B": 2, "b": RIVAL, "c": RIVAL, "d": RIVAL}


def test_of_equal_rivals_the_first_stands() -> None:
    assert place([link("a", GENESIS), link("b", "a"), link("B", "a")])["B"] == RIVAL
    assert place([link("a", GENESIS), link("B", "a"), link("b", "a")])["b"] == RIVAL


def test_what_is_held_is_never_put_out_and_nothing_stands_on_its_rival() -> None:
    held = {"a": (1, "g"), "b": (2, "a")}
    new = [link("B", "a", work=99), link("C", "B", work=99)]
    assert place(new, held) == {"B": RIVAL, "C": RIVAL}
    assert place([link("c", "b"), *new], held) == {"c": 3, "B": RIVAL, "C": RIVAL}


def test_neighbours_that_do_not_hang_together_do_not_both_stand() -> None:
    held = {"x": (541, "w")}
    assert place([link("z", "other", stated=542)], held) == {"z": RIVAL}
    assert place([link("v", "u", stated=540)], held) == {"v": RIVAL}
    assert place([link("w", "u", stated=540)], held) == {"w": 540}


def test_a_block_that_states_a_wrong_height_stands_nowhere() -> None:
    assert place([link("a", GENESIS), link("b", "a", stated=9), link("c", "b")]) == {
        "a": 1,
        "b": MISSTATED,
        "c": MISSTATED,
    }
    deep = [
        link("p0", "o"),
        *(link(f"p{n}", f"p{n - 1}") for n in range(1, 501)),
        link("q", "p500", stated=500),
    ]
    assert set(place(deep).values()) == {MISSTATED}


def test_a_block_that_states_no_height_where_it_must_stands_nowhere() -> None:
    assert place([link("y", "x"), link("z", "y")], {"x": (498, "w")}) == {"y": 499, "z": MISSTATED}


def test_a_block_that_is_far_too_easy_for_its_height_stands_nowhere_nor_what_is_on_it() -> None:
    hard = 86_000_000_000_000 << 32
    easy = link("p", "o", work=1 << 32, stated=840_000)
    heights, refused = place_blocks(
        [easy, link("q", "p", work=hard, stated=840_001)], {}, get_network(BITCOIN)
    )
    assert (heights, set(refused.values())) == ({}, {TOO_EASY})
    heights, refused = place_blocks([replace(easy, work=hard)], {}, get_network(BITCOIN))
    assert (heights, refused) == ({name("p"): 840_000}, {})
