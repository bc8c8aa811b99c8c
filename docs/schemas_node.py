"""The JSON Schemas of what a node's commands print: cases, statements, requests, the log, the node itself.

* As in `schemas`: every key is required and no other is allowed.
* A time that is not known is an empty text. Times inside signed bodies and facts are unix seconds.
* What is signed by others (`body`) and what a brief is made of (`facts`) has its own format, named in it.
"""

from __future__ import annotations

from schemas import (
    CHAIN,
    COUNT,
    FLAG,
    HASH,
    RULE,
    SECONDS,
    TEXT,
    TIME,
    UNITS,
    Schema,
    allow_null,
    build_list,
    build_map,
    build_object,
)

WHEN: Schema = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z)?$"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
MEMBER: Schema = {"type": "string", "pattern": "^[a-z0-9-]{2,40}$"}
TLP: Schema = {"enum": ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]}
ROLES = build_list(
    {"enum": ["admin", "analyst", "prosecutor", "liaison", "compliance", "intake-clerk", "auditor"]}
)
PRINT: Schema = {
    "type": "string",
    "pattern": "^[0-9a-f]{4}( [0-9a-f]{4}){15}$",
    "description": "of a member key",
}
KEY: Schema = {"type": "string", "pattern": "^ed25519:[A-Za-z0-9+/]{43}=$"}
DECIMALS = allow_null(COUNT)
OPEN: Schema = {"type": "object", "description": "as its format says; keys may be added"}
CASE_KIND: Schema = {"enum": ["theft", "fraud", "ransomware", "intrusion"]}
STATEMENT_KIND: Schema = {"enum": ["case", "exhibit", "label", "request", "reply", "recall", "receipt"]}
REPLY_STATE: Schema = {
    "enum": [
        *("received", "authenticated", "held", "partially-held", "already-moved", "no-such-customer"),
        *("need-instrument", "refused", "expired", "released"),
    ]
}

STATEMENT = {
    "id": ID, "kind": STATEMENT_KIND, "member": MEMBER, "case": {"anyOf": [ID, {"const": ""}]}, "subject": ID,
    "title": TEXT, "tlp": TLP, "made": TIME, "expires": WHEN,
    "state": {"enum": ["draft", "published", "received", "quarantined"]}, "problem": TEXT, "payload_type": TEXT,
    "recipients": build_list(MEMBER), "needs": build_object(signatures=COUNT, roles=build_list(TEXT)),
    "has": build_list(build_object(officer=TEXT, key_id=HASH, roles=build_list(TEXT))),
    "published": WHEN, "leaf": allow_null(COUNT), "recalled_by": {"anyOf": [ID, {"const": ""}]},
    "receipts": build_list(build_object(member=MEMBER, received=WHEN)),
}  # fmt: skip
SAID = build_object(**STATEMENT)
DENIAL = build_object(member=MEMBER, subject=TEXT, rule=TEXT, reason=TEXT)
DENIAL_NAMED = build_object(member=MEMBER, subject=TEXT, rule=TEXT, reason=TEXT, title=TEXT, tlp=TLP)
DENIAL_KEPT = {"time": TIME, "member": MEMBER, "subject": TEXT, "rule": TEXT, "reason": TEXT}
ACKNOWLEDGED = build_list(build_object(member=MEMBER, acknowledged=WHEN))

