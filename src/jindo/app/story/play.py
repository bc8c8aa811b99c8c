"""The joint story, act by act: one theft, three members, one freeze, one recall.

    1  Seoul opens a case from the victim's transaction; the trace becomes its first exhibit
    2  Seoul shares it; the gate denies what must not leave, and says by which rule
    3  The Hague adds a label that it alone knows; both trace again, and come to the same findings hash
    4  Seoul asks the exchange to freeze; one signature is not enough; the exchange holds a part
    5  The Hague recalls its label; the others acknowledge, and what rested on it is traced again
    6  A brief is printed, the case is handed over as a folder, and anyone can verify it

* Every step is asked of a node over its API in a person's name: nothing is done here that a person could not do.
* Every step may be asked again: a node that is killed at any moment and started again ends in the same state.
* What the story claims, it checks; a claim that does not hold is an error, not a line of text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jindo.app.agreement import check_truth
from jindo.app.cases import exhibit_folder
from jindo.app.node import Node, open_node
from jindo.app.people import console
from jindo.app.story.cast import EXCHANGE_SERVICE, KNOWN_TO_ONE, Theatre, read_secret
from jindo.app.story.desk import Desk
from jindo.base.amounts import format_units
from jindo.base.errors import IntegrityError
from jindo.seal import SigningKey
from jindo.sim import World


@dataclass(frozen=True, slots=True)
class Scene:
    """One act as it is told."""

    number: int
    title: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Play:
    """The story under way: who sits where, and what it has come to."""

    theatre: Theatre
    world: World
    desks: dict[str, Desk]
    found: dict[str, Any] = field(default_factory=dict)
    """What later acts need of earlier ones, by name."""

    def desk(self, person: str) -> Desk:
        """A person's desk."""
        return self.desks[person]


def open_desks(theatre: Theatre) -> dict[str, Desk]:
    """Everyone at their desk, with their own key."""
    return {
        seat.person: Desk(
            theatre.urls[seat.member],
            theatre.certificate(seat.member),
            seat.person,
            seat.token,
            SigningKey.from_pem(seat.key_file.read_bytes()),
        )
        for seat in theatre.seats.values()
    }


def play_acts(play: Play) -> Iterator[Scene]:
    """Play the story; each scene is told when it is over.

    Raises:
        IntegrityError: something that the story claims does not hold.
    """
    for number, (title, act) in enumerate(_ACTS, 1):
        yield Scene(number, title, tuple(act(play)))


def _open_the_case(play: Play) -> Iterator[str]:
    kim = play.desk("kim")
    loss = [
        {"theft": row.theft, "tx_hash": row.tx_hash, "index": row.output_index} for row in play.world.stolen
    ]
    case = kim.do(
        "/api/cases",
        {
            "title": "Theft from an exchange's cold wallet",
            "kind": "theft",
            "purpose": "investigation",
            "legal_basis": "Criminal Procedure Act, Article 199 (demo)",
            "expires": "2030-12-31",
            "tlp": "AMBER",
            "summary": "Three transactions emptied a cold wallet; part of the loot came out of a bridge as bitcoin.",
            "loss": loss,
        },
        once="open",
    )
    play.found["case"] = case["id"]
    kim.do(f"/api/cases/{case['id']}/people", {"person": "lee"}, once="team")
    answer = kim.finish(kim.do(f"/api/cases/{case['id']}/traces", {"rule": "fifo"}, once="trace")["job"])
    play.found["first"] = answer
    kim.do(
        f"/api/cases/{case['id']}/notes",
        {
            "title": "What an informant said",
            "text": "Do not pass on: the informant would be known.",
            "tlp": "RED",
        },
        once="note",
    )
    shown = kim.read(f"/api/cases/{case['id']}")
    trace = _exhibit(shown, answer["exhibit"])
    yield f"Kim (analyst) opens {case['number']} on {len(loss)} movements named as stolen, marked TLP:{case['tlp']}, and"
    yield "  puts Lee (prosecutor) on it."
    yield f"A case without purpose, legal basis or expiry is refused: {_refuse_lawless(kim)}."
    yield from _tell_trace(trace)
    yield "Once stolen units lie beside others, a rule says which leave first: here fifo, first in, first out."
    yield f"Exhibit {trace['n']} is sealed: SHA-256 {trace['sha256']}."
    yield f"Findings hash {answer['findings_hash']}:"
    yield "  whoever traces the same theft through the same chain data under the same rule and labels gets the same."
    yield "Kim adds a note about an informant, marked TLP:RED."


