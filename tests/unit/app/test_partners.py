"""Other members: taken by card and fingerprint; and what this node believes of what their nodes answer."""

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.app.nodes import add_worker, audited, introduce, make_node, one_node

from jindo.app import client as client_module
from jindo.app.certificates import build_certificate
from jindo.app.client import LogRewritten, Partner, PartnerRefused, PartnerSilent, open_partner
from jindo.app.node import Node, init_node, read_card
from jindo.app.partners import FingerprintDiffers, add_member, list_members, show_member
from jindo.app.people import RoleMissing, console, sign_in
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, RefusedError, SourceError
from jindo.seal import (
    Checkpoint,
    SigningKey,
    build_consistency_proof,
    leaf_hash,
    root_of_hashes,
    sign_checkpoint,
)
from jindo.share import MEDIA, build_card, collection_id, fingerprint, get_member


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with one_node(tmp_path / "seoul") as made:
        yield made


@pytest.fixture
def hague(tmp_path: Path) -> Iterator[Node]:
    with one_node(tmp_path / "hague", "hague") as made:
        yield made


def spoken(other: Node) -> str:
    return fingerprint(other.me.member_key)


def test_add_member_takes_a_card_whose_fingerprint_fits(node: Node, hague: Node) -> None:
    view = add_member(node, console(node), read_card(hague), fingerprint=spoken(hague))
    assert list_members(node, console(node)) == {"members": [view]}
    assert show_member(node, console(node), "hague") == view
    assert (view["id"], view["fingerprint"], view["pulled"]) == ("hague", spoken(hague), "")
    with node.store.read() as conn:
        assert get_member(conn, "hague") == hague.me
    assert audited(node)[-1] == ("console", "member.add", "hague")


def test_add_member_takes_a_card_and_a_fingerprint_however_they_are_written(node: Node, hague: Node) -> None:
    card = json.dumps(json.loads(read_card(hague)), indent=2).encode() + b"\n"
    written = spoken(hague).upper().replace(" ", ":\n")
    assert add_member(node, console(node), card, fingerprint=written)["id"] == "hague"


@pytest.mark.parametrize("cut", [0, 4, 63])
def test_add_member_refuses_another_or_a_shortened_fingerprint(node: Node, hague: Node, cut: int) -> None:
    with pytest.raises(FingerprintDiffers):
        add_member(node, console(node), read_card(hague), fingerprint=spoken(hague)[:cut])
    assert list_members(node, console(node)) == {"members": []}
    assert audited(node)[-1] == ("console", "member.add.refused", "hague")


@pytest.mark.parametrize("card", [b"", b"card", b"[]", b"{}", b"[" * 5000, b"\xff", b" " * 300_000])
def test_add_member_refuses_what_is_no_card(node: Node, card: bytes) -> None:
    with pytest.raises(InputError):
        add_member(node, console(node), card, fingerprint="0000")


def test_add_member_refuses_a_card_signed_by_another_key(node: Node, hague: Node) -> None:
    forged = build_card(hague.me, SigningKey.generate()).to_bytes()
    with pytest.raises(IntegrityError):
        add_member(node, console(node), forged, fingerprint=spoken(hague))


def test_add_member_refuses_a_known_member_with_another_key(node: Node, hague: Node, tmp_path: Path) -> None:
    introduce(node, hague)
    with one_node(tmp_path / "copy", "hague") as impostor, pytest.raises(RefusedError) as refused:
        add_member(node, console(node), read_card(impostor), fingerprint=spoken(impostor))
    assert refused.value.code == "share.member-key"
    with node.store.read() as conn:
        assert get_member(conn, "hague") == hague.me


def test_add_member_refuses_its_own_card_and_name(node: Node, tmp_path: Path) -> None:
    with one_node(tmp_path / "copy", "seoul") as namesake:
        for other in (node, namesake):
            with pytest.raises(InputError, match="this very node"):
                add_member(node, console(node), read_card(other), fingerprint=spoken(other))


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://127.0.0.1:8700"},
        {"url": "https://127.0.0.1:8700/elsewhere"},
        {"certificate": ""},
        {"certificate": "-----BEGIN CERTIFICATE-----"},
    ],
    ids=str,
)
def test_add_member_refuses_a_node_that_cannot_be_reached_safely(node: Node, change: dict[str, Any]) -> None:
    card, key = card_of("hague", **change)
    with pytest.raises(InputError):
        add_member(node, console(node), card, fingerprint=fingerprint(key.public))