LOSS: Schema = {
    "anyOf": [
        build_object(theft=TEXT, tx_hash=TEXT),
        build_object(theft=TEXT, tx_hash=TEXT, index=COUNT),
        build_object(theft=TEXT, address=TEXT),
        build_object(theft=TEXT, address=TEXT, from_time=SECONDS),
    ]
}
CASE = {
    "id": ID, "number": TEXT, "origin": MEMBER, "title": TEXT, "kind": CASE_KIND, "purpose": TEXT, "legal_basis": TEXT,
    "expires": TIME, "tlp": TLP, "summary": TEXT, "loss": build_list(LOSS), "opened": TIME, "opened_by": TEXT,
}  # fmt: skip
FILE = build_object(name=TEXT, size=COUNT, sha256=HASH)
FIGURE = {"chain": CHAIN, "asset": TEXT, "decimals": DECIMALS, "amount": UNITS}
REACHED = build_object(
    chain=CHAIN, account=TEXT, amount=UNITS, first_time=allow_null(SECONDS), last_time=allow_null(SECONDS),
    transactions=build_list(TEXT),
)  # fmt: skip
TRACE_FACTS = build_object(
    findings_hash=HASH, provenance_hash=HASH, rule=RULE, max_hops=allow_null(COUNT), until=allow_null(TEXT),
    last_time=allow_null(SECONDS), software=TEXT, chains=build_list(CHAIN), decimals=build_map(DECIMALS),
    stolen=build_list(build_object(theft=TEXT, movements=COUNT, **FIGURE)),
    services=build_list(
        build_object(
            service=TEXT, kind=TEXT, reason=TEXT, asset=TEXT, decimals=DECIMALS, amount=UNITS,
            addresses=build_list(REACHED),
        )
    ),
    held=build_list(build_object(accounts=COUNT, **FIGURE)),
    elsewhere=build_list(build_object(reason=TEXT, **FIGURE)),
    rests_on=build_list(ID), version=COUNT, replaces=allow_null(ID),
)  # fmt: skip
EXHIBIT = build_object(
    id=ID, n=COUNT, kind={"enum": ["trace", "file", "note"]}, title=TEXT, origin=MEMBER, tlp=TLP, sha256=HASH,
    files=build_list(FILE), facts={"anyOf": [TRACE_FACTS, build_object(), build_object(text=TEXT)]}, added=TIME,
    added_by=TEXT, stands=FLAG,
)  # fmt: skip
MARKED = build_object(tlp=TLP, exhibits=COUNT)
LABEL = build_object(**STATEMENT, service=TEXT, label_kind=TEXT, addresses=COUNT, reason=TEXT)
RECALL = build_object(
    recall=SAID, recalled=SAID, reason=TEXT, told=ACKNOWLEDGED,
    rested=build_list(
        build_object(kind={"enum": ["exhibit", "request"]}, id=ID, case=ID, title=TEXT, told=ACKNOWLEDGED)
    ),
)  # fmt: skip
HISTORY = build_object(
    case_id=ID, n=COUNT, time=TIME, actor=TEXT, act=TEXT, detail=build_map({}), prev=HASH, hash=HASH
)
JOB_STATE: Schema = {"enum": ["queued", "running", "done", "failed"]}

