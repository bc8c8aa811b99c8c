"""A process killed at any moment leaves whole transactions, and nothing that blocks the next process.

* SIGKILL gives a process no chance to clean up: what is left is what the database alone guarantees.
"""

import random
import signal
import subprocess
import sys
import time

from jindo.store import (
    Store,
    add_job,
    finish_job,
    get_job,
    list_jobs,
    record_audit,
    take_job,
    verify_audit,
)

HALF = """
import sys, time
from jindo.store import add_job, open_store, record_audit
with open_store(sys.argv[1]).begin() as conn:
    add_job(conn, id="half", kind="k", subject="s", args={}, time=1)
    record_audit(conn, time=1, actor="a", act="b", subject="half")
    print("inside", flush=True)
    time.sleep(600)
"""
WORKER = """
import sys, time
from jindo.store import open_store, take_job
with open_store(sys.argv[1]).begin() as conn:
    print(take_job(conn, owner="dead", time=100, lease_seconds=60).id, flush=True)
print("working", flush=True)
time.sleep(600)
"""
BUSY = """
import sys
from jindo.store import add_job, list_jobs, open_store, record_audit
store = open_store(sys.argv[1])
while True:
    with store.begin() as conn:
        number = len(list_jobs(conn)) + 1
        add_job(conn, id=f"job-{number}", kind="k", subject="s", args={}, time=number)
        record_audit(conn, time=number, actor="a", act="job.add", subject=f"job-{number}")
    print("committed", flush=True)
"""


def start(code: str, store: Store) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, store.url], stdout=subprocess.PIPE, text=True)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()


def test_killed_inside_a_transaction_leaves_nothing_half_made(store: Store) -> None:
    process = start(HALF, store)
    assert read_line(process) == "inside"
    kill(process)
    with store.begin() as conn:  # the dead writer's turn is over
        assert (list_jobs(conn), verify_audit(conn)) == ([], 0)
        record_audit(conn, time=2, actor="a", act="b", subject="c")


def test_a_job_of_a_killed_worker_is_taken_again(store: Store) -> None:
    with store.begin() as conn:
        add_job(conn, id="trace-1", kind="trace", subject="case", args={}, time=100)
    process = start(WORKER, store)
    assert [read_line(process), read_line(process)] == ["trace-1", "working"]
    kill(process)
    with store.begin() as conn:
        assert take_job(conn, owner="alive", time=160, lease_seconds=60) is None
    with store.begin() as conn:
        taken = take_job(conn, owner="alive", time=161, lease_seconds=60)
        assert taken is not None
        assert (taken.id, taken.attempts) == ("trace-1", 2)
        finish_job(conn, "trace-1", {}, 162, owner="alive")
    with store.read() as conn:
        assert get_job(conn, "trace-1").state == "done"


def test_killed_at_random_moments_leaves_whole_transactions(store: Store) -> None:
    """Each transaction adds a job and its row in the audit trail: never one without the other."""
    moments, counts = random.Random(20), [0]
    for _ in range(4):
        process = start(BUSY, store)
        assert read_line(process) == "committed"
        time.sleep(moments.uniform(0.02, 0.2))
        kill(process)
        with store.read() as conn:
            jobs = {one.id for one in list_jobs(conn)}
            counts.append(verify_audit(conn))
        assert jobs == {f"job-{number}" for number in range(1, counts[-1] + 1)}
    assert counts == sorted(set(counts))  # each process got on with it
