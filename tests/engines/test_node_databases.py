"""A node on either database, chosen by one setting: people, partners, jobs, and whose database it is."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.nodes import add_worker, introduce, make_node, one_node

from jindo.app.node import DatabaseForeign, DatabaseTaken, Node, open_node
from jindo.app.people import console, issue_token, list_people, open_session, revoke_token, sign_in
from jindo.app.worker import Worker
from jindo.base.errors import InputError
from jindo.seal import SigningKey
from jindo.store import Job, add_job, get_job, verify_audit

POSTGRES = "postgresql"


@pytest.fixture
def node(store_url: str, tmp_path: Path) -> Iterator[Node]:
    with one_node(tmp_path / "seoul", database=store_url) as made:
        yield made


def test_node_is_on_the_database_of_its_setting(node: Node, store_url: str) -> None:
    assert node.settings.database == store_url
    assert (POSTGRES in node.store.url) == (POSTGRES in store_url)
    assert not (node.folder / "jindo.db").exists()


def test_node_opens_again_with_everything_it_knew(node: Node, tmp_path: Path) -> None:
    with one_node(tmp_path / "hague", "hague") as hague:
        introduce(node, hague)
    actor, token = add_worker(node, "kim", "analyst", key=SigningKey.generate())
    session = open_session(node, token)
    again = open_node(node.folder, node.clock)
    assert sign_in(again, token) == sign_in(again, session) == actor
    assert list_people(again, console(again)) == list_people(node, console(node))
    assert issue_token(again, console(again), subject="hague", kind="member")["token"]
    assert revoke_token(again, console(again), subject="kim")["revoked"] == 2
    with again.store.read() as conn:
        assert verify_audit(conn) == 7
    again.store.close()


def test_database_belongs_to_one_node(node: Node, store_url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseTaken):
        make_node(tmp_path / "hague", "hague", database=store_url)
    other = make_node(tmp_path / "hague", "hague")
    other.store.close()
    settings = other.folder / "node.toml"
    settings.write_text(settings.read_text().replace("sqlite:///jindo.db", store_url))
    with pytest.raises(DatabaseForeign):
        open_node(other.folder)


def test_two_workers_do_every_job_once_between_them(node: Node) -> None:
    done: list[str] = []
    with node.store.begin() as conn:
        for number in range(20):
            add_job(conn, id=f"job-{number}", kind="count", subject="x", args={}, time=node.clock())
    stop = threading.Event()

    def count(_node: Node, job: Job) -> Mapping[str, Any]:
        done.append(job.id)
        return {}

    threads = [
        threading.Thread(
            target=Worker(node, name, {"count": count}, lambda _: None, every=0).run_until, args=(stop,)
        )
        for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    while len(done) < 20:
        stop.wait(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(f"job-{number}" for number in range(20))
    with node.store.read() as conn:
        assert {get_job(conn, job).attempts for job in done} == {1}


def test_worker_keeps_a_problem_that_no_database_holds_as_it_is(node: Node) -> None:
    with node.store.begin() as conn:
        add_job(conn, id="one", kind="count", subject="x", args={}, time=node.clock())

    def fail(_node: Node, _job: Job) -> Mapping[str, Any]:
        raise InputError("a\0b\ud800")

    assert Worker(node, "w", {"count": fail}, lambda _: None, every=0).run_once()
    with node.store.read() as conn:
        assert (get_job(conn, "one").state, get_job(conn, "one").problem) == ("failed", "ab?")
