"""A node's database: what it holds, one way to read and write it, and what every room needs of it.

* A use case is one transaction; writers come one after the other.
* Nothing that is evidence is ever changed.
"""

from jindo.store import tables
from jindo.store.audit import AuditBroken, read_audit, record_audit, verify_audit
from jindo.store.engine import Store, StoreUrlUnknown, open_store
from jindo.store.failures import Contradiction, DatabaseDamaged, Unreachable, ValueUnstorable
from jindo.store.jobs import (
    Job,
    LeaseLost,
    add_job,
    extend_lease,
    fail_job,
    finish_job,
    get_job,
    list_jobs,
    release_jobs,
    take_job,
)
from jindo.store.migrating import SchemaNewer
from jindo.store.once import KeyReused, find_answer, record_answer

__all__ = [
    "Store",
    "open_store",
    "StoreUrlUnknown",
    "SchemaNewer",
    "Contradiction",
    "Unreachable",
    "ValueUnstorable",
    "DatabaseDamaged",
    "tables",
    "record_audit",
    "read_audit",
    "verify_audit",
    "AuditBroken",
    "find_answer",
    "record_answer",
    "KeyReused",
    "Job",
    "add_job",
    "take_job",
    "extend_lease",
    "finish_job",
    "fail_job",
    "release_jobs",
    "get_job",
    "list_jobs",
    "LeaseLost",
]
