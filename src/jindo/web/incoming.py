"""What may come in over HTTP: the form of every path, query, header and body.

* Strict: nothing is converted, nothing unknown is passed over, every text and list has a largest size.
* Control characters are refused; a line end only stands in texts that people write.
* Whether a thing makes sense is the use case's to say; here only its form is.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jindo.seal import PublicKey, parse_public_key

_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_PARAGRAPHS = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._:@+-]*$"
_MEMBER = r"^[a-z0-9-]{2,40}$"
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

Line: TypeAlias = Annotated[str, StringConstraints(pattern=_LINE, max_length=500)]
Text: TypeAlias = Annotated[str, StringConstraints(pattern=_PARAGRAPHS, max_length=20_000)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=_NAME, max_length=128)]
MemberId: TypeAlias = Annotated[str, StringConstraints(pattern=_MEMBER)]
Id: TypeAlias = Annotated[str, StringConstraints(pattern=_UUID)]
Seconds: TypeAlias = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""Unix time, UTC, up to the year 9999."""

Moment: TypeAlias = Seconds | Annotated[str, StringConstraints(pattern=r"^[0-9TZ:+. -]*$", max_length=40)]
"""Unix time, or ISO 8601; without a zone it is UTC."""

Level: TypeAlias = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]

ThingId: TypeAlias = Annotated[str, Path(pattern=_UUID, description="An id, as Jindo gave it.")]
CaseName: TypeAlias = Annotated[
    str, Path(pattern=_NAME, max_length=128, description="A case's id or number, such as `SEOUL-2026-1`.")
]
PersonId: TypeAlias = Annotated[str, Path(pattern=_NAME, max_length=64, description="A person's id.")]
Language: TypeAlias = Annotated[Literal["en", "ko"], Query(description="The language of the answer.")]
Once: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._~:-]{1,100}$",
        description="Sent again with the same key, a request is answered as before and does nothing twice.",
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class LossIn(_Strict):
    """One thing that was stolen: a transaction of it, or an address from which it went."""

    theft: Name = Field(description="A name for the theft; rows of the same theft share it.")
    tx_hash: Name | None = None
    index: int | None = Field(
        default=None, ge=0, le=2**31, description="Which output or log of the transaction."
    )
    address: Name | None = None
    from_time: Seconds | None = None


class CaseIn(_Strict):
    """A case to open. Without a purpose, a legal basis and an expiry it is refused."""

    title: Line = Field(min_length=1)
    kind: Literal["theft", "fraud", "ransomware", "intrusion"]
    purpose: Line = ""
    legal_basis: Line = ""
    expires: Moment | None = None
    tlp: Level = "AMBER"
    summary: Text = ""
    loss: list[LossIn] = Field(default=[], max_length=10_000)

    def to_draft(self) -> dict[str, Any]:
        """The draft as the use case takes it; what was not said is left out."""
        return self.model_dump(exclude_none=True)


class NoteIn(_Strict):
    """A note to keep with a case."""

    title: Line = Field(min_length=1)
    text: Text = Field(min_length=1)
    tlp: Level = "AMBER"


class CasePersonIn(_Strict):
    """A person of this node to put on a case."""

    person: Name = Field(max_length=64)
    role: Literal["lead", "member"] = "member"


class TraceIn(_Strict):
    """A trace to run over a case's loss."""

    rule: Literal["fifo", "lifo", "haircut", "dirty-first", "clean-first", "poison"] = "fifo"


class ShareIn(_Strict):
    """Whom to give a case, and which exhibits of it."""

    to: list[MemberId] = Field(min_length=1, max_length=100)
    items: list[Name] | None = Field(
        default=None, max_length=1_000, description="Exhibits, by id or number; all of them where absent."
    )


class LabelIn(_Strict):
    """A label to draft: whose addresses these are."""

    addresses: list[Name] = Field(min_length=1, max_length=10_000)
    service: Line = Field(min_length=1)
    kind: Line = Field(min_length=1)
    tlp: Level = "AMBER"
    reason: Text = Field(min_length=1)
    to: list[MemberId] = Field(min_length=1, max_length=100)


class InstrumentIn(_Strict):
    """The order, warrant or letter that a request rests on."""

    kind: Line = Field(min_length=1)
    reference: Line = Field(min_length=1)
    issued_by: Line = Field(min_length=1)
    issued: Seconds | None = None


class RequestFieldsIn(_Strict):
    """What only the asking officer can say; the rest of a request follows from the case and its trace."""

    contact: Line | None = None
    rank: Line | None = None
    alternative: Line | None = None
    authority: Line | None = None
    instrument: InstrumentIn | None = None
    duration_days: int | None = Field(default=None, ge=1, le=3650)
    expires: Moment | None = None
    urgency: Literal["normal", "urgent"] | None = None
    urgency_reason: Text | None = None
    scope: Text | None = None
    confidentiality: Text | None = None
    language: Line | None = None
    release_contact: Line | None = None


class RequestIn(_Strict):
    """A request to freeze or to preserve, to draft from a traced case."""

    addressee: MemberId
    kind: Literal["freeze", "preserve"]
    exhibit: Id | None = Field(default=None, description="The trace it rests on; the latest where absent.")
    fields: RequestFieldsIn = RequestFieldsIn()

    def to_fields(self) -> dict[str, Any]:
        """The fields as the use case takes them; what was not said is left out."""
        return self.fields.model_dump(exclude_none=True)


class SignatureIn(_Strict):
    """An officer's signature over a statement's payload, made where the key is."""

    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    sig: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")] = Field(
        description="Ed25519 over the DSSE pre-authentication bytes, in base64."
    )


class RecallIn(_Strict):
    """Why a statement is taken back."""

    reason: Text = Field(min_length=1)


class ReplyIn(_Strict):
    """An answer to a request; without a state it follows from the matched accounts."""

    reason: Text = Field(min_length=1)
    until: Moment | None = None
    state: Name | None = None

    def to_until(self) -> str | None:
        """The end as the text that the use case reads."""
        return None if self.until is None else str(self.until)


class PullIn(_Strict):
    """Whom to pull from; every partner where absent."""

    member: MemberId | None = None


class MemberIn(_Strict):
    """Another member's card, and its fingerprint as it was read out on the phone."""

    card: dict[str, Any] = Field(description="The signed card, a DSSE envelope.")
    fingerprint: Line = Field(min_length=1, max_length=200)


class PersonIn(_Strict):
    """A person of this member to add."""

    id: Name = Field(max_length=64)
    name: Line = Field(min_length=1, max_length=200)
    roles: list[Name] = Field(min_length=1, max_length=10)
    public_key: Line | None = Field(default=None, description="An officer's, as `ed25519:<base64>`.")

    def to_key(self) -> PublicKey | None:
        """The public key, read.

        Raises:
            InputError: it is none.
        """
        return None if self.public_key is None else parse_public_key(self.public_key)


class TokenIn(_Strict):
    """How long a token to issue shall count."""

    days: int = Field(default=90, ge=1, le=366)
