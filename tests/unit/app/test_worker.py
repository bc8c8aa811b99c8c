"""The worker: each job at least once, also where its process is killed, its clock jumps, or its work goes wrong."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.unit.app.nodes import START, SetClock, audited, introduce, make_node, move_clock, one_node

from jindo.app import worker as worker_module
from jindo.app.node import Node, open_node
from jindo.app.partners import KEEP_PULLS, queue_pull, queue_pulls
from jindo.app.worker import LEASE_SECONDS, MOST_BUGS, MOST_DEATHS, Handler, Worker
from jindo.base.errors import ConflictError, InputError, IntegrityError, RefusedError, SourceError
from jindo.store import Job, add_job, get_job, list_jobs, tables, take_job

DAY = 86_400


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with one_node(tmp_path / "seoul") as made:
        yield made


def queue(node: Node, job: str = "one", kind: str = "count", **args: Any) -> None:
    with node.store.begin() as conn:
        add_job(conn, id=job, kind=kind, subject="about", args=args, time=node.clock())


def look_at(node: Node, job: str = "one") -> Job:
    with node.store.read() as conn:
        return get_job(conn, job)


def row_of(node: Node, job: str = "one") -> Any:
    with node.store.read() as conn:
        return conn.execute(tables.job.select().where(tables.job.c.id == job)).one()


def working(node: Node, owner: str = "w", **handlers: Handler) -> Worker:
    return Worker(node, owner, handlers, lambda _: None, every=0)


def raising(error: BaseException) -> Handler:
    def handler(_node: Node, _job: Job) -> Mapping[str, Any]:
        raise error

    return handler


def test_run_once_does_one_job_and_says_so(node: Node) -> None:
    queue(node, "one", text="a")
    queue(node, "two", text="b")
    done: list[str] = []

    def count(asked: Node, job: Job) -> Mapping[str, Any]:
        assert asked is node
        done.append(job.args["text"])
        return {"said": job.args["text"]}

    worker = working(node, count=count)
    assert [worker.run_once() for _ in range(3)] == [True, True, False]
    assert done == ["a", "b"]
    job = look_at(node, "two")
    assert (job.state, job.answer, job.attempts, job.ended) == ("done", {"said": "b"}, 1, START)


@pytest.mark.parametrize("error", [SourceError("no answer"), ConflictError("meanwhile")], ids=str)
def test_worker_tries_again_at_growing_intervals_for_ever(node: Node, error: BaseException) -> None:
    queue(node)
    worker = working(node, count=raising(error))
    waits = []
    for _ in range(14):
        assert worker.run_once()
        waits.append(row_of(node).not_before - node.clock())
        assert not worker.run_once()
        move_clock(node, waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    assert (look_at(node).state, look_at(node).problem) == ("queued", str(error))
    assert working(node, count=lambda _node, _job: {}).run_once()
    assert (look_at(node).state, look_at(node).problem) == ("done", None)


@pytest.mark.parametrize(("asked", "waited"), [(30, 30), (0, 1), (-5, 1), (10**9, 3600)])
def test_worker_waits_as_the_source_asks_within_an_hour(node: Node, asked: int, waited: int) -> None:
    queue(node)
    working(node, count=raising(SourceError("busy", retry_after=asked))).run_once()
    assert row_of(node).not_before == START + waited


@pytest.mark.parametrize(
    "error",
    [InputError("wrong", place="case"), RefusedError("may not"), IntegrityError("does not add up")],
    ids=str,
)
def test_worker_gives_up_what_cannot_succeed(node: Node, error: BaseException) -> None:
    queue(node)
    assert working(node, count=raising(error)).run_once()
    job = look_at(node)
    assert (job.state, job.problem, job.attempts) == ("failed", str(error), 1)
    assert audited(node)[-1] == ("worker", "job.failed", "one")


def test_worker_raises_an_alarm_where_evidence_does_not_add_up(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    queue(node)
    working(node, count=raising(IntegrityError("does not add up"))).run_once()
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_worker_tries_a_bug_a_few_times_and_tells_no_names(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    queue(node)
    worker = working(node, count=raising(KeyError("Kim Ji-won, 3 Main Street")))
    for attempt in range(1, MOST_BUGS + 1):
        assert worker.run_once()
        assert (look_at(node).attempts, look_at(node).state == "failed") == (attempt, attempt == MOST_BUGS)
        move_clock(node, 900)
    assert not worker.run_once()
    assert "KeyError" in str(look_at(node).problem)
    assert "Kim" not in str(look_at(node).problem) + caplog.text


def test_worker_outlives_a_handler_that_exits(node: Node) -> None:
    queue(node)
    assert working(node, count=raising(SystemExit(3))).run_once()
    assert look_at(node).state == "queued"


def test_worker_outlives_an_answer_that_is_no_json(node: Node) -> None:
    queue(node)
    assert working(node, count=lambda _node, _job: {"a": object()}).run_once()
    assert "TypeError" in str(look_at(node).problem)


def test_worker_keeps_a_problem_that_no_database_could(node: Node) -> None:
    queue(node)
    assert working(node, count=raising(InputError("a\0b\ud800" + "x" * 9000))).run_once()
    problem = str(look_at(node).problem)
    assert (problem[:4], len(problem)) == ("ab?x", 2000)


def test_worker_gives_up_a_kind_that_it_does_not_know(node: Node) -> None:
    queue(node, kind="dance")
    assert working(node).run_once()
    assert look_at(node).state == "failed"


def test_worker_gives_up_work_that_ends_its_process_each_time(node: Node) -> None:
    queue(node)
    for _ in range(MOST_DEATHS):
        with node.store.begin() as conn:
            assert take_job(conn, owner="dead", time=node.clock(), lease_seconds=LEASE_SECONDS)
        move_clock(node, LEASE_SECONDS + 1)
    assert working(node, count=raising(AssertionError("is not run"))).run_once()
    assert (look_at(node).state, look_at(node).problem) == ("failed", "the work ended its process each time")


def test_worker_leaves_a_living_workers_job_and_takes_a_dead_ones(node: Node) -> None:
    queue(node)
    with node.store.begin() as conn:
        take_job(conn, owner="other", time=node.clock(), lease_seconds=LEASE_SECONDS)
    worker = working(node, count=lambda _node, _job: {})
    assert not worker.run_once()
    move_clock(node, LEASE_SECONDS + 1)
    assert worker.run_once()
    assert look_at(node).state == "done"


def test_worker_renews_its_lease_while_it_works(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "RENEW_SECONDS", 0.05)
    queue(node)

    def long_work(_node: Node, _job: Job) -> Mapping[str, Any]:
        first = row_of(node).leased_until
        move_clock(node, LEASE_SECONDS - 1)
        for _ in range(200):
            if row_of(node).leased_until > first:
                return {"renewed": True}
            time.sleep(0.05)
        return {"renewed": False}

    assert working(node, count=long_work).run_once()
    assert look_at(node).answer == {"renewed": True}


def test_worker_that_lost_its_lease_says_nothing_about_the_job(node: Node) -> None:
    queue(node)

    def overslept(_node: Node, _job: Job) -> Mapping[str, Any]:
        move_clock(node, LEASE_SECONDS + 1)
        assert working(node, "other", count=lambda _n, _j: {"by": "other"}).run_once()
        return {"by": "the one who slept"}

    assert working(node, count=overslept).run_once()
    assert look_at(node).answer == {"by": "other"}


@pytest.mark.parametrize("state", ["queued", "running"])
def test_worker_does_not_wait_for_a_time_that_was_set_back(node: Node, state: str) -> None:
    """A job was put off, or taken by a worker that died, while the machine believed that it was 2036."""
    queue(node)
    move_clock(node, 3650 * DAY)
    with node.store.begin() as conn:
        take_job(conn, owner="dead", time=node.clock(), lease_seconds=LEASE_SECONDS)
        if state == "queued":
            values = {"state": "queued", "not_before": node.clock() + 900}
            conn.execute(update(tables.job).values(**values))
    move_clock(node, -3650 * DAY)
    assert working(node, count=lambda _node, _job: {}).run_once()
    assert look_at(node).state == "done"


def test_worker_still_waits_where_time_was_not_set_back(node: Node) -> None:
    queue(node)
    worker = working(node, count=raising(SourceError("busy", retry_after=3600)))
    assert worker.run_once()
    move_clock(node, 3599)
    assert not worker.run_once()


def run_in_thread(worker: Worker, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=worker.run_until, args=(stop,))
    thread.start()
    return thread


def test_run_until_hears_the_stop_while_a_job_runs_and_leaves_it_to_the_next(node: Node) -> None:
    queue(node)
    begun, release, stop = threading.Event(), threading.Event(), threading.Event()

    def endless(_node: Node, _job: Job) -> Mapping[str, Any]:
        begun.set()
        release.wait()
        return {}

    thread = run_in_thread(working(node, "first", count=endless), stop)
    assert begun.wait(30)
    stop.set()
    thread.join(30)  # the work never ends by itself: that the worker is back shows that it heard
    assert not thread.is_alive()
    assert look_at(node).state == "running"
    stop.clear()
    again = run_in_thread(working(node, "second", count=lambda _node, _job: {"by": "second"}), stop)
    wait_for(lambda: look_at(node).state == "done")
    stop.set()
    again.join()
    release.set()
    assert look_at(node).answer == {"by": "second"}


def wait_for(holds: Any) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("waited for a minute")


def test_run_until_goes_on_when_the_database_or_the_periodic_work_fails(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    queue(node)
    turns: list[int] = []
    stop = threading.Event()
    name = "Kim Ji-won"

    def periodic(_node: Node) -> None:
        turns.append(1)
        raise RuntimeError(name)

    with node.store.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE job RENAME TO away")
    worker = Worker(node, "w", {"count": lambda _node, _job: {}}, periodic, every=1)
    thread = run_in_thread(worker, stop)
    wait_for(lambda: "the queue cannot be reached" in caplog.text)
    with node.store.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE away RENAME TO job")
    wait_for(lambda: look_at(node).state == "done" and len(turns) >= 2)
    stop.set()
    thread.join()
    assert "Kim" not in caplog.text


def test_run_until_takes_up_nothing_while_another_process_works(node: Node) -> None:
    """Of two served processes or a command beside one, each leaves the other's jobs to the leases."""
    queue(node)
    begun, release = threading.Event(), threading.Event()

    def held(_node: Node, _job: Job) -> Mapping[str, Any]:
        begun.set()
        release.wait()
        return {"by": "first"}

    first = threading.Thread(target=working(node, "first", count=held).run_once)
    first.start()
    assert begun.wait(30)
    stop = threading.Event()
    queue(node, "two")
    second = run_in_thread(working(node, "second", count=lambda _node, _job: {"by": "second"}), stop)
    wait_for(lambda: look_at(node, "two").state == "done")
    assert look_at(node).state == "running"
    release.set()
    first.join()
    stop.set()
    second.join()
    assert look_at(node).answer == {"by": "first"}