def _refuse_lawless(kim: Desk) -> str:
    lawless = {
        "title": "No basis",
        "kind": "theft",
        "purpose": "",
        "legal_basis": "",
        "expires": "",
        "tlp": "AMBER",
    }
    refusal = kim.refused("/api/cases", lawless, once="lawless")
    return f"“{refusal.problem}” ({refusal.told})"


def _tell_trace(trace: Mapping[str, Any]) -> Iterator[str]:
    facts = trace["facts"]
    for row in facts["stolen"]:
        yield f"Stolen: {_money(row)} ({row['theft']})."
    for row in facts["services"]:
        yield f"  reached {row['service']} ({row['kind']}): {_money(row)}"
    for row in facts["held"]:
        yield f"  held by {row['accounts']} accounts that no label names: {_money(row)}"


def _share_the_case(play: Play) -> Iterator[str]:
    kim, case = play.desk("kim"), play.found["case"]
    shared = kim.do(f"/api/cases/{case}/shares", {"to": ["hague", "dolmen"]}, once="share")
    for statement in shared["statements"]:
        kim.sign(statement["id"])
    for statement in shared["statements"]:
        told = " and ".join(statement["recipients"])
        yield f"Kim signs the {statement['kind']} “{statement['title']}” for {told} (TLP:{statement['tlp']})."
    for row in shared["denials"]:
        yield f"The gate denies “{row['title']}” (TLP:{row['tlp']}) to {row['member']}: rule {row['rule']}, {row['reason']}."
    _check({row["rule"] for row in shared["denials"]} == {"tlp-red", "need-to-know"}, "the gate's denials")
    bakker = play.desk("bakker")
    view = bakker.wait("/api/cases", lambda view: bool(view["cases"]), "the shared case")
    _check(view["cases"][0]["id"] == case, "the case at The Hague")
    for person in ("visser", "jansen"):
        bakker.do(f"/api/cases/{case}/people", {"person": person}, once=f"take-{person}")
    received = bakker.wait(f"/api/cases/{case}", lambda view: bool(view["exhibits"]), "the exhibit")
    yield f"The Hague pulls over TAXII, verifies the signatures, and has {view['cases'][0]['number']} with exhibit 1"
    yield f"  (SHA-256 {received['exhibits'][0]['sha256']}). Bakker (liaison) puts two analysts on it."
    _check(len(received["exhibits"]) == 1, "that the RED note stayed")
    kim.wait(f"/api/cases/{case}", _all_acknowledged, "the receipts")
    yield "Seoul has The Hague's signed receipts. The exchange was given nothing of the case."


def _all_acknowledged(view: Mapping[str, Any]) -> bool:
    sent = [row for row in view["statements"] if row["state"] == "published" and row["kind"] != "receipt"]
    return all(_acknowledged(row) for row in sent)


def _acknowledged(statement: Mapping[str, Any]) -> bool:
    return all(receipt["received"] for receipt in statement["receipts"])


def _add_the_label(play: Play) -> Iterator[str]:
    visser, jansen, case = play.desk("visser"), play.desk("jansen"), play.found["case"]
    addresses = read_secret(play.theatre.folder)
    drafted = visser.do(
        f"/api/cases/{case}/labels",
        {
            "addresses": addresses,
            "service": KNOWN_TO_ONE,
            "kind": "instant exchange",
            "tlp": "GREEN",
            "reason": "Test purchases by this agency paid out from these addresses.",
            "to": ["seoul", "dolmen"],
        },
        once="label",
    )
    label = drafted["statement"]["id"]
    play.found["label"] = label
    first = visser.sign(label)
    _check(first["state"] == "draft", "that one signature does not make a label")
    jansen.sign(label)
    yield f"Visser drafts a label: {len(addresses)} addresses are {KNOWN_TO_ONE} (TLP:GREEN). A label stops traces, so"
    yield "  it takes two officers: Visser's signature alone sends nothing, Jansen's makes it go."
    findings = {}
    for person, member in (("kim", "seoul"), ("visser", "hague")):
        view = play.desk(person).wait(
            f"/api/cases/{case}",
            lambda view, member=member: _resting(view, member, label) is not None,  # type: ignore[misc]
            "the second trace",
        )
        trace = _resting(view, member, label)
        _check(trace is not None, "the second trace")
        findings[member] = trace["facts"]["findings_hash"] if trace else ""
        play.found[f"second {member}"] = trace
    yield "Both trace again, each in its own ledger:"
    yield f"  Seoul     {findings['seoul']}"
    yield f"  The Hague {findings['hague']}"
    _check(findings["seoul"] == findings["hague"], "that both come to the same findings hash")
    yield "The same findings hash."
    second = play.found["second seoul"]["id"]
    again = play.desk("kim").do(
        f"/api/cases/{case}/shares", {"to": ["hague"], "items": [second]}, once="share-2"
    )
    for statement in again["statements"]:
        play.desk("kim").sign(statement["id"])
    yield "Seoul shares its second trace with The Hague as well."
    yield from _compare_with_truth(play)


