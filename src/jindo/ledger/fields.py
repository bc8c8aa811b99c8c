"""The fields of a movement: how a text that is not written plainly is read, or why it cannot be.

* Every distinct text goes through its field's parser once, while it is remembered.
* A parser gives the one canonical form, or the reason, with what to do.

Plain texts never come here: `checking` reads them compiled. The parsers themselves are `base`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jindo.base.amounts import MAX_DECIMALS, parse_units
from jindo.base.errors import InputError
from jindo.base.ids import ChainId, parse_address, parse_asset, parse_tx_id
from jindo.base.times import parse_time
from jindo.ledger.checksums import find_checked

SEPARATOR = "\x1f"
"""Stands between code, reason and remedy in a problem's text."""
_MAX_INDEX = (1 << 31) - 1
_REMEMBERED = 1 << 20


@dataclass(slots=True)
class Field:
    """How one column is read."""

    column: str
    says: str
    """How the field is called in a reason."""
    code: str
    parse: Callable[[str], str | int]
    required: bool = True
    known: dict[str, tuple[str | int | None, str | None]] = field(default_factory=dict)
    """Value or problem of texts that were parsed."""

    def missing(self) -> str:
        """The problem of a row that lacks the field."""
        return to_problem("ledger.missing-field", f"the {self.says} is missing", "Fill the field in.")

    def read(self, texts: Sequence[str]) -> tuple[list[str | int | None], list[str | None]]:
        """Value and problem of each text, one of the two."""
        fresh = [text for text in texts if text not in self.known]
        if len(self.known) + len(fresh) > _REMEMBERED:
            self.known.clear()
            fresh = list(texts)
        self.known.update(zip(fresh, self._parse_all(fresh), strict=True))
        found = [self.known[text] for text in texts]
        return [value for value, _ in found], [problem for _, problem in found]

    def _parse_all(self, texts: Sequence[str]) -> list[tuple[str | int | None, str | None]]:
        right = find_checked(texts) if self.parse is parse_address else [False] * len(texts)
        return [
            (text.lower(), None) if is_checked else self._parse_one(text)
            for text, is_checked in zip(texts, right, strict=True)
        ]

    def _parse_one(self, text: str) -> tuple[str | int | None, str | None]:
        try:
            return self.parse(text), None
        except InputError as error:
            return None, to_problem(self.code, error.problem, error.remedy())


def build_fields(chain: ChainId) -> dict[str, Field]:
    """The fields of a movement on `chain`, in the order in which a row's problem is looked for."""
    fields = (
        Field("block", "block", "ledger.bad-block", lambda text: _parse_index(text, "block")),
        Field("tx_hash", "transaction hash", "ledger.bad-hash", parse_tx_id),
        Field("sender", "sender", "ledger.bad-address", parse_address),
        Field("receiver", "receiver", "ledger.bad-address", parse_address),
        Field("amount", "amount", "ledger.bad-amount", _parse_marked),
        Field(
            "tx_index", "transaction index", "ledger.bad-order",
            lambda text: _parse_index(text, "transaction index"), required=False,
        ),
        Field(
            "position", "log index", "ledger.bad-order",
            lambda text: _parse_index(text, "log index"), required=False,
        ),
        Field("asset", "asset", "ledger.bad-asset", lambda text: parse_asset(text, chain=chain)),
        Field("time", "time", "ledger.bad-time", parse_time, required=False),
    )  # fmt: skip
    return {item.column: item for item in fields}


def mark_amount(text: str, decimals: str | None) -> str:
    """An amount and its decimals as one text, which the parser of amounts takes apart."""
    return f"{text}{SEPARATOR}{'' if decimals is None else decimals}"


def to_problem(code: str, reason: str, remedy: str) -> str:
    """A problem as it stands in a table."""
    return SEPARATOR.join((code, reason, remedy))


def _parse_marked(text: str) -> str:
    amount, _, decimals = text.rpartition(SEPARATOR)
    return _parse_amount(amount, decimals or None)


def _parse_amount(text: str, decimals: str | None) -> str:
    """The base units in decimal digits; nothing for zero."""
    if text.startswith("float "):
        raise InputError(
            f"the amount {text[6:]} is a floating-point number, which may have been rounded",
            remedy="Write amounts as whole numbers, decimals or text.",
        )
    decimals = None if decimals is None else decimals.strip()
    if decimals is not None and not (decimals.isdecimal() and int(decimals) <= MAX_DECIMALS):
        raise InputError(f"the decimals {decimals!r} are not a whole number from 0 to {MAX_DECIMALS}")
    return str(parse_units(text, decimals=int(decimals or 0))).lstrip("0")


def _parse_index(text: str, says: str) -> int:
    text = text.strip()
    try:
        number = int(text, 16) if text.startswith("0x") else int(text.removesuffix(".0"))
    except ValueError as error:
        raise InputError(f"the {says} {text!r} is not a whole number") from error
    if number < 0:
        raise InputError(f"the {says} {text!r} is negative")
    if number > _MAX_INDEX:
        raise InputError(f"the {says} {text!r} is too large to be one")
    return number
