"""Asking servers: politely, again where it helps, and every answer kept."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.rpc_server import Reply, RpcServer, serve

from jindo.base.errors import ConflictError, InputError, SourceError
from jindo.ledger.fetching import (
    AnswerTooLarge,
    ChainUnsettled,
    EvidenceList,
    FetchedSpan,
    Fetcher,
    FetchOrder,
    JsonRpc,
    KeptDamaged,
    SourceDeclined,
    SourceRefused,
    SourceSilent,
    Span,
    Walk,
    find_range,
    iter_evidence,
    iter_spans,
    name_keep,
    open_fetcher,
    parse_service_address,
)
from jindo.ledger.fetching.address import find_secrets
from jindo.ledger.fetching.keep import INDEX, iter_kept

KEY = "0123456789abcdef0123456789abcdef"


class Waiting:
    """Sleeps that take no time, and are counted."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000.0, []  # type: ignore[var-annotated]

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def tell(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[RpcServer]:
    with serve({"add": lambda a, b: a + b, "say": lambda text: text}) as running:
        yield running


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


def open_at(server: RpcServer, keep: Path, waiting: Waiting, **more: Any) -> Fetcher:
    settings: dict[str, Any] = {
        "per_second": float("inf"),
        "clock": lambda: 1_700_000_000.5,
        "monotonic": waiting.tell,
    }
    return Fetcher(more.pop("url", server.url), keep, sleep=waiting.sleep, **(settings | more))


CALL = {"jsonrpc": "2.0", "id": 0, "method": "add", "params": [1, 2]}
SUM = b'{"jsonrpc": "2.0", "id": 0, "result": 3}'


def test_what_is_kept_is_not_asked_again_and_is_there_for_the_next_process(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        assert [fetcher.post_json("", CALL) for _ in range(2)] == [SUM, SUM]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert fetcher.post_json("", CALL) == SUM
        assert len(server.requests) == 1
        assert fetcher.post_json("", CALL, fresh=True) == SUM
    assert len(server.requests) == 2


def test_an_answer_is_kept_byte_for_byte_with_what_was_asked(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.post_json("v1/rpc", CALL)
    (kept,) = iter_kept(tmp_path)
    assert (kept.request.method, kept.request.url) == ("POST", f"{server.url}/v1/rpc")
    assert json.loads(kept.request.body) == CALL
    assert (kept.time, kept.status, kept.size, kept.counts) == (1_700_000_000, 200, len(SUM), True)
    assert (tmp_path / "responses" / kept.sha256[:2] / kept.sha256).read_bytes() == SUM


def test_a_torn_last_line_never_counted(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.post_json("", CALL)
    whole = (tmp_path / INDEX).read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        (tmp_path / INDEX).write_bytes(whole + whole[:cut])
        with open_at(server, tmp_path, waiting) as fetcher:
            assert fetcher.post_json("", CALL) == SUM
        assert (tmp_path / INDEX).read_bytes() == whole
    (tmp_path / INDEX).write_bytes(whole[:-1])
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.post_json("", CALL)
    assert len(server.requests) == 2


def test_a_damaged_line_before_the_last_stops_everything(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.post_json("", CALL)
    whole = (tmp_path / INDEX).read_bytes()
    for damage in (b"{}\n", b"\0\0\0\n", whole.replace(b'"counts":true', b'"counts":1')):
        (tmp_path / INDEX).write_bytes(damage + whole)
        with pytest.raises(KeptDamaged):
            open_at(server, tmp_path, waiting)


@pytest.mark.parametrize("damage", ["other", None])
def test_a_kept_answer_that_is_not_what_came_stops_everything(
    server: RpcServer, tmp_path: Path, waiting: Waiting, damage: str | None
) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.post_json("", CALL)
        (place,) = (tmp_path / "responses").glob("*/*")
        place.unlink() if damage is None else place.write_text(damage)
        with pytest.raises(KeptDamaged):
            fetcher.post_json("", CALL)


def test_two_processes_do_not_fetch_into_one_folder(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting), pytest.raises(ConflictError):
        open_at(server, tmp_path, waiting)
    open_at(server, tmp_path, waiting).close()


def test_a_link_in_the_place_of_the_folder_is_refused(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "keep").symlink_to(tmp_path / "real")
    with pytest.raises(InputError, match="link"):
        open_at(server, tmp_path / "keep", waiting)


def test_a_server_that_wants_a_pause_gets_it(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    server.next = [
        Reply(429, b"", {"Retry-After": "7"}),
        Reply(503, b""),
        Reply(429, b"", {"Retry-After": "soon"}),
    ]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert fetcher.post_json("", CALL) == SUM
    assert waiting.slept == [7, 2, 4]
    assert [kept.counts for kept in iter_kept(tmp_path)] == [True]


def test_a_pause_too_long_to_sit_out_is_handed_on(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    server.next = [Reply(429, b"", {"Retry-After": "3600"})]
    with open_at(server, tmp_path, waiting) as fetcher, pytest.raises(SourceSilent) as caught:
        fetcher.post_json("", CALL)
    assert caught.value.retry_after == 3600
    assert (waiting.slept, len(server.requests)) == ([], 1)


def test_attempts_end(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    server.next = [Reply(500, b"")] * 9
    with open_at(server, tmp_path, waiting) as fetcher, pytest.raises(SourceSilent, match="500"):
        fetcher.post_json("", CALL)
    assert (waiting.slept, len(server.requests)) == ([1, 2, 4, 8, 16], 6)


def test_a_connection_that_is_cut_is_tried_again(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    server.next = [Reply(cut=5), Reply(cut=0)]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert fetcher.post_json("", CALL) == SUM
    assert waiting.slept == [1, 2]


def test_nobody_listening_is_a_source_error(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    with (
        open_at(server, tmp_path, waiting, url="http://127.0.0.1:9", attempts=2) as fetcher,
        pytest.raises(SourceSilent, match="ConnectError"),
    ):
        fetcher.get("x")
    assert waiting.slept == [1]


def test_requests_keep_their_distance(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    with open_at(server, tmp_path, waiting, per_second=4) as fetcher:
        for number in range(4):
            fetcher.post_json("", {**CALL, "params": [number, 0]})
    assert waiting.slept == [0.25, 0.25, 0.25]


@pytest.mark.parametrize("status", [301, 307, 400, 404])
def test_what_asking_again_would_not_change_is_not_asked_again(
    server: RpcServer, tmp_path: Path, waiting: Waiting, status: int
) -> None:
    server.next = [Reply(status, b"{}", {"Location": "http://127.0.0.1:9/"})]
    with open_at(server, tmp_path, waiting) as fetcher, pytest.raises(SourceDeclined, match=str(status)):
        fetcher.post_json("", CALL)
    assert (len(server.requests), waiting.slept) == (1, [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_door_that_is_shut_is_said(
    server: RpcServer, tmp_path: Path, waiting: Waiting, status: int
) -> None:
    server.next = [Reply(status, b"")]
    with open_at(server, tmp_path, waiting) as fetcher, pytest.raises(SourceRefused) as caught:
        fetcher.post_json("", CALL)
    assert "password" in caught.value.remedy()


def test_an_answer_that_is_too_large_is_cut_off(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    with open_at(server, tmp_path, waiting, largest=len(SUM)) as fetcher:
        assert fetcher.post_json("", CALL) == SUM
        with pytest.raises(AnswerTooLarge):
            fetcher.post_json("", {**CALL, "params": [10, 0]})


def test_an_answer_that_is_packed_is_refused(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    server.next = [Reply(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})]
    with open_at(server, tmp_path, waiting) as fetcher, pytest.raises(SourceSilent, match="packs"):
        fetcher.post_json("", CALL)
    assert server.headers[0]["accept-encoding"] == "identity"


def test_a_check_decides_what_counts(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    def check(body: bytes) -> None:
        if body != SUM:
            raise SourceSilent("later")

    server.next = [Reply(body=b"busy")]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert fetcher.post_json("", CALL, check=check) == SUM
    assert [(kept.size, kept.counts) for kept in iter_kept(tmp_path)] == [(4, False), (len(SUM), True)]


def test_a_kept_answer_that_fails_the_check_is_asked_for_again(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    def check(body: bytes) -> None:
        if body != SUM:
            raise SourceSilent("later")

    server.next = [Reply(body=b"old")]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert fetcher.post_json("", CALL) == b"old"
        assert fetcher.post_json("", CALL, check=check) == SUM
        assert fetcher.post_json("", CALL) == SUM
    assert len(server.requests) == 2


def test_credentials_reach_the_server_and_nothing_else(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    url = f"http://us%40er:pass-word@{server.host}/v3/{KEY}/?apikey=URL-SECRET"
    secrets = {"token": "PARAM-SECRET"}
    headers = {"X-Key": "HEADER-SECRET"}
    says = f"no {KEY} URL-SECRET PARAM-SECRET HEADER-SECRET pass-word"
    server.next = [Reply(), Reply(body=b"x"), Reply(error=(-32000, says)), Reply(404, b"")]
    with open_at(server, tmp_path, waiting, url=url, secrets=secrets, headers=headers, attempts=1) as fetcher:
        fetcher.post_json("", CALL)
        shown = repr(fetcher.address)
        for number in (1, 2, 3):
            with pytest.raises(SourceError) as caught:
                JsonRpc(fetcher).call("say", number)
            shown += f"{caught.value} {caught.value.remedy()} {caught.value.__cause__!r}"
    assert server.paths[0] == f"/v3/{KEY}?apikey=URL-SECRET&token=PARAM-SECRET"
    assert server.headers[0]["authorization"] == "Basic " + base64.b64encode(b"us@er:pass-word").decode()
    assert server.headers[0]["x-key"] == "HEADER-SECRET"
    shown += (tmp_path / INDEX).read_text() + " ".join(map(str, tmp_path.rglob("*")))
    for secret in (KEY, "URL-SECRET", "PARAM-SECRET", "HEADER-SECRET", "pass-word", "us@er", "us%40er"):
        assert secret not in shown


def test_a_parameter_named_like_a_key_is_not_written_down(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting) as fetcher:
        fetcher.ask("api", params={"module": "account", "apikey": "SECRET"}, body=CALL)
    (kept,) = iter_kept(tmp_path)
    assert kept.request.url == f"{server.url}/api?apikey=KEY&module=account"
    assert server.paths == ["/api?module=account&apikey=SECRET"]


@pytest.mark.parametrize(
    "text",
    [
        "ftp://secret@host",
        "file:///etc/passwd",
        "secret",
        "http://",
        "http://a b/secret",
        "http://h:99999/secret",
    ],
)
def test_what_is_no_address_is_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_service_address(text)
    assert "secret" not in f"{caught.value}{caught.value.remedy()}"


@pytest.mark.parametrize(
    ("text", "shown", "keep"),
    [
        ("http://127.0.0.1:8545/", "http://127.0.0.1:8545", "127.0.0.1_8545"),
        ("https://u:p@[::1]:80/x?k=v#f", "https://[::1]:80/x", "___1__80"),
        (f"https://rpc.example/eth/{KEY}", "https://rpc.example/eth/KEY", "rpc.example"),
        ("https://../x", "https://../x", "_"),
        ("https://h.test/v2/abc.DEF-ghi", "https://h.test/v2/KEY", "h.test"),
        ("https://h.test/rpc/k3y-12chars1/%41bc", "https://h.test/rpc/KEY/KEY", "h.test"),
        ("https://h.test/eth-rpc/mainnet", "https://h.test/eth-rpc/mainnet", "h.test"),
        (f"https://{KEY}.rpc.example/x", "https://KEY.rpc.example/x", "key.rpc.example"),
        (f"http://{56 * 'a'}.onion/api", f"http://{56 * 'a'}.onion/api", f"{56 * 'a'}.onion"),
    ],
)
def test_an_address_is_shown_without_its_secrets(text: str, shown: str, keep: str) -> None:
    address = parse_service_address(text)
    assert (address.shown, name_keep(address)) == (shown, keep)
    assert not [secret for secret in find_secrets(address, {}, (), None) if secret in shown]


# ------------------------------------------------------------------------------------------------------ JSON-RPC


def take_all(_calls: object, _results: object) -> None:
    """Every answer counts."""


def test_replies_find_their_calls_in_any_order(server: RpcServer, tmp_path: Path, waiting: Waiting) -> None:
    server.next = [Reply(backwards=True)]
    with open_at(server, tmp_path, waiting) as fetcher:
        (replies,) = JsonRpc(fetcher).batch([("add", [n, 1]) for n in range(5)], take_all)
    assert replies.results == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'[{"id": 0, "result": 1}, {"id": 1, "res',
        b'[{"id": 0, "result": 1}]',
        b'[{"id": 0, "result": 1}, {"id": 0, "result": 1}]',
        b'[{"id": 0, "result": 1}, {"id": 7, "result": 1}]',
        b'[{"id": 0, "result": 1}, {"id": 1}]',
        b'[{"id": [], "result": 1}, {"id": 1, "result": 1}]',
        b'[1, "x"]',
        b"7",
        b"null",
        b'{"id": 0, "result": NaN}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_not_to_the_calls_is_asked_for_again(
    server: RpcServer, tmp_path: Path, waiting: Waiting, body: bytes
) -> None:
    server.next = [Reply(body=body)]
    with open_at(server, tmp_path, waiting) as fetcher:
        (replies,) = JsonRpc(fetcher).batch([("add", [0, 1]), ("add", [1, 1])], take_all)
    assert (replies.results, waiting.slept) == ([1, 2], [1])


def test_a_passing_error_is_tried_again_and_another_is_not(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    server.next = [Reply(error=(-28, "Loading block index")), Reply(error=(-32000, "rate limit exceeded"))]
    with open_at(server, tmp_path, waiting) as fetcher:
        assert JsonRpc(fetcher).call("add", 1, 2) == 3
        with pytest.raises(SourceDeclined, match="does not exist") as caught:
            JsonRpc(fetcher).call("nothing")
    assert caught.value.number == -32601
    assert (waiting.slept, len(server.requests)) == ([1, 2], 4)


def test_a_server_without_batches_is_asked_one_by_one(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    server.batches = False
    with open_at(server, tmp_path, waiting) as fetcher:
        replies = JsonRpc(fetcher).batch([("add", [n, 1]) for n in range(3)], take_all)
    assert [result for each in replies for result in each.results] == [1, 2, 3]
    assert waiting.slept == []


def test_a_batch_with_too_large_an_answer_is_halved(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    with open_at(server, tmp_path, waiting, largest=300) as fetcher:
        replies = JsonRpc(fetcher).batch([("say", [letter * 50]) for letter in "abcdefgh"], take_all)
    assert "".join(result[0] for each in replies for result in each.results) == "abcdefgh"
    assert {len(each.results) for each in replies} == {2}


# ------------------------------------------------------------------------------------- evidence, ranges, the walk


def test_a_list_of_answers_gives_them_back_and_holds_no_time(
    server: RpcServer, tmp_path: Path, waiting: Waiting
) -> None:
    lists = []
    for folder, clock in (("a", 1), ("b", 2)):
        with open_at(server, tmp_path / folder, waiting, clock=lambda clock=clock: clock) as fetcher:
            answer = fetcher.ask("", body=CALL)
            evidence = EvidenceList(fetcher.keep)
            evidence.add(answer.name)
            listed = evidence.finish("the list")
        assert [kept.body for kept in iter_evidence(listed)] == [SUM]
        assert listed.sha256() == listed.path.stem
        lists.append(listed)
    assert lists[0].sha256() == lists[1].sha256()
    shutil.rmtree(tmp_path / "b" / "responses")
    with pytest.raises(KeptDamaged):
        list(iter_evidence(lists[1]))


def order(**given: Any) -> FetchOrder:
    return FetchOrder("http://127.0.0.1:9", Path("keep"), **({"from_block": 5} | given))


def test_the_last_block_has_its_confirmations() -> None:
    assert find_range(order(), 100, 12) == (5, 88)
    assert find_range(order(confirmations=0), 100, 12) == (5, 100)
    assert find_range(order(to_block=88), 100, 12) == (5, 88)
    for given in (
        {"to_block": 89},
        {"to_block": 4},
        {"from_block": None},
        {"from_block": -1},
        {"confirmations": -1},
    ):
        with pytest.raises(InputError):
            find_range(order(**given), 100, 12)


def test_spans_begin_where_they_would_in_another_range() -> None:
    spans = [(span.first, span.last) for span in iter_spans(7, 31, 10)]
    assert spans == [(7, 9), (10, 19), (20, 29), (30, 31)]


def test_user_and_password_come_from_the_url_or_the_environment_or_a_file(
    server: RpcServer, tmp_path: Path
) -> None:
    (tmp_path / "cookie").write_text("__cookie__:from-file\n")
    file = {"JINDO_RPC_USER_FILE": str(tmp_path / "cookie")}
    asked = {"cookie": (server.url, file), "name": (server.url, {**file, "JINDO_RPC_USER": "name:from-env"})}
    asked["me"] = (f"http://me:from-url@{server.host}", {**file, "JINDO_RPC_USER": "name:from-env"})
    for url, environ in asked.values():
        with open_fetcher(FetchOrder(url, tmp_path / "keeps", 0), environ) as fetcher:
            fetcher.post_json("", CALL, fresh=True)
    sent = [base64.b64decode(headers["authorization"].split()[1]).decode() for headers in server.headers]
    assert sent == ["__cookie__:from-file", "name:from-env", "me:from-url"]
    with pytest.raises(InputError, match="USER:PASSWORD"):
        open_fetcher(FetchOrder(server.url, tmp_path / "keeps", 0), {"JINDO_RPC_USER": "no-colon"})
    with pytest.raises(InputError, match="cannot be read"):
        open_fetcher(
            FetchOrder(server.url, tmp_path / "keeps", 0), {"JINDO_RPC_USER_FILE": str(tmp_path / "x")}
        )


class Branches:
    """Spans of one block from a node that changes its mind."""

    def __init__(self, old: str, new: str) -> None:
        self.kept, self.now = dict(enumerate(old)), dict(enumerate(new))
        self.fresh: list[int] = []
        self.stands: list[str] = []

    def fetch(self, span: Span, fresh: bool) -> FetchedSpan:
        if fresh or span.first not in self.kept:
            self.fresh.append(span.first)
            self.kept[span.first] = self.now[span.first]
        name = self.kept[span.first]
        parent = chr(ord(name) - 1) if name not in "Aa" else "0"
        return FetchedSpan(span, parent, name, ())

    def run(self) -> str:
        walk = Walk(self.fetch, lambda span: self.stands.append(span.tip), "node")
        for number in range(len(self.now)):
            walk.add(Span(number, number))
        walk.finish()
        return "".join(self.stands)


def test_what_was_kept_of_a_branch_that_is_gone_gives_way() -> None:
    branches = Branches(
        "abcd", "aBCDE".replace("B", "b").replace("C", "c").replace("D", "d").replace("E", "e")
    )
    assert (branches.run(), branches.fresh) == ("abcde", [4])
    branches = Branches("abXY", "abcde")
    assert branches.run() == "abcde"


def test_a_node_that_never_hangs_together_is_left() -> None:
    with pytest.raises(ChainUnsettled) as caught:
        Branches("abq", "abq").run()
    assert caught.value.retry_after == 60
