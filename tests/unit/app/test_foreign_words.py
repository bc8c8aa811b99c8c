"""An exported case may attribute nothing to another member that this member did not sign."""

from dataclasses import replace
from typing import Any

import pytest

from jindo.app.verifying_case import check_foreign_words
from jindo.base.errors import IntegrityError
from jindo.base.markings import Tlp
from jindo.share import Statement

THEIRS = {"id": "e-1", "n": 2, "origin": "hague"}
OURS = {"id": "e-2", "n": 1, "origin": "seoul"}
SAID = Statement(
    nonce="n",
    kind="exhibit",
    member="hague",
    case_id="c",
    subject="e-1",
    made=0,
    expires=None,
    tlp=Tlp.GREEN,
    purpose="investigation",
    recipients=("seoul",),
    body={},
    objects=(),
)


def record(origin: str, *exhibits: dict[str, Any]) -> dict[str, Any]:
    return {"held_by": "seoul", "case": {"id": "c", "origin": origin}, "exhibits": list(exhibits)}


def test_what_the_exporter_made_needs_no_other_s_word() -> None:
    check_foreign_words(record("seoul", OURS), [])


def test_another_member_s_exhibit_needs_its_statement() -> None:
    check_foreign_words(record("seoul", OURS, THEIRS), [SAID])
    for said in (
        [],
        [replace(SAID, member="dolmen")],
        [replace(SAID, subject="e-2")],
        [replace(SAID, kind="label")],
    ):
        with pytest.raises(IntegrityError, match="exhibit 2 is said to be hague's"):
            check_foreign_words(record("seoul", OURS, THEIRS), said)


def test_another_member_s_case_needs_its_statement() -> None:
    with pytest.raises(IntegrityError, match="the case is said to be hague's"):
        check_foreign_words(record("hague", OURS), [SAID])
    check_foreign_words(record("hague", OURS), [replace(SAID, kind="case", subject="c")])
