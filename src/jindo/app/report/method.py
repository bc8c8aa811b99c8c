"""How it was computed, what limits that has, and how anyone can check it."""

from __future__ import annotations

from typing import Any

from jindo.app.report.blocks import Block, Bullets, Heading, Section, Terms, Text
from jindo.app.report.facts import Facts
from jindo.app.report.wording import (
    CHAINS,
    RULES,
    count,
    show_asset,
    show_id,
    show_name,
    show_rule,
    show_time,
)

LIMITS = (
    "An account is not a person. Who controls an account is for the service or the court to establish.",
    "Following stops at services and mixers, because inside them the money of many customers is mixed.",
    "What the ledger does not hold was not seen: other chains, other assets, and blocks outside the range below.",
    "Amounts are counted in whole base units, without rounding and without a dust limit.",
)


def build_method(facts: Facts) -> Section:
    """The section on rule, input, labels, hashes and how to verify."""
    provenance = facts.result["provenance"]
    blocks: list[Block] = [
        Heading("Limits"),
        Bullets(LIMITS),
        Heading("Rule and conventions"),
        Terms(tuple(_tell_rule(facts))),
        Bullets(tuple(show_text(text) for text in provenance["conventions"])),
        Heading("What has to be said about the input"),
        Bullets(tuple(show_text(text) for text in facts.result["notes"]) or ("Nothing.",)),
        Heading("Input"),
        Terms(
            (*_tell_input(provenance), *_tell_chains(provenance["ledger"]["chains"]), *_tell_assets(facts))
        ),
        Heading("Hashes, and how to verify"),
        Text(
            "Anyone can recompute every hash, the balance sheet and the trace itself from the result folder alone, "
            "without the ledger: jindo verify DIR, with the folder that this report lies in. The findings hash covers "
            "what was found; two parties whose ledgers differ only in later blocks get the same. The provenance hash "
            "covers the inputs too. All are SHA-256."
        ),
        Terms(tuple(_tell_hashes(facts.result))),
    ]
    return Section(
        "method", "Limits, and how it was computed", tuple(block for block in blocks if not _is_empty(block))
    )


def show_text(text: str) -> str:
    """A sentence of the result, in full, on one line."""
    return " ".join(word for piece in text.split() if (word := show_name(piece)))


def _tell_rule(facts: Facts) -> list[tuple[str, str, bool]]:
    findings = facts.result["findings"]
    limit = findings["max_hops"]
    return [
        ("Rule", show_rule(facts.rule), False),
        ("In law", RULES.get(facts.rule, ("", "unknown"))[1], False),
        ("Method version", str(findings["method"]), False),
        ("Hop limit", "none" if limit is None else f"{limit:,}", False),
        (
            "Until",
            show_time(facts.result["provenance"]["until"])
            if facts.result["provenance"]["until"]
            else "the ledger's end",
            False,
        ),
    ]


def _tell_input(provenance: dict[str, Any]) -> list[tuple[str, str, bool]]:
    terms = [("Ledger fingerprint", provenance["ledger"]["fingerprint"], True)]
    for name, key in (("Stolen", "stolen"), ("Labels", "services"), ("Opening balances", "opening")):
        given = provenance.get(key)
        if given is None:
            terms.append((name, "none given", False))
            continue
        file = f"file {show_name(given['file'])}, " if given.get("file") else ""
        terms.append((name, f"{file}{count(_rows(given), 'row')}", False))
        terms.append((f"{name}, SHA-256", given["sha256"], True))
    return terms


def _rows(given: dict[str, Any]) -> int:
    """Rows of an input file; opening balances are listed and not counted."""
    return int(given["rows"]) if "rows" in given else len(given["balances"])


def _tell_chains(chains: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    terms = []
    for chain in chains:
        name = CHAINS.get(chain["chain"])
        called = f"{name} ({chain['chain']})" if name else show_name(chain["chain"])
        text = (
            f"{called}: {count(chain['rows'], 'row')}, blocks {chain['first_block']} to {chain['last_block']}, "
            f"{show_time(chain['first_time'])} to {show_time(chain['last_time'])} UTC"
        )
        terms += [("Chain", text, False), ("Chain fingerprint", chain["fingerprint"], True)]
    return terms


def _tell_assets(facts: Facts) -> list[tuple[str, str, bool]]:
    """Every asset in full, since tables shorten contracts."""
    terms = []
    for asset in sorted({strand.asset for strand in facts.strands}):
        places = facts.decimals(asset)
        known = (
            "decimals unknown: amounts in base units" if places is None else count(places, "decimal place")
        )
        terms.append(
            ("Asset", f"{show_id(asset) if asset.isascii() else show_asset(asset)} ({known})", False)
        )
    return terms


def _tell_hashes(result: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [
        ("Findings hash", result["findings_hash"], True),
        ("Provenance hash", result["provenance_hash"], True),
        ("flows.csv", f"{result['findings']['flows']['sha256']}", True),
        ("flows.csv, rows", f"{int(result['findings']['flows']['count']):,}", False),
        ("history.parquet", result["provenance"]["history"]["sha256"], True),
        (
            "Written by",
            f"{show_name(result['software']['name'])} {show_name(result['software']['version'])}",
            False,
        ),
    ]


def _is_empty(block: Block) -> bool:
    return isinstance(block, Bullets | Terms) and not block.items
