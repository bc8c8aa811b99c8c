from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from tests.unit.app.report.results import ETH, ETHER, build_result, endpoint, flow, sheet

from jindo.app.report.facts import Strand, read_facts
from jindo.app.report.picture import draw_flow
from jindo.app.report.stages import ALONE, PARTIES, build_graph
from jindo.app.report.wording import shorten, show_asset, show_name, show_tokens

HEIST = Strand("heist", ETH, ETHER)
Flows = list[dict[str, str]]


def _wide(parties: int) -> tuple[dict[str, Any], Flows]:
    """One theft into one account that pays `parties` services."""
    ends = [endpoint(f"0x{n:040x}", 100 + n, "service", f"S{n}") for n in range(parties)]
    stolen = sum(int(end["amount"]) for end in ends)
    flows = [flow("0xv", "0xhop", stolen, 1, named="yes")]
    flows += [flow("0xhop", end["account"], int(end["amount"]), 2, "service") for end in ends]
    return build_result(ends, [sheet("heist", ETH, ETHER, stolen, service=stolen)]), flows


def test_build_graph_keeps_every_unit(result: dict[str, Any], flows: Flows) -> None:
    graph = build_graph(read_facts(result, flows), HEIST)
    assert graph is not None
    ends = [box for box in graph.boxes.values() if box.stage == len(graph.stages) - 1]
    assert sum(box.size() for box in ends) == sum(box.entered for box in ends) == 10**19
    assert graph.boxes["theft"].left == 10**19
    assert graph.undrawn == 0


def test_build_graph_puts_small_services_together() -> None:
    result, flows = _wide(40)
    graph = build_graph(read_facts(result, flows), HEIST)
    assert graph is not None
    ends = [box for box in graph.boxes.values() if box.tone == "service"]
    assert len(ends) == PARTIES + 1
    assert ends[-1].label == f"{40 - PARTIES} other services"
    assert sum(box.size() for box in ends) == sum(
        int(end["amount"]) for end in result["findings"]["endpoints"]
    )


def test_build_graph_counts_what_goes_back(result: dict[str, Any], flows: Flows) -> None:
    back = flow(flows[2]["to"], flows[1]["from"], 11, 1)
    graph = build_graph(read_facts(result, [*flows, back]), HEIST)
    assert graph is not None
    assert graph.undrawn == 11


def test_build_graph_names_the_largest_accounts_of_a_stage(result: dict[str, Any]) -> None:
    flows = [flow("0xv", f"0x{n:040x}", n + 1, 1, named="yes") for n in range(10)]
    graph = build_graph(read_facts(result, flows), HEIST)
    assert graph is not None
    labels = [box.label for box in graph.boxes.values() if box.tone == "account"]
    assert labels == [*(shorten(f"0x{n:040x}") for n in (9, 8, 7)), f"{10 - ALONE} others"]


def test_draw_flow_is_well_formed_with_whole_pixels_inside_the_frame() -> None:
    result, flows = _wide(40)
    picture = draw_flow(read_facts(result, flows), HEIST)
    assert picture is not None
    root = ET.fromstring(picture.svg)  # noqa: S314 - our own drawing
    height = int(root.attrib["height"])
    bars = [node.attrib for node in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert all(int(bar["y"]) >= 0 and int(bar["y"]) + int(bar["height"]) <= height for bar in bars)
    assert not re.search(r'\b(?:x|y|width|height)="[0-9]*\.', picture.svg)


def test_draw_flow_says_exact_amounts_in_words(result: dict[str, Any], flows: Flows) -> None:
    picture = draw_flow(read_facts(result, flows), HEIST)
    assert picture is not None
    assert "3.000000000000000001" in picture.alternative
    assert "&lt;script&gt;" in picture.svg
    assert "<script" not in picture.svg


def test_draw_flow_of_nothing_is_none(result: dict[str, Any]) -> None:
    assert draw_flow(read_facts(result, []), HEIST) is None


def test_show_tokens_writes_every_digit() -> None:
    assert show_tokens(2**256 - 1, None).replace(",", "") == str(2**256 - 1)
    assert show_tokens(1, 18) == "0.000000000000000001"
    assert show_tokens(1_500_000, 6) == "1.50"
    assert show_tokens(107370645200, 2) == "1,073,706,452.00"


def test_show_name_cuts_and_cleans() -> None:
    assert show_name("a\u202eb\u0000c\u2028d  e") == "abc d e"
    assert len(show_name("x" * 500)) == 80


def test_show_asset_calls_tokens_by_contract() -> None:
    assert show_asset(ETHER) == "ETH"
    assert show_asset("eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7") == "erc20:0xdac1…1ec7"


def test_show_asset_tells_look_alikes_apart() -> None:
    assert show_asset("ETH") == "ETH"
    assert show_asset("E\u0422H").endswith("(with U+0422)")
    assert show_asset("ETH\u200b") == "ETH (with U+200B)"