ANSWERED = {"asset": TEXT, "decimals": DECIMALS, "requested": UNITS, "held": UNITS, "missing": UNITS}
LINE = {"chain": CHAIN, "account": TEXT, **ANSWERED}
REPLY_BODY = build_object(
    id=ID, request_id=ID, state=REPLY_STATE, reason=TEXT, until=allow_null(SECONDS), made=SECONDS,
    lines=build_list(build_object(**LINE)), totals=build_list(build_object(**ANSWERED)),
)  # fmt: skip
TOTAL = build_object(asset=TEXT, decimals=DECIMALS, amount=UNITS)
REQUEST = {
    "id": ID, "case": ID, "reference": TEXT, "origin": MEMBER, "addressee": MEMBER,
    "kind": {"enum": ["freeze", "preserve"]},
    "state": {
        "enum": [
            *("draft", "awaiting signature", "signed", "sent", "received", "answered", "expired", "recalled"),
            "quarantined",
        ]
    },
    "lost": build_list(ID), "made": TIME, "expires": TIME, "urgency": {"enum": ["normal", "urgent"]}, "accounts": COUNT,
    "totals": build_list(TOTAL), "findings_hash": HASH, "statement_id": ID,
    "replies": build_list(
        build_object(
            id=ID, member=MEMBER, state=REPLY_STATE, made=TIME, body=REPLY_BODY, statement_id=ID, statement_state=TEXT
        )
    ),
}  # fmt: skip
REQUEST_BODY = build_object(
    id=ID, kind={"enum": ["freeze", "preserve"]}, case=build_object(id=ID, number=TEXT),
    agency=build_object(member=MEMBER, name=TEXT, country=TEXT, kind=TEXT, authority=TEXT),
    officer=build_object(id=TEXT, rank=TEXT, contact=TEXT, alternative=TEXT),
    addressee=build_object(member=MEMBER, name=TEXT, entities=build_list(TEXT)),
    legal_basis=TEXT,
    instrument=allow_null(build_object(kind=TEXT, reference=TEXT, issued_by=TEXT, issued=allow_null(SECONDS))),
    chronology=build_list(build_object(time=SECONDS, text=TEXT)),
    persons=build_object(victim=TEXT, suspect=TEXT),
    identifiers=build_list(
        build_object(
            chain=CHAIN, account=TEXT, asset=TEXT, decimals=DECIMALS, amount=UNITS, first_time=allow_null(SECONDS),
            last_time=allow_null(SECONDS), transactions=build_list(TEXT),
        )
    ),
    flow=TEXT, totals=build_list(TOTAL),
    valuation=allow_null(build_object(currency=TEXT, amount=TEXT, rate=TEXT, source=TEXT)),
    scope=TEXT, duration_days=COUNT, data=build_list(TEXT), period=build_object(**{"from": SECONDS, "to": SECONDS}),
    confidentiality=TEXT, urgency=TEXT, urgency_reason=TEXT, language=TEXT,
    custody=build_object(
        tool=TEXT, version=TEXT, traced_by=TEXT, rule=TEXT, findings_hash=HASH, provenance_hash=HASH, exhibit_id=ID,
        exhibit=TEXT, exhibit_sha256=HASH,
    ),
    made=SECONDS, expires=SECONDS, release_contact=TEXT,
)  # fmt: skip
WHOLE_REQUEST = build_object(**REQUEST, body=REQUEST_BODY, statement=SAID)

CARD = {
    "name": TEXT, "country": {"type": "string", "pattern": "^[A-Z]{2}$"}, "kind": TEXT, "url": TEXT,
    "purposes": build_list(TEXT), "services": build_list(TEXT), "version": COUNT, "fingerprint": PRINT,
}  # fmt: skip
NODE = {"node": TEXT, "member": MEMBER, **CARD}
PARTNER = build_object(id=MEMBER, **CARD, added=TIME, pulled=WHEN, problem=TEXT)
PERSON = {
    "id": TEXT, "name": TEXT, "roles": ROLES, "public_key": allow_null(KEY), "key_id": allow_null(HASH), "active": FLAG,
    "added": TIME,
}  # fmt: skip
BRIEF = build_object(
    case=ID, number=TEXT, title=TEXT, lang={"enum": ["en", "ko"]}, marking=TLP, as_of=TIME, facts=OPEN, text=TEXT,
    path=allow_null(TEXT),
)  # fmt: skip
DRAFTED = build_object(statements=build_list(SAID), denials=build_list(DENIAL))
PULL = build_object(
    job=ID, kind={"const": "pull"}, subject=MEMBER, state={"const": "done"}, attempts=COUNT, problem=TEXT,
    answer=build_object(member=MEMBER, received=COUNT, quarantined=COUNT),
)  # fmt: skip
TRACED = build_object(exhibit=ID, n=COUNT, findings_hash=HASH)