def _resting(view: Mapping[str, Any], member: str, label: str) -> dict[str, Any] | None:
    """A member's own trace that rests on the label."""
    own = [row for row in view["exhibits"] if row["kind"] == "trace" and row["origin"] == member]
    return next((row for row in own if label in row["facts"]["rests_on"]), None)


def _compare_with_truth(play: Play) -> Iterator[str]:
    node = _open(play, "seoul")
    try:
        folder = exhibit_folder(node, play.found["case"], play.found["second seoul"]["id"])
    finally:
        node.store.close()
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    for theft in play.world.truth.thefts:
        agreement = check_truth(theft, result)
        yield (
            f"✓ {agreement.theft}: {agreement.figures:,} figures on {agreement.accounts:,} accounts, "
            "equal to the world's truth"
        )


def _ask_to_freeze(play: Play) -> Iterator[str]:
    kim, lee, ines, case = play.desk("kim"), play.desk("lee"), play.desk("ines"), play.found["case"]
    fields = {
        "contact": "cyber-duty@seoul.example, +82 2 0000 0000",
        "rank": "Inspector",
        "urgency": "urgent",
        "urgency_reason": "Stolen value is being withdrawn.",
        "duration_days": 30,
    }
    request = kim.do(
        f"/api/cases/{case}/requests",
        {"addressee": "dolmen", "kind": "freeze", "fields": fields},
        once="request",
    )
    play.found["request"] = request["id"]
    statement = request["statement"]["id"]
    yield f"Kim drafts a request to freeze for Dolmen Exchange: {request['accounts']} accounts,"
    for row in request["totals"]:
        yield f"  {_money(row)}"
    kim.sign(statement)
    refusal = kim.refused(f"/api/requests/{request['id']}/send", once="send-too-early")
    yield f"Kim signs and tries to send: refused, “{refusal.problem}” ({refusal.told})."
    lee.sign(statement)
    kim.do(f"/api/requests/{request['id']}/send", once="send")
    yield "Lee (prosecutor) signs too; now it goes."
    ines.wait("/api/requests", lambda view: bool(view["requests"]), "the request")
    yield from _answer(play, ines, request["id"])
    view = kim.wait(
        f"/api/requests/{request['id']}", lambda view: view["state"] == "answered", "the exchange's answer"
    )
    _check(view["replies"][0]["state"] == "partially-held", "that a part is held")
    yield "Seoul verifies the answer's signature and has it in the case."


def _answer(play: Play, ines: Desk, request: str) -> Iterator[str]:
    found = ines.read(f"/api/requests/{request}/matches")
    known = sum(1 for line in found["lines"] if line["known"])
    yield f"The exchange's node verifies both officers and finds {known} of {len(found['lines'])} accounts in its own books."
    reason = "Customers had withdrawn the rest before the request came."
    drafted = ines.do(
        f"/api/requests/{request}/replies", {"reason": reason, "until": "2030-06-30"}, once="reply"
    )
    ines.sign(drafted["statement"]["id"])
    yield f"Ines (compliance) answers “{drafted['reply']['state']}”: {reason}"
    for row in found["totals"]:
        yield f"  held {_money({**row, 'amount': row['held']})} of {_money({**row, 'amount': row['requested']})}"


def _recall_the_label(play: Play) -> Iterator[str]:
    visser, case, label = play.desk("visser"), play.found["case"], play.found["label"]
    drafted = visser.do(
        f"/api/statements/{label}/recalls",
        {"reason": "The test purchases were booked under the wrong service."},
        once="recall",
    )
    recall = drafted["statement"]["id"]
    for person in ("visser", "bakker", "jansen"):
        play.desk(person).sign(recall)
    yield "The Hague finds that its label was wrong, and recalls it. A recall takes three officers: all three sign."
    view = visser.wait(f"/api/recalls/{recall}", _recall_acknowledged, "the acknowledgements")
    for row in view["told"]:
        yield f"  {row['member']} acknowledged at {row['acknowledged']}"
    kim = play.desk("kim")
    kim.wait(f"/api/recalls/{recall}", _recall_acknowledged, "the other member's acknowledgement")
    again = {}
    for person, member in (("kim", "seoul"), ("visser", "hague")):
        wanted = play.found[f"second {member}"]["id"]
        shown = play.desk(person).wait(
            f"/api/cases/{case}",
            lambda view, member=member, wanted=wanted: _after(view, member, wanted) is not None,  # type: ignore[misc]
            "the third trace",
        )
        trace = _after(shown, member, wanted)
        again[member] = trace["facts"]["findings_hash"] if trace else ""
    _check(
        again["seoul"] == again["hague"] == play.found["first"]["findings_hash"],
        "the findings after the recall",
    )
    yield "What rested on it is traced again on both sides: the findings are those of exhibit 1 again."
    _come_to_rest(play)
    seen = kim.read(f"/api/recalls/{recall}")
    yield "Seoul sees what had rested on the label, and who was told:"
    for row in seen["rested"]:
        yield f"  {row['kind']} “{row['title']}”, given to {_names(row['told'])}"


