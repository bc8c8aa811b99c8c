"""`jindo node`: a folder becomes a node, partners meet by fingerprint, officers' keys never enter it."""

import io
import json
import stat
from pathlib import Path

import pytest
from tests.unit.cli.stage import Desk, Stage, ask, introduce, make_node, open_case, read, refused, seat

from jindo.base.errors import InputError
from jindo.cli.keys import KeyExposed, read_key, write_key
from jindo.seal import SigningKey


def test_init_makes_a_node_that_says_who_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "dolmen"
    words = ("--member", "dolmen", "--name", "Dolmen", "--country", "LT", "--kind", "exchange")
    view = ask("node", "init", str(folder), *words, "--services", "Dolmen Exchange, Dolmen Pro")
    assert view["services"] == ["Dolmen Exchange", "Dolmen Pro"]
    assert (folder / "node.toml").is_file()
    shown = ask("node", "card", "--node", str(folder))
    assert shown == {**view, "card": None}
    assert view["fingerprint"] in read("node", "card", "--node", str(folder))


def test_init_leaves_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    words = ("--member", "seoul", "--name", "Seoul", "--country", "KR", "--kind", "police")
    code, error = refused("node", "init", str(tmp_path), *words)
    assert (code, error["code"]) == (6, "node.place-taken")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_node_is_found_by_option_environment_or_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seoul, hague = make_node(tmp_path / "seoul"), make_node(tmp_path / "hague")
    monkeypatch.chdir(seoul / "keys")
    assert ask("node", "card")["member"] == "seoul"
    monkeypatch.setenv("JINDO_NODE", str(hague))
    assert ask("node", "card")["member"] == "hague"
    assert ask("node", "card", "--node", str(seoul))["member"] == "seoul"
    monkeypatch.delenv("JINDO_NODE")
    monkeypatch.chdir(tmp_path)
    code, error = refused("node", "card")
    assert code == 2
    assert "jindo node init" in error["remedy"]


def test_join_takes_a_partner_whose_fingerprint_was_read_out(tmp_path: Path) -> None:
    seoul, hague = make_node(tmp_path / "seoul"), make_node(tmp_path / "hague")
    introduce(seoul, hague)
    partners = ask("node", "members", "--node", str(seoul))["members"]
    assert [row["id"] for row in partners] == ["hague"]
    assert "Agency of hague" in read("node", "members", "--node", str(seoul))


def test_join_refuses_another_fingerprint(tmp_path: Path) -> None:
    seoul, hague = make_node(tmp_path / "seoul"), make_node(tmp_path / "hague")
    card = tmp_path / "hague.card"
    ask("node", "card", "--out", str(card), "--node", str(hague))
    own = ask("node", "card", "--node", str(seoul))["fingerprint"]
    words = ("node", "join", str(card), "--fingerprint", own, "--node", str(seoul))
    code, error = refused(*words)
    assert (code, error["code"]) == (3, "node.fingerprint")
    assert ask("node", "members", "--node", str(seoul))["members"] == []