def card_of(
    member: str, *, version: int = 1, key: SigningKey | None = None, **change: Any
) -> tuple[bytes, SigningKey]:
    from jindo.share import Member

    key = key or SigningKey.generate()
    said: dict[str, Any] = {
        "url": "https://127.0.0.1:8700",
        "certificate": build_certificate(member, "127.0.0.1", time=1_767_225_600).pem,
        "service_key": SigningKey.generate().public,
    }
    made = Member(
        id=member,
        name=member,
        country="NL",
        kind="agency",
        member_key=key.public,
        purposes=("investigation",),
        services=(),
        version=version,
        **{**said, **change},
    )
    return build_card(made, key).to_bytes(), key


def test_add_member_refuses_our_own_service_key_under_another_name(node: Node) -> None:
    card, key = card_of("hague", service_key=node.me.service_key)
    with pytest.raises(InputError, match="a key of this node's"):
        add_member(node, console(node), card, fingerprint=fingerprint(key.public))


def test_add_member_takes_a_newer_card_and_no_older_one(node: Node) -> None:
    first, key = card_of("hague", version=1)
    second, _ = card_of("hague", version=2, key=key, url="https://node.example.org")
    said = fingerprint(key.public)
    add_member(node, console(node), first, fingerprint=said)
    assert add_member(node, console(node), second, fingerprint=said)["url"] == "https://node.example.org"
    assert add_member(node, console(node), second, fingerprint=said)["version"] == 2
    with pytest.raises(ConflictError):
        add_member(node, console(node), first, fingerprint=said)


def test_members_are_added_by_administrators_and_seen_by_those_who_work(node: Node, hague: Node) -> None:
    analyst, _ = add_worker(node, "kim", "analyst")
    clerk, _ = add_worker(node, "lee", "intake-clerk")
    with pytest.raises(RoleMissing):
        add_member(node, analyst, read_card(hague), fingerprint=spoken(hague))
    assert list_members(node, analyst) == {"members": []}
    with pytest.raises(RoleMissing):
        list_members(node, clerk)
    with pytest.raises(NotFound):
        show_member(node, analyst, "hague")


Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def answering(body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """A server's answer, honest or not."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def page(*objects: Any, **more: Any) -> bytes:
    return json.dumps({"objects": list(objects), **more}).encode()


class Server:
    """Another member's node that answers as the test says, and remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                server.answers[self.path.partition("?")[0]](self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self.http.server_address[1]
        self.node = init_node(
            folder, member="hague", name="Hague", country="NL", kind="agency", url=f"https://127.0.0.1:{port}"
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "keys" / "tls.crt", folder / "keys" / "tls.key")
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.objects = f"/taxii2/jindo/collections/{collection_id(self.node.me)}/objects/"


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    made = Server(folder)
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()
    made.node.store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "hague") as made:
        yield made


@contextmanager
def asking(tmp_path: Path, server: Server) -> Iterator[Partner]:
    """Seoul asks; its clock is the real one, for the pass and for TLS."""
    node = init_node(tmp_path / "asking", member="seoul", name="Seoul", country="KR", kind="police")
    introduce(server.node, node)
    with open_partner(node, server.node.me) as partner:
        yield partner
    node.store.close()


def test_partner_shows_a_pass_that_the_other_node_knows(tmp_path: Path, server: Server) -> None:
    server.answers[server.objects] = answering(
        page({"id": "a"}), X_TAXII_Date_Added_Last="2026-01-01T00:00:00Z"
    )
    with asking(tmp_path, server) as partner:
        found = partner.read_page(added_after="2026-01-01T00:00:00Z", limit=7)
        scheme, _, shown = server.asked[0][1]["Authorization"].partition(" ")
        assert (scheme, sign_in(server.node, shown).id) == ("Bearer", "seoul")
    assert server.asked[0][0].endswith("?added_after=2026-01-01T00%3A00%3A00Z&limit=7")
    assert server.asked[0][1]["Accept"] == MEDIA
    assert (found.objects, found.more, found.next) == (({"id": "a"},), False, None)
    assert found.last_added == "2026-01-01T00:00:00Z"