SCHEMAS: dict[str, tuple[str, Schema]] = {
    "case-open": ("jindo case open --json", build_object(**CASE)),
    "case-list": ("jindo case list --json", build_object(cases=build_list(build_object(**CASE)))),
    "case-show": (
        "jindo case show --json",
        build_object(
            **CASE, people=build_list(build_object(person=TEXT, role={"enum": ["lead", "member"]})),
            exhibits=build_list(EXHIBIT), statements=build_list(SAID), labels=build_list(LABEL),
            recalls=build_list(RECALL), denials=build_list(build_object(**DENIAL_KEPT)),
            requests=build_list(build_object(**REQUEST)), history=build_list(HISTORY),
            jobs=build_list(build_object(job=ID, kind=TEXT, state=JOB_STATE, problem=TEXT)),
        ),
    ),
    "case-assign": (
        "jindo case assign --json",
        build_object(case=ID, person=TEXT, role={"enum": ["lead", "member"]}),
    ),
    "case-add": ("jindo case add --json", build_object(exhibit=ID, n=COUNT, sha256=HASH)),
    "case-trace": (
        "jindo case trace --json",
        build_object(
            job=ID, kind={"const": "trace"}, subject=ID, state=JOB_STATE, attempts=COUNT, problem=TEXT,
            answer={"anyOf": [TRACED, build_object()]},
        ),
    ),
    "case-label": ("jindo case label --json", DRAFTED),
    "case-export": (
        "jindo case export --json",
        build_object(
            case=ID, number=TEXT, path=TEXT, files=COUNT, marking=TLP, left_out=build_list(MARKED),
            restricted=build_list(MARKED), history=HASH, findings_hash={"anyOf": [HASH, {"const": ""}]}
        ),
    ),
    "case-brief": ("jindo case brief --json", BRIEF),
    "share-push": (
        "jindo share push --json",
        build_object(case=ID, statements=build_list(SAID), denials=build_list(DENIAL_NAMED)),
    ),
    "share-sign": ("jindo share sign --json", SAID),
    "share-pull": ("jindo share pull --json", build_object(pulls=build_list(PULL))),
    "share-recall": ("jindo share recall --json", DRAFTED),
    "share-status": (
        "jindo share status --json",
        build_object(
            case=TEXT, statements=build_list(SAID), denials=build_list(build_object(**DENIAL_KEPT, title=TEXT))
        ),
    ),
    **{
        f"request-{verb}": (f"jindo request {verb} --json", WHOLE_REQUEST)
        for verb in ("draft", "sign", "send", "show")
    },
    "request-list": ("jindo request list --json", build_object(requests=build_list(build_object(**REQUEST)))),
    "request-match": (
        "jindo request match --json",
        build_object(
            request=ID, state=REPLY_STATE, lines=build_list(build_object(**LINE, available=UNITS, known=FLAG)),
            totals=build_list(build_object(**ANSWERED)),
        ),
    ),
    "request-reply": ("jindo request reply --json", build_object(request=ID, reply=REPLY_BODY, statement=SAID)),
    "log-prove": (
        "jindo log prove --json, and the file of --out",
        build_object(
            statement=ID, origin=TEXT, checkpoint=TEXT, index=COUNT, size=COUNT, leaf=TEXT, proof=build_list(HASH)
        ),
    ),
    "log-verify": (
        "jindo log verify --json",
        build_object(verified={"const": True}, checks=build_list(build_object(name=TEXT, detail=TEXT))),
    ),
    "node-init": ("jindo node init --json", build_object(**NODE)),
    "node-card": ("jindo node card --json", build_object(**NODE, card=allow_null(TEXT))),
    "node-join": ("jindo node join --json", PARTNER),
    "node-members": ("jindo node members --json", build_object(members=build_list(PARTNER))),
    "node-user-add": ("jindo node user add --json", build_object(**PERSON, key_file=allow_null(TEXT))),
    "node-user-list": ("jindo node user list --json", build_object(people=build_list(build_object(**PERSON)))),
    "node-user-renew": ("jindo node user renew --json", build_object(**PERSON)),
    "node-user-retire": ("jindo node user retire --json", build_object(**PERSON)),
    "node-token": ("jindo node token --json", build_object(name=TEXT, token=TEXT, expires=TIME)),
    "node-token-revoke": ("jindo node token revoke --json", build_object(subject=TEXT, revoked=COUNT)),
    "serve": ("jindo serve --json, when it listens", build_object(ready=TEXT)),
}  # fmt: skip
"""By name: what it describes, and the schema."""
