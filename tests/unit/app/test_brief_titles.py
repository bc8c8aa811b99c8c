"""The few words by which statements are called, also where what they say is not as it must be."""

from __future__ import annotations

from typing import Any

import pytest

from jindo.app.showing import title_of


@pytest.mark.parametrize(
    ("kind", "body", "title"),
    [
        ("request", {"kind": "freeze", "case": {"id": "x", "number": "SEOUL-2026-1"}}, "freeze SEOUL-2026-1"),
        ("request", {"kind": "preserve", "case": "SEOUL-2026-1"}, "preserve"),
        ("request", {}, ""),
        ("label", {"service": "Mix", "kind": "mixer", "addresses": ["a"]}, "Mix · mixer · 1 address"),
        ("label", {"service": "Mix", "kind": "mixer", "addresses": ["a", "b"]}, "Mix · mixer · 2 addresses"),
        ("label", {"service": "Mix", "kind": "mixer"}, "Mix · mixer · 0 addresses"),
        ("case", {"title": "Theft"}, "Theft"),
        ("reply", {"state": "held"}, "held"),
        ("recall", {"reason": "It was wrong."}, "It was wrong."),
    ],
)
def test_title_of_says_what_a_statement_is(kind: str, body: dict[str, Any], title: str) -> None:
    assert title_of(kind, body) == title