def test_iter_pages_follows_next_to_the_end(tmp_path: Path, server: Server) -> None:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        number = int(parse_qs(urlsplit(request.path).query).get("next", ["0"])[0])
        answering(page({"n": number}, more=number < 2, next=str(number + 1)))(request)

    server.answers[server.objects] = answer
    with asking(tmp_path, server) as partner:
        assert [each.objects[0]["n"] for each in partner.iter_pages()] == [0, 1, 2]


@pytest.mark.parametrize("body", [page(more=True, next="again"), page(more=True)])
def test_iter_pages_ends_where_pages_lead_nowhere(tmp_path: Path, server: Server, body: bytes) -> None:
    server.answers[server.objects] = answering(body)
    with asking(tmp_path, server) as partner, pytest.raises(PartnerSilent, match="do not end"):
        list(partner.iter_pages())
    assert len(server.asked) <= 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"\xff",
        b'{"objects": NaN}',
        b"[" * 200_000,
        b'{"objects": {}}',
        b'{"objects": [1]}',
        b'{"objects": [], "more": "yes"}',
        b'{"objects": [], "more": true, "next": 3}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_partner_takes_no_answer_of_another_form(tmp_path: Path, server: Server, body: bytes) -> None:
    server.answers[server.objects] = answering(body)
    with asking(tmp_path, server) as partner, pytest.raises(PartnerSilent):
        partner.read_page()


@pytest.mark.parametrize(
    ("status", "wait", "error", "after"),
    [
        (503, "30", PartnerSilent, 30),
        (429, "99999", PartnerSilent, 3600),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", PartnerSilent, None),
        (500, "-1", PartnerSilent, None),
        (404, "٣", PartnerSilent, None),
        (401, "0", PartnerRefused, 1),
        (403, "5", PartnerRefused, 5),
        (302, "5", PartnerSilent, 5),
    ],
)
def test_partner_says_how_long_to_wait(
    tmp_path: Path, server: Server, status: int, wait: str, error: type[SourceError], after: int | None
) -> None:
    wait = wait.encode().decode("latin-1")
    server.answers[server.objects] = answering(
        b"", status=status, Retry_After=wait, Location="https://127.0.0.1:1/"
    )
    with asking(tmp_path, server) as partner, pytest.raises(error) as kept:
        partner.read_page()
    assert kept.value.retry_after == after