def _come_to_rest(play: Play) -> None:
    """Wait until everyone has acknowledged everything and no node has work left in the case."""
    case, ines = play.found["case"], play.desk("ines")
    for person in ("kim", "visser"):
        play.desk(person).wait(
            f"/api/cases/{case}",
            lambda view: _all_acknowledged(view) and _all_done(view),
            "the last receipts",
        )
    reply = ines.read(f"/api/requests/{play.found['request']}")["replies"][0]
    ines.wait(f"/api/statements/{reply['statement_id']}", _acknowledged, "the last receipt")


def _all_done(view: Mapping[str, Any]) -> bool:
    return all(job["state"] == "done" for job in view["jobs"])


def _recall_acknowledged(view: Mapping[str, Any]) -> bool:
    return all(row["acknowledged"] for row in view["told"])


def _after(view: Mapping[str, Any], member: str, replaced: str) -> dict[str, Any] | None:
    own = [row for row in view["exhibits"] if row["kind"] == "trace" and row["origin"] == member]
    return next((row for row in own if row["facts"].get("replaces") == replaced), None)


def _hand_over(play: Play) -> Iterator[str]:
    from jindo.app.export import export_case
    from jindo.app.verifying_case import verify_case_folder

    kim, case, theatre = play.desk("kim"), play.found["case"], play.theatre
    brief = kim.read(f"/api/cases/{case}/brief?lang=en")["text"]
    yield from first_section(brief)
    node = _open(play, "seoul")
    try:
        number = kim.read(f"/api/cases/{case}")["number"]
        out = theatre.folder / number
        if not out.exists():
            export_case(node, console(node), case, out)
    finally:
        node.store.close()
    verification = verify_case_folder(out)
    yield f"The whole brief has {len(brief.splitlines())} lines: {out}/brief.txt; to print: {out}/brief.pdf"
    yield f"The case is handed over in {out}."
    yield f"`jindo verify {out}`, with no network and no ledger: {len(verification.checks)} checks hold."
    play.found["export"] = out


def first_section(brief: str) -> list[str]:
    """The lines of a brief's text before its second section: its title, its marking, and its summary."""
    head, _, _ = brief.partition("\n2. ")
    return head.splitlines()


_ACTS: tuple[tuple[str, Callable[[Play], Iterator[str]]], ...] = (
    ("Seoul opens a case from the victim's transaction and traces it", _open_the_case),
    ("Seoul shares the case with The Hague", _share_the_case),
    ("The Hague adds a label that it alone knows", _add_the_label),
    (f"Seoul asks {EXCHANGE_SERVICE} to freeze", _ask_to_freeze),
    ("The Hague recalls its label", _recall_the_label),
    ("The brief, and the case as it is handed over", _hand_over),
)


def _exhibit(view: Mapping[str, Any], exhibit: str) -> dict[str, Any]:
    return next(dict(row) for row in view["exhibits"] if row["id"] == exhibit)


def _money(row: Mapping[str, Any]) -> str:
    name = "BTC" if str(row["asset"]).startswith("bip122:") else "ETH"
    amount = format_units(int(row["amount"]), decimals=int(row["decimals"] or 0))
    return f"{amount.rstrip('0').rstrip('.') if '.' in amount else amount} {name}"


def _names(told: list[Mapping[str, Any]]) -> str:
    return ", ".join(str(row["member"]) for row in told) or "nobody"


def _open(play: Play, member: str) -> Node:
    return open_node(play.theatre.node(member))


def _check(holds: bool, what: str) -> None:  # noqa: FBT001  reads as a sentence
    if not holds:
        raise IntegrityError(
            f"the story does not hold: {what}", remedy="Report this as a bug, with the demo's folder."
        )


def page_of(play: Play) -> str:
    """The address of the page that shows the case."""
    return f"{play.theatre.urls['seoul']}/cases/{play.found['case']}"


def folder_of(play: Play) -> Path:
    """Where the case was handed over."""
    return Path(play.found["export"])
