"""The JSON Schemas of every `--json` output and of `result.json`, from which `generate.py` writes the published files.

* Every key is required and no other is allowed: what leaves the program is listed here, or a test fails.
* Amounts are strings of digits in base units; times are ISO 8601 in UTC, or unix seconds where it says so.
"""

from __future__ import annotations

from typing import Any

from jindo.app.comparing import CAUSES, SEVERAL

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
UNITS: Schema = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "description": "base units"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256"}
CHAIN: Schema = {"type": "string", "pattern": "^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$", "description": "CAIP-2"}
TIME: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}
NANOSECONDS: Schema = {"type": "integer", "minimum": 0, "description": "nanoseconds, a median"}
SECONDS: Schema = {"type": "integer", "description": "unix seconds"}
RULES = ("fifo", "lifo", "haircut", "dirty-first", "clean-first")
RULE: Schema = {"enum": [*RULES, "poison"]}
REASON: Schema = {
    "enum": ["service", "likely-service", "mixer", "departed", "burned", "fee", "limit", "held"]
}


def build_object(**properties: Schema) -> Schema:
    """An object that has exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def allow_more(schema: Schema, **properties: Schema) -> Schema:
    """The same object, which may have these keys too."""
    return {**schema, "properties": {**schema["properties"], **properties}}


def build_list(entry: Schema) -> Schema:
    """A list of entries."""
    return {"type": "array", "items": entry}


def build_map(entry: Schema) -> Schema:
    """An object of any keys."""
    return {"type": "object", "additionalProperties": entry}


def allow_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


DECIMALS = build_map(allow_null(COUNT))
THEFT = build_object(theft=TEXT, chain=CHAIN, asset=TEXT, stolen=UNITS, movements=COUNT)
SHEET = build_object(
    theft=TEXT, chain=CHAIN, asset=TEXT, stolen=UNITS, arrived=UNITS,
    **dict.fromkeys(REASON["enum"], UNITS),
)  # fmt: skip
SHEET_LINES = build_object(stolen=UNITS, arrived=UNITS, **dict.fromkeys(REASON["enum"], UNITS))
ENDPOINT = build_object(
    theft=TEXT, chain=CHAIN, account=TEXT, service=TEXT, kind=TEXT, reason=REASON, asset=TEXT, amount=UNITS,
    first_time=allow_null(SECONDS), last_time=allow_null(SECONDS), hops=allow_null(COUNT), unexplained=FLAG,
)  # fmt: skip
INFLOW = build_object(chain=CHAIN, asset=TEXT, amount=UNITS)
STOP = build_object(chain=CHAIN, account=TEXT, reason=REASON, service=TEXT, kind=TEXT)
FLOW = build_object(
    **dict.fromkeys(["theft", "chain", "block", "time", "tx_hash", "index", "from", "to", "asset", "reason", "hops"], TEXT),
    named={"enum": ["yes", "no"]}, amount=UNITS,
)  # fmt: skip
SERVICE = build_object(
    theft=TEXT, chain=CHAIN, asset=TEXT, service=TEXT, kind=TEXT, reason=REASON, amount=UNITS, accounts=COUNT
)

SPREAD = build_object(
    theft=TEXT, chain=CHAIN, account=TEXT, service=TEXT, kind=TEXT, reason=REASON, asset=TEXT,
    amounts=build_object(**dict.fromkeys(RULES, UNITS)), least=UNITS, most=UNITS,
)  # fmt: skip
LEDGER_CHAIN = allow_more(
    build_object(
        chain=CHAIN, fingerprint=HASH, kind={"enum": ["account", "utxo"]}, rows=COUNT,
        first_block=allow_null(COUNT), last_block=allow_null(COUNT),
        first_time=allow_null(SECONDS), last_time=allow_null(SECONDS),
    ),
    inexact=TEXT,
)  # fmt: skip
NAMED = {
    "anyOf": [
        build_object(theft=TEXT, tx_hash=TEXT, index=allow_null(COUNT)),
        build_object(theft=TEXT, address=TEXT, from_time=allow_null(SECONDS)),
    ]
}
OPENING = build_object(sha256=HASH, balances=build_list(build_object(account=TEXT, asset=TEXT, amount=UNITS)))
EVIDENCE = build_object(
    sha256=HASH,
    transactions=COUNT,
    proven=COUNT,
    inputs=COUNT,
    inputs_proven=COUNT,
    blocks=COUNT,
    heights_proven=COUNT,
)
FETCH_SERVER = build_object(format=TEXT, chain=CHAIN, url=TEXT, height=COUNT, answers=COUNT)
FETCH_ACCOUNT = build_object(
    chain=CHAIN, account=TEXT, state={"enum": ["complete", "not fetched"]}, height=COUNT,
    transactions=allow_null(COUNT), total=allow_null(COUNT), why=TEXT,
)  # fmt: skip
FETCHED = build_object(
    servers=build_list(FETCH_SERVER),
    limits=build_object(accounts=COUNT, most=COUNT, all_rules=FLAG),
    accounts=build_list(FETCH_ACCOUNT),
    further_accounts=COUNT,
    evidence=build_object(sha256=HASH, answers=COUNT),
)
PROVENANCE = build_object(
    ledger=build_object(fingerprint=HASH, chains=build_list(LEDGER_CHAIN)),
    until=allow_null(TIME),
    stolen=build_object(rows=COUNT, sha256=HASH, named=build_list(NAMED)),
    services=allow_null(build_object(rows=COUNT, sha256=HASH, file=TEXT)),
    labels=build_list(STOP),
    opening=allow_null(OPENING),
    decimals=DECIMALS,
    conventions=build_list(TEXT),
    history=build_object(sha256=HASH, rows=COUNT),
)
FINDINGS = build_object(
    method=TEXT,
    rule=RULE,
    max_hops=allow_null(COUNT),
    thefts=build_list(THEFT),
    sheets=build_list(SHEET),
    endpoints=build_list(ENDPOINT),
    unexplained_inflow=build_list(INFLOW),
    flows=build_object(count=COUNT, sha256=HASH),
    stops=build_list(STOP),
)
RESULT = build_object(
    format={"const": "jindo.result/1"},
    findings_hash=HASH,
    provenance_hash=HASH,
    findings=FINDINGS,
    spread=build_list(SPREAD),
    upper_bound=build_object(rule={"const": "poison"}, endpoints=build_list(ENDPOINT)),
    bounds={"const": "not computed"},
    provenance=allow_more(PROVENANCE, evidence=EVIDENCE, fetched=FETCHED),
    notes=build_list(TEXT),
    software=build_object(name={"const": "jindo"}, version=TEXT),
)

_COUNTS = dict.fromkeys(
    ["read", "added", "already_there", "left_by_distinct", "superseded", "rejected"], COUNT
)
_IMPORTED = build_object(
    format=TEXT, chain=CHAIN, **_COUNTS, rejects=allow_null(TEXT),
    sources=build_list(build_object(name=TEXT, sha256=HASH)),
)  # fmt: skip
_STATUS_CHAIN = build_object(
    chain=CHAIN, kind={"enum": ["account", "utxo"]}, rows=COUNT, transactions=COUNT, accounts=COUNT,
    first_block=allow_null(COUNT), last_block=allow_null(COUNT),
    first_time=allow_null(TIME), last_time=allow_null(TIME),
    assets=build_list(build_object(asset=TEXT, decimals=allow_null(COUNT), rows=COUNT)),
    inexact={"type": "boolean"}, fingerprint=HASH,
)  # fmt: skip
_HEURISTIC = build_object(name=TEXT, version=TEXT)
_UNMEASURED = build_object(population={"enum": ["unknown", "synthetic", "real"]}, measured=TEXT)
_PLACE = {"tx_hash": TEXT, "block": COUNT, "time": allow_null(TIME)}
_COINJOIN_KIND: Schema = {"enum": ["whirlpool", "wasabi-2", "wasabi-1", "joinmarket"]}
_COINJOIN = build_object(
    **_PLACE, kind=_COINJOIN_KIND, confidence=COUNT, participants=COUNT, denomination=UNITS,
    **dict.fromkeys(["inputs", "outputs", "owners", "most_owned", "fitting", "odd", "changes", "levels"], COUNT),
    dealt={"enum": ["not decided", "fits", "does not fit"]},
)  # fmt: skip
_CLUSTER_HEAD = {
    "ledger": TEXT, "folder": TEXT, "chain": CHAIN, "fingerprint": HASH, "hash": HASH,
    "heuristics": build_list(_HEURISTIC), "statement": TEXT, "error": _UNMEASURED,
}  # fmt: skip
_CLUSTERED = build_object(
    chain=CHAIN, fingerprint=HASH, transactions=COUNT, accounts=COUNT, clusters=COUNT, accounts_joined=COUNT,
    largest=COUNT, unions=COUNT, coinjoins=build_object(**dict.fromkeys(_COINJOIN_KIND["enum"], COUNT)),
    files=build_map(HASH),
)  # fmt: skip
_CLUSTERS = {
    "format": {"const": "jindo.clusters/1"},
    "chains": build_list(_CLUSTERED),
    "left_out": build_list(CHAIN),
    "heuristics": build_list(allow_more(_HEURISTIC, parameters={"type": "object"})),
    "statement": TEXT,
    "error": _UNMEASURED,
    "software": build_object(name={"const": "jindo"}, version=TEXT),
    "hash": HASH,
}
_FINDING = build_object(
    name=TEXT,
    state={"enum": ["ok", "missing", "low"]},
    detail=TEXT,
    remedy=TEXT,
    is_needed={"type": "boolean"},
)
_TRUTH = build_object(
    theft=TEXT, asset=TEXT, stolen=UNITS, accounts=COUNT, figures=COUNT, equal={"const": True}
)

SCHEMAS: dict[str, tuple[str, Schema]] = {
    "result": ("result.json of a result folder", RESULT),
    "ledger-import": (
        "jindo ledger import --json",
        build_object(
            ledger=TEXT, chain=CHAIN, source_rows=build_map(COUNT), **_COUNTS, rejects=allow_null(TEXT),
            first_rejects=build_list(build_object(file=TEXT, line=COUNT, code=TEXT, reason=TEXT)),
            notes=build_list(TEXT), fingerprint=TEXT,
        ),
    ),
    "ledger-rollback": (
        "jindo ledger rollback --json",
        build_object(ledger=TEXT, chain=CHAIN, to=COUNT, removed=COUNT, fingerprint=HASH),
    ),
    "ledger-status": (
        "jindo ledger status --json",
        build_object(
            ledger=TEXT, chains=build_list(_STATUS_CHAIN), imports=build_list(_IMPORTED), rejected=COUNT,
            rejects=build_list(TEXT), notes=build_list(TEXT), checked={"enum": ["files", "fingerprint"]},
            size=COUNT, fingerprint=HASH,
        ),
    ),
    "trace": (
        "jindo trace LEDGER --json",
        allow_more(
            build_object(
            out=TEXT, files=build_list(TEXT), rule=RULE, thefts=build_list(THEFT), services=build_list(SERVICE),
            sheets=build_list(SHEET), unexplained_inflow=build_list(INFLOW), decimals=DECIMALS,
            notes=build_list(TEXT), findings_hash=HASH, provenance_hash=HASH,
            ),
            fetched=build_object(
                servers=build_list(FETCH_SERVER), accounts=COUNT, not_whole=build_list(FETCH_ACCOUNT),
                further_accounts=COUNT,
            ),
        ),
    ),
    "trace-explain": (
        "jindo trace explain --json",
        build_object(
            address=TEXT, rule=RULE, endpoints=build_list(ENDPOINT), received=build_list(FLOW),
            paths=build_list(build_list(FLOW)), complete=FLAG, decimals=DECIMALS,
        ),
    ),
    "trace-compare": (
        "jindo trace compare --json",
        build_object(
            same=FLAG, findings_hashes=build_list(HASH),
            causes=build_list(build_object(code={"enum": list(CAUSES)}, place=TEXT, before=TEXT, after=TEXT)),
            sheets=build_list(
                build_object(theft=TEXT, chain=CHAIN, asset=TEXT, before=SHEET_LINES, after=SHEET_LINES)
            ),
            endpoints=build_list(
                build_object(
                    theft=TEXT, chain=CHAIN, account=TEXT, asset=TEXT, reason=REASON, service=TEXT,
                    cause={"enum": [*CAUSES, SEVERAL]}, before=UNITS, after=UNITS,
                )
            ),
            flows=build_object(added=COUNT, gone=COUNT), decimals=DECIMALS,
        ),
    ),
    "clusters": ("clusters.json of a folder of clusters", build_object(**_CLUSTERS)),
    "cluster-build": ("jindo cluster build --json", build_object(ledger=TEXT, out=TEXT, **_CLUSTERS)),
    "cluster-why": (
        "jindo cluster why --json",
        build_object(
            **_CLUSTER_HEAD, start=TEXT, stop=TEXT, joined=FLAG, cluster=allow_null(TEXT),
            path=build_list(build_object(**{"from": TEXT, "to": TEXT}, **_PLACE, inputs=COUNT)),
            coinjoins_of_both=build_list(_COINJOIN),
        ),
    ),
    "cluster-show": (
        "jindo cluster show --json",
        build_object(
            **_CLUSTER_HEAD, address=TEXT, cluster=TEXT, size=COUNT, members=build_list(TEXT), complete=FLAG,
            coinjoins_of_address=build_list(_COINJOIN),
        ),
    ),
    "verify": (
        "jindo verify --json",
        build_object(
            path=TEXT, verified={"const": True}, checks=build_list(build_object(name=TEXT, detail=TEXT))
        ),
    ),
    "bench-run": (
        "jindo bench run --json",
        build_object(
            facts={"type": "object", "additionalProperties": TEXT},
            left_out={"type": "object", "additionalProperties": TEXT},
            cases=build_list(
                build_object(
                    transfers=COUNT, window=COUNT, touched=COUNT, pots=COUNT, runs=COUNT,
                    reach=NANOSECONDS, cold={"anyOf": [NANOSECONDS, {"type": "null"}]},
                    gather=NANOSECONDS, read_window=NANOSECONDS,
                    exact=NANOSECONDS, exact_flows=COUNT, poison=NANOSECONDS, poison_flows=COUNT,
                    peers={"type": "object", "additionalProperties": {"anyOf": [NANOSECONDS, TEXT]}},
                )
            ),
            not_found=build_list(TEXT),
            files=build_list(TEXT),
        ),
    ),
    "world-list": (
        "jindo world list --json",
        build_object(worlds=build_list(build_object(name=TEXT, description=TEXT))),
    ),
    "world-make": (
        "jindo world make --json",
        build_object(
            world=TEXT, seed={"type": "integer"}, scale={"anyOf": [NUMBER, {"const": "full"}]}, out=TEXT,
            files=build_list(build_object(name=TEXT, size=COUNT)),
        ),
    ),
    "demo": (
        "jindo demo --json",
        build_object(
            dir=TEXT,
            scenes=build_list(build_object(number=COUNT, title=TEXT, lines=build_list(TEXT))),
            page=TEXT,
            token=TEXT,
            export=TEXT,
            serving=build_object(pid=COUNT, seconds=COUNT),
        ),
    ),
    "doctor": ("jindo doctor --json", build_object(version=TEXT, findings=build_list(_FINDING))),
    "error": (
        "stderr of any command that fails with --json",
        build_object(error=build_object(code=TEXT, problem=TEXT, place=TEXT, remedy=TEXT)),
    ),
}  # fmt: skip
"""By name: what it describes, and the schema."""


def build_schema(title: str, schema: Schema) -> Schema:
    """The published schema of one output."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}
