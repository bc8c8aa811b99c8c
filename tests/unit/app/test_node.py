"""A node's folder: made whole or not at all, kept to its owner, bound to its database; its settings; its card."""

import fcntl
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.app.nodes import START, audited, make_node, move_clock

from jindo.app.certificates import build_certificate
from jindo.app.founding import PlaceTaken
from jindo.app.keyring import KeysOpen, MemberKeyAway, MemberKeyLocked
from jindo.app.node import (
    DatabaseForeign,
    Node,
    find_node,
    has_stale_papers,
    init_node,
    open_node,
    read_card,
    read_member_key,
    renew_papers,
    service_voucher,
)
from jindo.app.papers import PapersStale
from jindo.app.people import add_person, console, renew_person
from jindo.app.settings import SETTINGS, Settings, field_of, read_settings, write_settings
from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.seal import SigningKey, parse_envelope_bytes
from jindo.share import parse_card, parse_voucher
from jindo.store import open_store

DAY = 86_400
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "node.md"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = make_node(tmp_path / "seoul")
    yield made
    made.store.close()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("jindo.db-"))


def test_init_node_lays_out_the_folder(node: Node) -> None:
    assert names_in(node.folder) == ["cases", "jindo.db", "keys", "node.toml", "work"]
    assert names_in(node.folder / "keys") == [
        *("card.json", "member.key", "service-voucher.json", "service.key", "tls.crt", "tls.key")
    ]


def test_init_node_keeps_everything_to_its_owner(node: Node) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (node.folder, *node.folder.rglob("*"))}
    folders = {mode for path, mode in modes.items() if path.is_dir()}
    keys = {mode for path, mode in modes.items() if path.parent.name == "keys"}
    assert (folders, keys, modes[node.folder / "node.toml"]) == ({0o700}, {0o600}, 0o600)


def test_init_node_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(PlaceTaken):
        make_node(tmp_path)
    assert names_in(tmp_path) == ["mine.txt"]


def test_init_node_refuses_a_node(node: Node) -> None:
    before = read_card(node)
    with pytest.raises(PlaceTaken):
        make_node(node.folder)
    assert read_card(node) == before


def test_init_node_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "seoul").mkdir(mode=0o755)
    node = make_node(tmp_path / "seoul")
    node.store.close()
    assert stat.S_IMODE(node.folder.stat().st_mode) == 0o700


def test_init_node_refuses_a_file_or_link_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link"):
        with pytest.raises(PlaceTaken):
            make_node(tmp_path / name)


@pytest.mark.parametrize(
    "said",
    [
        {"member": "S"},
        {"member": "../seoul"},
        {"country": "Korea"},
        {"kind": "club"},
        {"url": "http://127.0.0.1:8700"},
        {"url": "https://127.0.0.1:8700/node"},
        {"url": "https://user@127.0.0.1"},
        {"url": "https://127.0.0.1:99999"},
        {"url": "https://"},
        {"name": ""},
        {"purposes": ("Not A Slug",)},
        {"database": "mysql://localhost/x"},
    ],
    ids=str,
)
def test_init_node_refuses_what_a_card_cannot_say_and_leaves_nothing(
    tmp_path: Path, said: dict[str, str]
) -> None:
    with pytest.raises(InputError):
        make_node(tmp_path / "seoul", **said)
    assert list(tmp_path.iterdir()) == []


def test_init_node_leaves_nothing_when_the_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="No space left"):
        make_node(tmp_path / "seoul")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
