"""A node with something to ask about behind each of its addresses: a case told, labelled, recalled and asked from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.web.nodes import MIXER, NOW, Desk, build_node, introduce, lay_trace, open_case, staff

from jindo import app
from jindo.seal import SigningKey
from jindo.share import build_pass, collection_id

TRACE = "7b1a2f0e-0000-4000-8000-000000000001"
LABEL: dict[str, Any] = {
    "addresses": [MIXER],
    "service": "Whirlwind",
    "kind": "mixer",
    "reason": "seized server",
    "to": ["hague"],
}
REQUEST: dict[str, Any] = {
    "addressee": "coinbay",
    "kind": "freeze",
    "fields": {"rank": "Inspector", "contact": "cyber@police.example", "alternative": "+82 2 000"},
}


def build_desks(folder: Path) -> tuple[Desk, Desk, Desk]:
    seoul = build_node(folder / "seoul", "seoul", name="Seoul Police", country="KR", kind="police")
    hague = build_node(folder / "hague", "hague", name="Cyber Agency", country="NL", kind="agency")
    coinbay = build_node(
        folder / "coinbay", "coinbay", name="Coinbay", country="MT", kind="exchange", services=("Coinbay",)
    )
    introduce(seoul, hague, coinbay)
    return staff(seoul), staff(hague), staff(coinbay)


def fill(desk: Desk) -> dict[str, str]:
    """A case with a trace, shared and recalled in part, and a request; the ids that paths need."""
    node, analyst = desk.node, desk.people["analyst"]
    case = open_case(desk)
    lay_trace(desk, case, id=TRACE)
    shared = app.share_case(node, analyst, case, to=["hague"])["statements"]
    for statement in shared:
        desk.sign(statement["id"], "analyst")
    label = app.draft_label(node, analyst, case, **{"tlp": "AMBER", **LABEL})["statement"]["id"]
    desk.sign(label, "analyst", "liaison")
    recall = app.draft_recall(node, analyst, label, reason="wrong wallet")["statement"]["id"]
    desk.sign(recall, "analyst", "liaison", "prosecutor")
    request = app.draft_request(node, analyst, case, **REQUEST)
    desk.sign(request["statement"]["id"], "analyst", "prosecutor")
    job = app.request_pull(node, analyst, member="hague")["jobs"][0]["job"]
    return {
        "case": case,
        "statement": request["statement"]["id"],
        "recall": recall,
        "request": request["id"],
        "request_id": request["id"],
        "job": job,
        "person": "analyst",
        "status": "00000000-0000-4000-8000-000000000000",
        "collection": collection_id(node.me),
        "object_id": "identity--00000000-0000-4000-8000-000000000000",
        "exhibit": TRACE,
        "name": "result.json",
    }


def build_pass_for(desk: Desk, audience: str, *, key: SigningKey | None = None, time: int = NOW) -> str:
    node = desk.node
    return build_pass(
        member=node.me.id, audience=audience, key=key or node.service_key, time=time, nonce="00" * 16
    )
