"""What groups of files say becomes one account of the whole."""

from __future__ import annotations

from typing import Any

import pytest

from jindo.ledger import ImportEntry
from jindo.ledger.engines.building import _join_inexact, _join_notes
from jindo.ledger.engines.grouping import FileGroup

GROUPS = [FileGroup(f"date=2024-01-0{n}", (n,)) for n in (1, 2, 3)]


def entry(*notes: str, inexact: str | None = None) -> ImportEntry:
    counts: dict[str, Any] = dict.fromkeys(
        ("read", "added", "already_there", "left_by_distinct", "superseded", "rejected"), 0
    )
    return ImportEntry(
        "aws-eth", "eip155:1", [], {}, rejects=None, notes=list(notes), inexact=inexact, **counts
    )


@pytest.mark.parametrize(
    ("said", "joined"),
    [
        ((None, None), None),
        (("2 amounts are off", None, "3 amounts are off"), "5 amounts are off"),
        (
            ("2 amounts are off", "of unknown scale", "of unknown scale"),
            "2 amounts are off; of unknown scale",
        ),
    ],
)
def test_join_inexact_adds_up_what_is_counted(said: tuple[str | None, ...], joined: str | None) -> None:
    assert _join_inexact([{"inexact": one} for one in said]) == joined


def test_join_notes_says_once_what_every_group_says_and_where_what_some_say() -> None:
    entries = [
        entry("no traces", "a gap", "the ledger is inexact: 2 of", inexact="2 of"),
        entry("no traces"),
        entry("no traces", "a gap", "odd"),
    ]
    assert _join_notes(GROUPS, entries, "2 of") == [
        "no traces",
        "a gap (2 of 3 groups, the first date=2024-01-01)",
        "odd (date=2024-01-03)",
        "the ledger is inexact: 2 of",
    ]