left = int(sys.argv[2])
real = os.fsync
def fsync(handle):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
from jindo.app.node import init_node
init_node(Path(sys.argv[1]), member="seoul", name="Seoul", country="KR", kind="police").store.close()
"""


@pytest.mark.parametrize("syncs", [0, 3, 9])
def test_init_node_killed_on_the_way_leaves_no_node_and_the_next_one_succeeds(
    tmp_path: Path, syncs: int
) -> None:
    folder = tmp_path / "seoul"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(syncs)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not folder.exists()
    make_node(folder).store.close()
    assert names_in(tmp_path) == ["seoul"]


def test_init_node_killed_after_the_move_leaves_a_whole_node(tmp_path: Path) -> None:
    folder = tmp_path / "seoul"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), "10"], check=False)
    assert killed.returncode == -signal.SIGKILL
    node = open_node(folder)
    node.store.close()
    assert names_in(folder) == ["cases", "jindo.db", "keys", "node.toml", "work"]
    assert [act for _, act, _ in audited(node)] == ["node.init"]


def test_init_node_does_not_clear_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / ".seoul.founding").mkdir()
    (tmp_path / ".seoul.founding" / "diary").write_text("mine")
    with pytest.raises(PlaceTaken):
        make_node(tmp_path / "seoul")
    assert (tmp_path / ".seoul.founding" / "diary").read_text() == "mine"


def test_init_node_waits_for_nobody_at_the_same_place(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(PlaceTaken, match="another node is being made"):
        make_node(tmp_path / "seoul")
    os.close(handle)
    make_node(tmp_path / "seoul").store.close()


def test_open_node_is_the_node_that_was_made(node: Node) -> None:
    again = open_node(node.folder)
    again.store.close()
    assert (again.me, again.settings) == (node.me, node.settings)
    assert again.service_key.public == node.me.service_key


def test_open_node_refuses_keys_that_others_can_read(node: Node) -> None:
    (node.folder / "keys" / "service.key").chmod(0o640)
    with pytest.raises(KeysOpen):
        open_node(node.folder)


def test_open_node_refuses_keys_that_others_can_exchange(node: Node) -> None:
    (node.folder / "keys").chmod(0o770)
    with pytest.raises(KeysOpen):
        open_node(node.folder)


def test_open_node_names_a_missing_or_broken_key(node: Node) -> None:
    key = node.folder / "keys" / "service.key"
    key.write_bytes(b"half a ke")
    with pytest.raises(InputError, match=r"service\.key"):
        open_node(node.folder)
    key.unlink()
    with pytest.raises(NotFound, match=r"service\.key"):
        open_node(node.folder)


def test_open_node_does_not_begin_a_lost_database_anew(node: Node) -> None:
    node.store.close()
    for file in node.folder.glob("jindo.db*"):
        file.unlink()
    with pytest.raises(DatabaseForeign):
        open_node(node.folder)
    assert not (node.folder / "jindo.db").exists()


def test_open_node_refuses_an_emptied_database(node: Node) -> None:
    node.store.close()
    for file in node.folder.glob("jindo.db*"):
        file.unlink()
    empty = open_store(f"sqlite:///{node.folder / 'jindo.db'}")
    empty.migrate()
    empty.close()
    with pytest.raises(DatabaseForeign):
        open_node(node.folder)


def test_open_node_refuses_another_nodes_database(node: Node, tmp_path: Path) -> None:
    other = make_node(tmp_path / "hague", "hague")
    other.store.close()
    node.store.close()
    shutil.copy(other.folder / "jindo.db", node.folder / "jindo.db")
    with pytest.raises(DatabaseForeign):
        open_node(node.folder)


def test_init_node_refuses_a_database_that_holds_a_node(node: Node, tmp_path: Path) -> None:
    taken = f"sqlite:///{node.folder / 'jindo.db'}"
    with pytest.raises(Exception, match="holds a node already"):
        make_node(tmp_path / "hague", "hague", database=taken)
    assert not (tmp_path / "hague").exists()


def test_find_node_takes_the_option_before_the_environment_before_the_folder(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_node(tmp_path / "hague", "hague")
    other.store.close()
    monkeypatch.delenv("JINDO_NODE", raising=False)
    monkeypatch.chdir(node.folder / "cases")
    assert find_node(None) == node.folder
    monkeypatch.setenv("JINDO_NODE", str(other.folder))
    assert find_node(None) == other.folder
    assert find_node(node.folder) == node.folder
    with pytest.raises(NotFound):
        find_node(tmp_path)


def test_read_card_says_who_the_node_is_and_the_same_each_time(node: Node) -> None:
    card = read_card(node)
    assert parse_card(parse_envelope_bytes(card)) == node.me
    assert read_card(open_node(node.folder)) == card


def test_read_member_key_notices_an_exchanged_key(node: Node) -> None:
    (node.folder / "keys" / "member.key").write_bytes(SigningKey.generate().to_pem())
    with pytest.raises(IntegrityError):
        read_member_key(node)


def test_service_voucher_is_signed_once_and_lasts_two_years(node: Node) -> None:
    first = service_voucher(node)
    officer = parse_voucher(first, node.me, at=START)
    assert (officer.key, officer.roles) == (node.me.service_key, ("service",))
    move_clock(node, 730 * DAY - 1)
    assert service_voucher(node) == first
    move_clock(node, 1)
    with pytest.raises(PapersStale, match="service-voucher"):
        service_voucher(node)
    renew_papers(node.folder, clock=node.clock)
    assert service_voucher(node) != first


def test_node_works_while_its_member_key_lies_somewhere_else(node: Node, tmp_path: Path) -> None:
    key, card = node.folder / "keys" / "member.key", read_card(node)
    key.rename(tmp_path / "safe.key")
    again = open_node(node.folder, clock=node.clock)
    assert (again.me, read_card(again)) == (node.me, card)
    assert parse_voucher(service_voucher(again), node.me, at=START).key == node.me.service_key
    add_person(again, console(again), id="lee", name="Lee", roles=["auditor"])
    with pytest.raises(MemberKeyAway, match=r"member\.key") as away:
        add_kim(again)
    assert str(key) in away.value.remedy()
    (tmp_path / "safe.key").rename(key)
    assert add_kim(again)["active"]
    again.store.close()


def add_kim(node: Node, passphrase: bytes | None = None) -> dict[str, object]:
    public = SigningKey.generate().public
    return add_person(
        node, console(node), id="kim", name="Kim", roles=["analyst"], public_key=public, passphrase=passphrase
    )


def test_member_key_with_a_passphrase_is_asked_for_it_only_to_vouch(tmp_path: Path) -> None:
    node = make_node(tmp_path / "seoul", passphrase=b"correct horse")
    assert b"ENCRYPTED" in (node.folder / "keys" / "member.key").read_bytes()
    open_node(node.folder, clock=node.clock).store.close()
    for wrong in (None, b"", b"wrong horse"):
        with pytest.raises(MemberKeyLocked):
            add_kim(node, wrong)
    assert add_kim(node, b"correct horse")["active"]
    node.store.close()


def test_init_node_refuses_an_empty_passphrase(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        make_node(tmp_path / "seoul", passphrase=b"")
    assert list(tmp_path.iterdir()) == []


def rewrite_toml(node: Node, **said: object) -> None:
    settings = replace(node.settings, **said)  # type: ignore[arg-type]
    (node.folder / "node.toml").write_text(write_settings(settings), encoding="utf-8")


def test_open_node_waits_for_the_member_key_where_the_card_is_to_change(node: Node) -> None:
    old = read_card(node)
    rewrite_toml(node, name="Seoul Cyber Unit")
    with pytest.raises(PapersStale, match="name") as stale:
        open_node(node.folder)
    assert "jindo node card" in stale.value.remedy()
    with pytest.raises(InputError, match="higher version"):
        renew_papers(node.folder, clock=node.clock)
    assert read_card(node) == old
    rewrite_toml(node, name="Seoul Cyber Unit", version=2)
    assert has_stale_papers(node.folder, node.clock)
    renew_papers(node.folder, clock=node.clock)
    assert not has_stale_papers(node.folder, node.clock)
    again = open_node(node.folder)
    again.store.close()
    assert (again.me.name, again.me.version) == ("Seoul Cyber Unit", 2)
    assert parse_card(parse_envelope_bytes(read_card(again))) == again.me


def test_open_node_waits_for_the_member_key_where_the_certificate_is_new(node: Node) -> None:
    made = build_certificate("seoul", "127.0.0.1", time=START)
    (node.folder / "keys" / "tls.crt").write_text(made.pem)
    with pytest.raises(PapersStale, match="certificate"):
        open_node(node.folder)


def test_open_node_waits_for_the_member_key_where_its_papers_are_missing(node: Node) -> None:
    for name in ("card.json", "service-voucher.json"):
        (node.folder / "keys" / name).unlink()
        assert has_stale_papers(node.folder, node.clock)
        renew_papers(node.folder, clock=node.clock)
        open_node(node.folder, clock=node.clock).store.close()


def test_renew_papers_takes_no_other_member_key(node: Node) -> None:
    (node.folder / "keys" / "member.key").write_bytes(SigningKey.generate().to_pem())
    card = read_card(node)
    with pytest.raises(IntegrityError, match="another member key"):
        renew_papers(node.folder, clock=node.clock)
    assert read_card(node) == card


def test_open_node_believes_no_card_that_another_key_signed(node: Node, tmp_path: Path) -> None:
    other = make_node(tmp_path / "other")
    other.store.close()
    for name in ("card.json", "service-voucher.json", "service.key", "tls.crt", "tls.key"):
        shutil.copy(other.folder / "keys" / name, node.folder / "keys" / name)
    with pytest.raises(DatabaseForeign):
        open_node(node.folder)
    (node.folder / "keys" / "card.json").write_bytes(read_card(other)[:-2])
    with pytest.raises(IntegrityError, match="not whole"):
        open_node(node.folder)


def test_open_node_tells_what_ends_within_60_days(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    add_kim(node)
    move_clock(node, 669 * DAY)  # the certificate began a day before
    open_node(node.folder, clock=node.clock).store.close()
    assert [row.message for row in caplog.records if "certificate" in row.message] != []
    assert "kim" not in caplog.text
    move_clock(node, DAY)
    caplog.clear()
    open_node(node.folder, clock=node.clock).store.close()
    assert "the word for the key of kim ends 2028-01-01" in caplog.text
    assert "the member key's word for the service key ends 2028-01-01" in caplog.text
    caplog.clear()
    renew_papers(node.folder, clock=node.clock)
    renew_person(node, console(node), "kim")
    open_node(node.folder, clock=node.clock).store.close()
    assert [row.message for row in caplog.records if "certificate" not in row.message] == []


def test_open_node_tells_nothing_of_a_new_node(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    add_kim(node)
    open_node(node.folder, clock=node.clock).store.close()
    assert caplog.text == ""


SAID = Settings(
    member="seoul",
    name='Cyber "Unit"\\ 서울',
    country="KR",
    kind="police",
    url="https://node.example.org",
    purposes=("investigation", "return"),
    services_of_member=("Dolmen, Inc.",),
    version=3,
    host="0.0.0.0",  # noqa: S104
    port=0,
    database="postgresql://jindo:secret@db/jindo",
    ledger="/data/ledger",
    services="",
    accounts="a.csv",
    pull_seconds=0,
)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(write_settings(SAID), encoding="utf-8")
    assert read_settings(tmp_path, {}) == SAID


def test_settings_differ_from_every_default_in_this_test() -> None:
    assert [s.key for s in SETTINGS if getattr(SAID, field_of(s)) == s.default] == []


def test_settings_of_the_environment_outweigh_the_file(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(write_settings(SAID), encoding="utf-8")
    found = read_settings(tmp_path, {"JINDO_NODE_PORT": "9000", "JINDO_NODE_DATABASE": "sqlite:///x.db"})
    assert found == replace(SAID, port=9000, database="sqlite:///x.db")
    assert found.resolve_database(tmp_path) == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("[http]\nprot = 1", "prot"),
        ("[htpp]\nport = 1", "htpp"),
        ("[http]\nport = '1'", "port"),
        ("[http]\nport = true", "port"),
        ("[http]\nport = 65536", "port"),
        ("[pull]\nevery_seconds = -1", "every_seconds"),
        ("http = 3", "http"),
        ("[http", "TOML"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, line: str, named: str) -> None:
    node = '[node]\nmember="seoul"\nname="S"\ncountry="KR"\nkind="police"\nurl="https://a"\n'
    text = f"{line}\n{node}" if line == "http = 3" else f"{node}{line}\n"
    (tmp_path / "node.toml").write_text(text)
    with pytest.raises(InputError, match=named):
        read_settings(tmp_path, {})


def test_settings_need_who_the_node_is(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text("[http]\nport = 1\n")
    with pytest.raises(InputError, match="missing"):
        read_settings(tmp_path, {})
    with pytest.raises(NotFound):
        read_settings(tmp_path / "none", {})


def test_settings_in_the_environment_are_checked(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDO_NODE_PORT", "many")
    with pytest.raises(InputError, match="JINDO_NODE_PORT"):
        open_node(node.folder)


def test_settings_page_lists_every_key() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for setting in SETTINGS:
        default = "" if setting.default is None else _shown(setting.default)
        variable = f"`{setting.variable}`" if setting.variable else ""
        assert f"| `[{setting.section}] {setting.key}` | {default} | {variable} | {setting.what} |" in text


def _shown(value: object) -> str:
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def test_database_password_is_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=re.compile("answer|reach|database", re.IGNORECASE)) as caught:
        init_node(
            tmp_path / "seoul",
            member="seoul",
            name="Seoul",
            country="KR",
            kind="police",
            database="postgresql://jindo:s3cret@127.0.0.1:1/jindo",
        )
    assert "s3cret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
