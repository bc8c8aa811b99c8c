"""Jobs on both databases: added once, held by one, taken again when their worker died."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from jindo.base.errors import ConflictError, NotFound
from jindo.store import (
    Store,
    add_job,
    extend_lease,
    fail_job,
    finish_job,
    get_job,
    list_jobs,
    release_jobs,
    take_job,
)


def queue(store: Store, *ids: str, time: int = 100, not_before: int | None = None) -> None:
    with store.begin() as conn:
        for id_ in ids:
            add_job(
                conn,
                id=id_,
                kind="trace",
                subject=f"case-of-{id_}",
                args={"id": id_},
                time=time,
                not_before=not_before,
            )


def take(store: Store, *, owner: str = "w1", time: int = 100, lease: int = 60) -> str | None:
    with store.begin() as conn:
        found = take_job(conn, owner=owner, time=time, lease_seconds=lease)
    return None if found is None else found.id


def state(store: Store, job_id: str) -> tuple[str, int]:
    with store.read() as conn:
        found = get_job(conn, job_id)
    return found.state, found.attempts


def test_add_job_twice_is_once(store: Store) -> None:
    queue(store, "a")
    assert take(store) == "a"
    queue(store, "a", time=500)
    with store.read() as conn:
        (found,) = list_jobs(conn)
    assert (found.state, found.made) == ("running", 100)


def test_take_job_gives_the_one_that_waited_longest_and_each_once(store: Store) -> None:
    queue(store, "late", time=90, not_before=95)
    queue(store, "early", time=80)
    assert [take(store), take(store), take(store)] == ["early", "late", None]


def test_a_job_that_may_not_run_yet_is_not_taken(store: Store) -> None:
    queue(store, "a", not_before=200)
    assert take(store, time=199) is None
    assert take(store, time=200) == "a"


def test_finish_job_keeps_the_answer(store: Store) -> None:
    queue(store, "a")
    take(store)
    with store.begin() as conn:
        finish_job(conn, "a", {"findings_hash": "f"}, 130, owner="w1")
    with store.read() as conn:
        found = get_job(conn, "a")
    assert (found.state, found.answer, found.ended, found.attempts) == (
        "done",
        {"findings_hash": "f"},
        130,
        1,
    )
    assert take(store, time=10_000) is None


def test_fail_job_is_tried_again_or_never(store: Store) -> None:
    queue(store, "a")
    take(store)
    with store.begin() as conn:
        fail_job(conn, "a", "the partner does not answer", 101, retry_at=150)
    assert take(store, time=149) is None
    assert take(store, time=150) == "a"
    with store.begin() as conn:
        fail_job(conn, "a", "given up", 151, retry_at=None)
    with store.read() as conn:
        found = get_job(conn, "a")
    assert (found.state, found.problem, found.ended, found.attempts) == ("failed", "given up", 151, 2)
    assert take(store, time=10_000) is None


def test_a_job_whose_lease_ran_out_is_taken_again(store: Store) -> None:
    queue(store, "a")
    assert take(store, owner="dead", time=100, lease=60) == "a"
    assert take(store, owner="w2", time=160) is None
    assert take(store, owner="w2", time=161) == "a"
    assert state(store, "a") == ("running", 2)


def test_a_worker_that_slept_too_long_cannot_finish(store: Store) -> None:
    queue(store, "a")
    take(store, owner="slow", time=100, lease=60)
    take(store, owner="quick", time=200)
    speeches: list[Callable[[Connection], None]] = [
        lambda conn: finish_job(conn, "a", {}, 210, owner="slow"),
        lambda conn: fail_job(conn, "a", "p", 210, retry_at=None, owner="slow"),
        lambda conn: extend_lease(conn, "a", owner="slow", time=210, lease_seconds=60),
    ]
    for speak in speeches:
        with pytest.raises(ConflictError) as caught, store.begin() as conn:
            speak(conn)
        assert caught.value.code == "store.lease"
    with store.begin() as conn:
        finish_job(conn, "a", {"by": "quick"}, 220, owner="quick")
    assert state(store, "a") == ("done", 2)


def test_extend_lease_holds_the_job(store: Store) -> None:
    queue(store, "a")
    take(store, owner="w1", time=100, lease=60)
    with store.begin() as conn:
        extend_lease(conn, "a", owner="w1", time=150, lease_seconds=60)
    assert take(store, owner="w2", time=205) is None
    assert take(store, owner="w2", time=211) == "a"


def test_a_job_that_is_done_cannot_be_finished_again(store: Store) -> None:
    queue(store, "a", "queued")
    take(store)
    with store.begin() as conn:
        finish_job(conn, "a", {}, 110)
    for job_id in ("a", "queued", "none"):
        with pytest.raises(ConflictError), store.begin() as conn:
            finish_job(conn, job_id, {}, 120)


def test_release_jobs_queues_what_a_dead_process_held(store: Store) -> None:
    queue(store, "a", "b", "c")
    take(store)
    take(store)
    with store.begin() as conn:
        assert release_jobs(conn, 101) == 2
    assert sorted(str(take(store, owner="new", time=101)) for _ in range(3)) == ["a", "b", "c"]
    assert {state(store, one) for one in ("a", "b")} == {("running", 2)}


def test_list_jobs_of_one_subject(store: Store) -> None:
    queue(store, "b", "a")
    with store.read() as conn:
        assert [one.id for one in list_jobs(conn)] == ["a", "b"]
        assert [one.id for one in list_jobs(conn, "case-of-b")] == ["b"]
        with pytest.raises(NotFound):
            get_job(conn, "none")