KILLED = """
import os, signal, sys, threading
from pathlib import Path
from jindo.app.node import open_node
from jindo.app.worker import Worker
from jindo.store import record_audit
node = open_node(Path(sys.argv[1]))
def handler(node, job):
    if sys.argv[2] == "after":
        with node.store.begin() as conn:
            record_audit(conn, time=1, actor="worker", act="did", subject=job.id)
    print("begun", flush=True)
    threading.Event().wait()
Worker(node, "killed", {"count": handler}, lambda node: None, every=0).run_until(threading.Event())
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_worker_killed_at_work_loses_no_job(tmp_path: Path, when: str) -> None:
    """A real process dies by SIGKILL, before its work is committed or after; the next one does the job."""
    made = make_node(tmp_path / "seoul")
    queue(made)
    made.store.close()
    command = [sys.executable, "-c", KILLED, str(made.folder), when]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    node = open_node(made.folder)
    stop = threading.Event()
    assert look_at(node).state == "running"

    def idempotent(_node: Node, job: Job) -> Mapping[str, Any]:
        return {"done_before": ("worker", "did", job.id) in audited(node)}

    thread = run_in_thread(working(node, "next", count=idempotent), stop)
    wait_for(lambda: look_at(node).state == "done")
    stop.set()
    thread.join()
    assert (look_at(node).attempts, look_at(node).answer) == (2, {"done_before": when == "after"})
    node.store.close()


def test_worker_asks_every_partner_by_itself_and_once_at_a_time(node: Node, tmp_path: Path) -> None:
    for member in ("hague", "dolmen"):
        with one_node(tmp_path / member, member) as other:
            introduce(node, other)
    queue_pulls(node)
    queue_pulls(node)
    with node.store.read() as conn:
        jobs = list_jobs(conn)
    assert sorted((job.kind, job.subject, job.args["member"]) for job in jobs) == [
        ("pull", "dolmen", "dolmen"),
        ("pull", "hague", "hague"),
    ]


@pytest.mark.parametrize("jump", [KEEP_PULLS + 1, -DAY])
def test_queue_pull_asks_again_when_answered_and_forgets_old_answers(node: Node, jump: int) -> None:
    asked = []
    worker = working(node, pull=lambda _node, _job: {})
    for _ in range(3):
        with node.store.begin() as conn:
            asked.append(queue_pull(conn, "hague", time=node.clock()))
        assert worker.run_once()
        move_clock(node, 1)
    move_clock(node, jump)
    with node.store.begin() as conn:
        asked.append(queue_pull(conn, "hague", time=node.clock()))
    assert len(set(asked)) == 4
    with node.store.read() as conn:
        assert [job.id for job in list_jobs(conn)] == asked[3:]


def test_worker_by_default_knows_all_handlers_and_the_pulls(node: Node) -> None:
    worker = Worker(node, "w")
    assert set(worker._handlers) >= {"trace", "files", "pull"}
    assert worker._every == node.settings.pull_seconds == 60
    assert isinstance(node.clock, SetClock)