def test_user_add_gives_the_node_the_public_half_alone(tmp_path: Path) -> None:
    node = make_node(tmp_path / "seoul")
    kim = seat(node, "kim", "analyst,liaison")
    assert stat.S_IMODE(kim.key.stat().st_mode) == 0o600
    key = SigningKey.from_pem(kim.key.read_bytes())
    people = ask("node", "user", "list", "--node", str(node))["people"]
    assert [(row["id"], row["roles"], row["key_id"]) for row in people] == [
        ("kim", ["analyst", "liaison"], key.public.key_id)
    ]
    secret = kim.key.read_bytes().splitlines()[1]
    held = [path for path in node.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert held == []


def test_user_add_overwrites_no_key(tmp_path: Path) -> None:
    node, key = make_node(tmp_path / "seoul"), tmp_path / "kim.key"
    key.write_text("the only copy")
    words = ("node", "user", "add", "kim", "--name", "Kim", "--role", "analyst", "--key-out", str(key))
    code, _ = refused(*words, "--node", str(node))
    assert code == 6
    assert key.read_text() == "the only copy"
    assert ask("node", "user", "list", "--node", str(node))["people"] == []


def test_user_add_that_is_refused_leaves_no_key(tmp_path: Path) -> None:
    node, key = make_node(tmp_path / "seoul"), tmp_path / "kim.key"
    words = ("node", "user", "add", "kim", "--name", "Kim", "--role", "emperor", "--key-out", str(key))
    code, error = refused(*words, "--node", str(node))
    assert (code, error["place"]) == (2, "roles")
    assert not key.exists()


def test_user_add_takes_a_key_made_elsewhere(tmp_path: Path) -> None:
    node, public = make_node(tmp_path / "seoul"), SigningKey.generate().public
    words = ("node", "user", "add", "kim", "--name", "Kim", "--role", "analyst", "--node", str(node))
    view = ask(*words, "--public-key", public.to_text())
    assert (view["key_id"], view["key_file"]) == (public.key_id, None)
    twice = ("--key-out", str(tmp_path / "x.key"), "--public-key", public.to_text())
    assert refused(*words, *twice)[0] == 2


def test_key_file_opens_with_its_passphrase_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDO_KEY_PASSPHRASE", "correct horse")
    public = write_key(tmp_path / "a.key", ask=False)
    assert read_key(tmp_path / "a.key").public == public
    monkeypatch.setenv("JINDO_KEY_PASSPHRASE", "wrong horse")
    with pytest.raises(InputError, match="cannot be opened"):
        read_key(tmp_path / "a.key")
    monkeypatch.delenv("JINDO_KEY_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(InputError, match="has a passphrase"):
        read_key(tmp_path / "a.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_key_file_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    write_key(tmp_path / "a.key", ask=False)
    (tmp_path / "a.key").chmod(mode)
    with pytest.raises(KeyExposed):
        read_key(tmp_path / "a.key")


def test_token_stands_alone_in_a_pipe_and_lets_in_until_revoked(kim: Desk) -> None:
    node = kim.node
    token = read("node", "token", "kim", "--days", "3", "--node", str(node)).strip()
    assert " " not in token
    words = ("case", "list", "--node", str(node), "--token", token)
    assert ask(*words) == {"cases": []}
    revoked = ask("node", "token", "revoke", "kim", "--node", str(node))
    assert revoked == {"subject": "kim", "revoked": 2}
    assert refused(*words)[1]["code"] == "node.token"
    assert kim.refused("case", "list")[0] == 3


def test_retire_ends_tokens_and_keeps_the_person_in_the_list(kim: Desk) -> None:
    node = kim.node
    assert ask("node", "user", "retire", "kim", "--node", str(node))["active"] is False
    assert kim.refused("case", "list")[0] == 3
    assert "retired" in read("node", "user", "list", "--node", str(node))


def test_operator_without_a_token_works_on_no_case(stage: Stage) -> None:
    node = stage.node("seoul")
    words = ("--purpose", "investigation", "--legal-basis", "law", "--expires", "2099-01-01")
    code, error = refused("case", "open", "A theft", *words, "--node", str(node))
    assert (code, error["code"]) == (3, "node.role")
    assert "JINDO_TOKEN" in error["remedy"]


def test_person_who_is_no_administrator_adds_nobody(kim: Desk) -> None:
    open_case(kim)
    key = kim.node / "friend.key"
    words = ("node", "user", "add", "friend", "--name", "F", "--role", "admin", "--key-out", str(key))
    assert kim.refused(*words)[1]["code"] == "node.role"
    assert not key.exists()


def lay_locked_node(folder: Path) -> Path:
    (folder / "passphrase").write_text("correct horse\nnot this line\n")
    words = ("--member", "seoul", "--name", "Seoul", "--country", "KR", "--kind", "police")
    ask("node", "init", str(folder / "seoul"), *words, "--passphrase-file", str(folder / "passphrase"))
    return folder / "seoul"


def test_member_key_of_a_node_may_have_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node, public = lay_locked_node(tmp_path), SigningKey.generate().public.to_text()
    adding = ("node", "user", "add", "kim", "--name", "Kim", "--role", "analyst", "--public-key", public)
    words = (*adding, "--node", str(node))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, error = refused(*words)
    assert (code, "JINDO_MEMBER_KEY_PASSPHRASE" in error["remedy"]) == (2, True)
    monkeypatch.setenv("JINDO_MEMBER_KEY_PASSPHRASE", "wrong")
    assert refused(*words)[1]["code"] == "node.member-key-locked"
    monkeypatch.setenv("JINDO_MEMBER_KEY_PASSPHRASE", "correct horse")
    assert ask(*words)["active"]
    assert ask("node", "user", "renew", "kim", "--node", str(node))["id"] == "kim"


def test_init_takes_no_empty_passphrase(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("\nlater\n")
    words = ("--member", "seoul", "--name", "Seoul", "--country", "KR", "--kind", "police")
    given = ("--passphrase-file", str(tmp_path / "passphrase"))
    assert refused("node", "init", str(tmp_path / "seoul"), *words, *given)[0] == 2
    assert not (tmp_path / "seoul").exists()


def test_card_is_signed_anew_where_node_toml_changed(tmp_path: Path) -> None:
    node = make_node(tmp_path / "seoul")
    toml = (node / "node.toml").read_text()
    (node / "node.toml").write_text(toml.replace('country = "', 'country = "N').replace("NKR", "NL"))
    code, error = refused("node", "members", "--node", str(node))
    assert (code, error["code"]) == (3, "node.papers")
    code, error = refused("node", "card", "--node", str(node))
    assert (code, error["place"]) == (2, "node.toml [node] version")
    raised = (node / "node.toml").read_text().replace("version = 1", "version = 2")
    (node / "node.toml").write_text(raised)
    away = tmp_path / "member.key"
    (node / "keys" / "member.key").rename(away)
    assert refused("node", "card", "--node", str(node))[1]["code"] == "node.member-key-away"
    away.rename(node / "keys" / "member.key")
    view = ask("node", "card", "--node", str(node))
    assert (view["country"], view["version"]) == ("NL", 2)
    (node / "keys" / "member.key").rename(away)
    assert ask("node", "card", "--node", str(node)) == view
    assert refused("node", "card", "--renew", "--node", str(node))[1]["code"] == "node.member-key-away"


def test_init_says_what_a_name_has_to_be(tmp_path: Path) -> None:
    said = ("--name", "A", "--kind", "police")
    for member, country, place, remedy in (
        ("Seoul Police", "KR", "member", "seoul"),
        ("seoul", "Korea", "country", "KR, NL"),
    ):
        words = ("node", "init", str(tmp_path / "n"), "--member", member, "--country", country, *said)
        code, error = refused(*words)
        assert (code, error["place"]) == (2, place)
        assert remedy in error["remedy"]
    assert not (tmp_path / "n").exists()


def test_init_and_card_say_when_the_card_leads_nowhere_else(tmp_path: Path) -> None:
    node = make_node(tmp_path / "here")
    assert "note: https://127.0.0.1:8700 is this machine itself" in read("node", "card", "--node", str(node))
    there = make_node(tmp_path / "there", url="https://node.seoul.example")
    assert "note:" not in read("node", "card", "--node", str(there))
    words = ("--member", "third", "--name", "A", "--country", "KR", "--kind", "police")
    assert "partners elsewhere cannot reach it" in read("node", "init", str(tmp_path / "third"), *words)


def test_join_names_the_file_and_wants_the_whole_fingerprint(tmp_path: Path) -> None:
    here, there = make_node(tmp_path / "here"), make_node(tmp_path / "there")
    card = tmp_path / "there.card"
    spoken = ask("node", "card", "--out", str(card), "--node", str(there))["fingerprint"]
    words = ("--node", str(here))
    code, error = refused("node", "join", str(card), "--fingerprint", spoken[:19], *words)
    assert (code, error["problem"]) == (3, "a fingerprint has 64 digits in all, and 16 are given")
    broken = tmp_path / "broken.card"
    whole = card.read_bytes()
    for damaged, exit_code in (
        (whole[:200], 2),
        (b"{}", 2),
        (
            json.dumps(
                {
                    **json.loads(whole),
                    "signatures": [{**json.loads(whole)["signatures"][0], "sig": "A" * 86 + "=="}],
                }
            ).encode(),
            4,
        ),
    ):
        broken.write_bytes(damaged)
        code, error = refused("node", "join", str(broken), "--fingerprint", spoken, *words)
        assert (code, error["place"]) == (exit_code, str(broken))
        assert "sent" in error["remedy"]


def test_revoked_tokens_are_counted_in_words(tmp_path: Path) -> None:
    node = make_node(tmp_path / "seoul")
    seat(node, "kim", "analyst")
    assert "kim: 1 token or session ended" in read("node", "token", "revoke", "kim", "--node", str(node))
    assert "kim: 0 tokens and sessions ended" in read("node", "token", "revoke", "kim", "--node", str(node))
