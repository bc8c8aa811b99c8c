"""The tables of a node's database, as SQLAlchemy describes them; migrations make exactly these.

* Evidence is only added to: history, audit, statements, leaves, receipts and denials have no update.
* Times are whole unix seconds, UTC. Amounts inside JSON are decimal strings of base units.
* What another member said is kept as it was signed, byte for byte; the other columns only help to find it.

What the rows mean is said by the rooms that write them (`share`, `respond`, `app`).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

_Counter = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up by itself; SQLite does that for INTEGER alone."""

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("public_key", Text),  # an officer's: "ed25519:<base64>"; none for those who sign nothing
    Column("voucher", JSON),  # the member key's word for it, a DSSE envelope
    Column("active", Boolean, nullable=False),
    Column("added", BigInteger, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("hash", Text, primary_key=True),  # SHA-256 of the token; the token itself is never kept
    # person, member (a partner's ordinary TAXII client), session (a page)
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the person's or the partner's id
    Column("made", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("n", _Counter, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("prev", Text, nullable=False),  # hash of the row before; each row seals all before it
    Column("hash", Text, nullable=False),
)

once = Table(
    "once",
    metadata,
    Column("key", Text, primary_key=True),  # Idempotency-Key of a request, with its actor
    Column("act", Text, nullable=False),
    Column("asked", Text, nullable=False),  # SHA-256 of what was asked
    Column("answer", JSON, nullable=False),
    Column("made", BigInteger, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", Text, nullable=False),  # queued, running, done, failed
    Column("attempts", Integer, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("owner", Text),  # the worker that runs it
    Column("leased_until", BigInteger),  # past this another worker may take it
    Column("made", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("problem", Text),
    Column("answer", JSON),
    Index("ix_job_state_not_before", "state", "not_before"),
)

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("card", JSON, nullable=False),  # the member's own signed card, a DSSE envelope
    Column("added", BigInteger, nullable=False),
    Column("cursor", Text),  # how far its collection was read
    Column("checkpoint", Text),  # the last verified checkpoint of its log, a signed note
    Column("pulled", BigInteger),  # when it last answered
    Column("problem", Text),  # why it did not, in words
)

case = Table(
    "case",
    metadata,
    Column("id", Text, primary_key=True),  # a UUID, the same on every node
    Column("origin", Text, nullable=False),  # the member that opened it
    Column("number", Text, nullable=False),  # what people say: SEOUL-2026-1
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # theft, fraud, ransomware, intrusion
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("loss", JSON, nullable=False),  # what was named as stolen, as rows of a stolen file
    Column("opened", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    UniqueConstraint("origin", "number"),
)

case_person = Table(
    "case_person",
    metadata,
    Column("case_id", Text, ForeignKey("case.id"), primary_key=True),
    Column("person", Text, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, nullable=False),  # lead, member
)

history = Table(
    "history",
    metadata,
    Column("case_id", Text, ForeignKey("case.id"), primary_key=True),
    Column("n", Integer, primary_key=True),  # from 1, without gaps
    Column("time", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

exhibit = Table(
    "exhibit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case.id"), nullable=False),
    Column("n", Integer, nullable=False),  # exhibit 1, 2, ... of this case on this node
    Column("kind", Text, nullable=False),  # trace, file, note
    Column("title", Text, nullable=False),
    Column("origin", Text, nullable=False),  # the member whose exhibit it is
    Column("tlp", Text, nullable=False),
    Column("files", JSON, nullable=False),  # [{name, size, sha256}], sorted by name
    Column("sha256", Text, nullable=False),  # over the canonical JSON of `files`
    # of a trace: findings_hash, provenance_hash, rule, figures, rests_on
    Column("facts", JSON, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    UniqueConstraint("case_id", "n"),
)

statement = Table(
    "statement",
    metadata,
    Column("id", Text, primary_key=True),  # a UUID
    Column("kind", Text, nullable=False),  # case, exhibit, label, request, reply, recall, receipt
    Column("member", Text, nullable=False),  # who says it
    Column("case_id", Text),
    Column("subject", Text, nullable=False),  # the id of what it is about
    Column("made", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("tlp", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # what is signed, byte for byte
    Column("state", Text, nullable=False),  # draft, published (ours); received, quarantined (theirs)
    Column("problem", Text),  # why it is in quarantine
    Column("published", BigInteger),  # when it was published here, or received
    Column("leaf", BigInteger),  # its place in our log
    Index("ix_statement_case_id", "case_id"),
    Index("ix_statement_subject", "subject"),
    Index("ix_statement_member_state", "member", "state", "published"),
)

signature = Table(
    "signature",
    metadata,
    Column("statement_id", Text, ForeignKey("statement.id"), primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("sig", Text, nullable=False),  # base64
    Column("officer", Text, nullable=False),  # the officer's id inside its member
    Column("voucher", JSON, nullable=False),  # the member key's word for this key, a DSSE envelope
    Column("time", BigInteger, nullable=False),
)

audience = Table(
    "audience",
    metadata,
    Column("statement_id", Text, ForeignKey("statement.id"), primary_key=True),
    Column("member", Text, primary_key=True),
)

denial = Table(
    "denial",
    metadata,
    Column("n", _Counter, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("case_id", Text),
    Column("subject", Text, nullable=False),
    Column("member", Text, nullable=False),  # who was not given it
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

shared_object = Table(
    "shared_object",
    metadata,
    Column("seq", _Counter, primary_key=True),
    Column("statement_id", Text, ForeignKey("statement.id"), nullable=False),
    Column("member", Text, nullable=False),  # for whom
    Column("stix_id", Text, nullable=False),
    Column("version", Text, nullable=False),  # modified, or created, or for SCOs the time of adding
    Column("date_added", BigInteger, nullable=False),  # microseconds, strictly increasing over the collection
    Column("object", JSON, nullable=False),
    UniqueConstraint("member", "stix_id", "version"),
    Index("ix_shared_object_member_date_added", "member", "date_added"),
)

receipt = Table(
    "receipt",
    metadata,
    # what was received; perhaps not ours: a recall's other addressees
    Column("statement_id", Text, primary_key=True),
    Column("member", Text, primary_key=True),  # who received it
    Column("receipt_id", Text, nullable=False),  # the statement that says so
    Column("time", BigInteger, nullable=False),
)

leaf = Table(
    "leaf",
    metadata,
    # from 0
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", Text, nullable=False),  # canonical JSON: commitments (hashes), never content
    Column("hash", Text, nullable=False),  # RFC 9162 leaf hash of data, hex
)

recall = Table(
    "recall",
    metadata,
    Column("statement_id", Text, primary_key=True),  # what was recalled
    Column("recall_id", Text, nullable=False),  # the statement that recalls it
    Column("time", BigInteger, nullable=False),
)

label = Table(
    "label",
    metadata,
    Column("statement_id", Text, ForeignKey("statement.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("kind", Text, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("kind", Text, nullable=False),  # freeze, preserve
    Column("body", JSON, nullable=False),
    Column("statement_id", Text, ForeignKey("statement.id"), nullable=False),
    Column("made", BigInteger, nullable=False),
)

reply = Table(
    "reply",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("request.id"), nullable=False),
    Column("member", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("statement_id", Text, ForeignKey("statement.id"), nullable=False),
    Column("made", BigInteger, nullable=False),
)
