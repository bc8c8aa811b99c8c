"""What a changed file breaks, in words: whose signature, which exhibit, which part of the history.

* It looks at a file that is known not to be what was signed, and says what can no longer be shown.
* It never raises: what cannot be read is said to be unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jindo.app.case_folder.layout import LOST, ListedFile
from jindo.base.errors import IntegrityError, JindoError
from jindo.respond import verify_history
from jindo.seal import Envelope, PublicKey, parse_envelope, parse_public_key, preauth_bytes, verify_envelope
from jindo.share import Member

_ODD = (JindoError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
_OF_A_RESULT = {
    "history.parquet": "the trace no longer follows from its history",
    "result.json": "the findings are no longer those that were exported",
    "flows.csv": "the movements are no longer those that were found",
    "endpoints.csv": "where following ended is no longer what was found",
    "manifest.json": "the trace's own list of files no longer holds",
    "report.html": "the printed report is no longer what the findings give",
    "report.pdf": "the printed report is no longer what the findings give",
}


def explain_break(folder: Path, file: ListedFile, members: Mapping[str, Member]) -> str:
    """What the change of `file` breaks; `members` are those whose cards are whole."""
    room = file.name.split("/")[0]
    if room == "statements":
        return _explain_statement(folder / file.name, file, members)
    if room == "history.json":
        return _explain_history(folder / file.name)
    if room == "exhibits":
        number, name = file.name.split("/")[1], file.name.rpartition("/")[2]
        broken = _OF_A_RESULT.get(name, f"{name} is no longer the file that was added")
        broken = broken if file.what.startswith("trace") else f"{name} is no longer the file that was added"
        return f"exhibit {number}: {broken}"
    if room == "log":
        return f"that {file.what} can no longer be shown"
    return LOST.format(file.what)


def _explain_statement(path: Path, file: ListedFile, members: Mapping[str, Member]) -> str:
    try:
        value = json.loads(path.read_bytes())
        envelope = parse_envelope(value["envelope"])
        vouchers = [parse_envelope(voucher) for voucher in value["vouchers"]]
        fallen, unvouched = _find_fallen(envelope, vouchers, members)
    except _ODD:
        return f"{file.what}: it can no longer be read, so that none of its signatures can be shown"
    name = file.what.partition(", signed by")[0]
    if unvouched:
        return f"the voucher for {', '.join(unvouched)} no longer holds, nor does what it signed: {name}"
    if fallen:
        what = "signature" if len(fallen) == 1 else "signatures"
        verb = "holds" if len(fallen) == 1 else "hold"
        return f"the {what} of {name} by {', '.join(fallen)} no longer {verb}"
    return LOST.format(file.what)


def _find_fallen(
    envelope: Envelope, vouchers: list[Envelope], members: Mapping[str, Member]
) -> tuple[list[str], list[str]]:
    """Officers whose signature does not fit the payload, and those whose voucher their member did not sign."""
    keys = {member.member_key.key_id: member.member_key for member in members.values()}
    signed = {one.key_id: one.sig for one in envelope.signatures}
    fallen, unvouched, known = [], [], set()
    for voucher in vouchers:
        officer, key = _read_officer(voucher)
        known.add(key.key_id)
        if not _fits(lambda voucher=voucher: verify_envelope(voucher, keys)):
            unvouched.append(officer)
        data, sig = preauth_bytes(envelope.payload_type, envelope.payload), signed.get(key.key_id, b"")
        if not _fits(lambda key=key, data=data, sig=sig: key.verify(data, sig)):
            fallen.append(officer)
    strangers = [f"key {key_id[:16]}…" for key_id in signed if key_id not in known]
    return sorted(fallen or strangers), sorted(unvouched)


def _read_officer(voucher: Envelope) -> tuple[str, PublicKey]:
    said: Mapping[str, Any] = json.loads(voucher.payload)
    return f"{said['id']} of {said['member']}", parse_public_key(said["key"])


def _fits(check: Any) -> bool:
    try:
        check()
    except JindoError:
        return False
    return True


def _explain_history(path: Path) -> str:
    try:
        payload = parse_envelope(json.loads(path.read_bytes())).payload
        verify_history(json.loads(payload)["rows"])
    except IntegrityError as error:
        return f"the history of the case is broken at {error.place}, and its signature no longer holds"
    except _ODD:
        return "the history of the case can no longer be read, nor its signature be shown"
    return "the signature of the history of the case no longer holds"