def test_partner_refuses_packed_and_endless_answers(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_PAGE", 1000)
    with asking(tmp_path, server) as partner:
        server.answers[server.objects] = answering(b"x", Content_Encoding="gzip")
        with pytest.raises(PartnerSilent, match="packed"):
            partner.read_page()
        server.answers[server.objects] = answering(page("x" * 1000))
        with pytest.raises(PartnerSilent, match="more than 1000 bytes"):
            partner.read_page()


def test_partner_does_not_wait_for_a_trickle(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and the answer never ends: neither a body nor a header may go on like that."""
    monkeypatch.setattr(client_module, "LONGEST_ANSWER", 1)
    ended = threading.Event()
    with asking(tmp_path, server) as partner:
        for start in (b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"):
            server.answers[server.objects] = trickling(start, ended)
            with pytest.raises(PartnerSilent, match="too long"):
                partner.read_page()
    ended.set()


def trickling(start: bytes, ended: threading.Event) -> Answer:
    def trickle(request: http.server.BaseHTTPRequestHandler) -> None:
        request.wfile.write(start)
        while not ended.wait(0.1):
            try:
                request.wfile.write(b"x")
            except OSError:
                return

    return trickle


def test_partner_names_a_node_that_is_not_there(tmp_path: Path, node: Node) -> None:
    away = make_node(tmp_path / "away", "hague", url="https://127.0.0.1:1")
    away.store.close()
    with open_partner(node, away.me) as partner, pytest.raises(PartnerSilent, match="hague does not answer"):
        partner.read_page()


def test_partner_speaks_to_nobody_else_under_the_name(tmp_path: Path, server: Server, node: Node) -> None:
    """Another node listens at the address: with another certificate than the card's it hears nothing."""
    port = server.http.server_address[1]
    real = make_node(tmp_path / "real", "hague", url=f"https://127.0.0.1:{port}")
    real.store.close()
    with open_partner(node, real.me) as partner, pytest.raises(PartnerSilent):
        partner.read_page()
    assert server.asked == []


def test_fetch_file_gives_all_bytes_and_no_more(tmp_path: Path, server: Server) -> None:
    path = "/files/11111111-1111-4111-8111-111111111111/f%20l%C3%B6ws.csv"
    exhibit = path.split("/")[2]
    with asking(tmp_path, server) as partner:
        server.answers[path] = answering(b"a,b\n")
        assert partner.fetch_file(exhibit, "f löws.csv", size=4) == b"a,b\n"
        with pytest.raises(IntegrityError, match="more bytes"):
            partner.fetch_file(exhibit, "f löws.csv", size=3)
        with pytest.raises(PartnerSilent, match="broke off"):
            partner.fetch_file(exhibit, "f löws.csv", size=5)
        server.answers[path] = answering(b"a,b\n", length=9)
        with pytest.raises(PartnerSilent):
            partner.fetch_file(exhibit, "f löws.csv", size=9)
        server.answers[path] = answering(b"")
        assert partner.fetch_file(exhibit, "f löws.csv", size=0) == b""


def test_fetch_file_does_not_begin_what_no_memory_holds(tmp_path: Path, server: Server) -> None:
    with asking(tmp_path, server) as partner, pytest.raises(InputError, match="larger"):
        partner.fetch_file("11111111-1111-4111-8111-111111111111", "a", size=10**12)
    assert server.asked == []


def test_fetch_file_leads_nowhere_else(tmp_path: Path, server: Server) -> None:
    server.answers["/files/..%2Fx/..%2F..%2Flog"] = answering(b"")
    with asking(tmp_path, server) as partner:
        assert partner.fetch_file("../x", "../../log", size=0) == b""


LEAVES = [leaf_hash(bytes([n])) for n in range(7)]


def note(server: Server, size: int, *, leaves: list[bytes] = LEAVES, key: SigningKey | None = None) -> str:
    checkpoint = Checkpoint("jindo/hague", size, root_of_hashes(leaves[:size]))
    return sign_checkpoint(checkpoint, key or server.node.service_key)


def serve_log(server: Server, text: str, proof: Sequence[bytes] = ()) -> None:
    server.answers["/log/checkpoint"] = answering(text.encode())
    server.answers["/log/consistency"] = answering(
        json.dumps({"proof": [each.hex() for each in proof]}).encode()
    )


def test_follow_log_takes_a_log_that_grew(tmp_path: Path, server: Server) -> None:
    with asking(tmp_path, server) as partner:
        serve_log(server, note(server, 3))
        first = partner.follow_log(None)
        assert partner.follow_log(first) == first
        serve_log(server, note(server, 7), build_consistency_proof(LEAVES, 3))
        assert partner.follow_log(first) == note(server, 7)
        assert server.asked[-1][0] == "/log/consistency?old=3&new=7"
        assert partner.follow_log(note(server, 0)) == note(server, 7)


def test_follow_log_refuses_a_log_that_was_cut_or_rewritten(tmp_path: Path, server: Server) -> None:
    other = [leaf_hash(b"other"), *LEAVES[1:]]
    known = note(server, 3)
    with asking(tmp_path, server) as partner:
        for text, proof in (
            (note(server, 2), []),
            (note(server, 0), []),
            (note(server, 3, leaves=other), []),
            (note(server, 7, leaves=other), build_consistency_proof(other, 3)),
            (note(server, 7), []),
        ):
            serve_log(server, text, proof)
            with pytest.raises(LogRewritten):
                partner.follow_log(known)


def test_follow_log_refuses_what_the_member_did_not_sign(tmp_path: Path, server: Server) -> None:
    with asking(tmp_path, server) as partner:
        serve_log(server, note(server, 3, key=SigningKey.generate()))
        with pytest.raises(IntegrityError):
            partner.follow_log(None)


@pytest.mark.parametrize("proof", ["x", [1], ["zz"], ["00"] * 200, None], ids=str)
def test_read_consistency_takes_no_proof_of_another_form(tmp_path: Path, server: Server, proof: Any) -> None:
    server.answers["/log/consistency"] = answering(json.dumps({"proof": proof}).encode())
    with asking(tmp_path, server) as partner, pytest.raises(PartnerSilent):
        partner.read_consistency(1, 2)
