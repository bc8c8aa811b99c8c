"""What of a node ends soon: the word for its service key, its certificate, and the words for its officers' keys.

* All of them last two years, and what lapsed unseen stops a node: receipts, partners' connections, signatures.
* Whoever opens a node is warned `SOON` before; nothing is renewed by itself, since that takes the member key.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from jindo.app.certificates import read_end
from jindo.app.keyring import KEYS, read_file
from jindo.app.papers import VOUCHER_FILE
from jindo.base.errors import JindoError
from jindo.base.times import format_time
from jindo.seal import parse_envelope, parse_envelope_bytes
from jindo.share import Member, read_voucher
from jindo.store import tables

SOON = 60 * 86_400
"""Seconds before its end at which a thing is told of."""

_LOG = logging.getLogger("jindo.node")


@dataclass(frozen=True, slots=True)
class Lapse:
    """One thing that ends soon, or has ended."""

    what: str
    """In words; people by id."""
    ends: int
    remedy: str


def find_lapsing(conn: Connection, folder: Path, me: Member, *, now: int) -> list[Lapse]:
    """What ends within `SOON`, the first first."""
    found = [*_iter_own(folder, me), *_iter_officers(conn, me)]
    return sorted((one for one in found if one.ends <= now + SOON), key=lambda one: (one.ends, one.what))


def warn_of_lapsing(conn: Connection, folder: Path, me: Member, *, now: int) -> None:
    """Say in the log what ends soon."""
    for one in find_lapsing(conn, folder, me, now=now):
        verb = "ended" if one.ends <= now else "ends"
        _LOG.warning("%s %s %s. %s", one.what, verb, format_time(one.ends), one.remedy)


def _iter_own(folder: Path, me: Member) -> Iterator[Lapse]:
    if me.certificate:
        remedy = "Put a new tls.key and tls.crt in place, raise [node] version, run jindo node card, and give partners the card."
        yield Lapse("the certificate that partners know", read_end(me.certificate), remedy)
    try:
        voucher = parse_envelope_bytes(read_file(folder / KEYS / VOUCHER_FILE))
        ends = read_voucher(voucher, me).expires
        yield Lapse("the member key's word for the service key", ends, "Run jindo node card --renew.")
    except JindoError:
        return  # whoever uses it is told what is wrong with it


def _iter_officers(conn: Connection, me: Member) -> Iterator[Lapse]:
    person = tables.person.c
    for row in conn.execute(select(person.id, person.voucher).where(person.active)):
        if row.voucher is not None:
            ends = read_voucher(parse_envelope(row.voucher), me).expires
            yield Lapse(f"the word for the key of {row.id}", ends, f"Run jindo node user renew {row.id}.")
