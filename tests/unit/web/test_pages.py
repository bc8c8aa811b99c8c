"""The pages: sign in and out, in two languages, without scripts, whatever a case is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import httpx
import pytest
import typer
from fastapi.testclient import TestClient
from tests.unit.web.filled import build_desks, fill
from tests.unit.web.nodes import Desk, build_node, open_case, staff

from jindo import app
from jindo.base.language import LANGUAGES, get_translator
from jindo.cli import commands
from jindo.web import build_web
from jindo.web.rendering import find_strictest, show_detail
from jindo.web.signing_in import choose_page
from jindo.web.wording import word_of

ORIGIN = "https://127.0.0.1:8700"
SESSION = "__Host-jindo-session"
NASTY = "<script>alert(1)</script>\"'&{{ 7*7 }} <b>bold</b>"
PAGES = ("/", "/cases/{case}", "/requests", "/requests/{request}", "/jobs")


@dataclass(frozen=True, slots=True)
class Opened:
    """A node with a case, and the ids of its pages."""

    desk: Desk
    places: dict[str, str]

    def client(self) -> httpx.Client:
        return TestClient(build_web(self.desk.node), base_url=ORIGIN, follow_redirects=False)

    def signed_in(self, role: str = "analyst") -> httpx.Client:
        client = self.client()
        answer = sign_in(client, self.desk.tokens[role])
        assert answer.status_code == 303
        return client


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    desks = build_desks(tmp_path_factory.mktemp("pages"))
    yield Opened(desks[0], fill(desks[0]))
    for desk in desks:
        desk.node.store.close()


def sign_in(client: httpx.Client, token: str, *, origin: str = ORIGIN, to: str = "/") -> httpx.Response:
    return client.post("/sign-in", data={"token": token, "next": to}, headers={"Origin": origin})


@dataclass
class Page(HTMLParser):
    """What of a page matters here: its tags, ids, labels and language."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read_page(answer: httpx.Response) -> Page:
    page = Page()
    page.feed(answer.text)
    return page


def test_sign_in_gives_an_opaque_cookie_that_scripts_cannot_read(opened: Opened) -> None:
    answer = sign_in(opened.client(), opened.desk.tokens["analyst"])
    cookie = answer.headers["Set-Cookie"]
    assert answer.headers["Location"] == "/"
    assert cookie.startswith(f"{SESSION}=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "secure",
        "samesite=strict",
        "path=/",
    }
    assert opened.desk.tokens["analyst"] not in cookie


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8700"])
def test_forms_count_from_our_own_pages_only(opened: Opened, origin: str) -> None:
    with opened.signed_in() as client:
        assert sign_in(client, opened.desk.tokens["analyst"], origin=origin).status_code == 403
        assert client.post("/sign-out", headers={"Origin": origin}).status_code == 403
        assert client.get("/").status_code == 200


def test_wrong_token_is_told_on_the_form_and_repeated_nowhere(opened: Opened) -> None:
    with opened.client() as client:
        answer = sign_in(client, "jindo_wrong-token")
    assert answer.status_code == 401
    assert "does not count" in answer.text
    assert "wrong-token" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_sign_out_ends_the_session_also_where_its_cookie_was_copied(opened: Opened) -> None:
    with opened.signed_in() as client:
        copied = client.cookies[SESSION]
        assert client.post("/sign-out", headers={"Origin": ORIGIN}).status_code == 303
        client.cookies.set(SESSION, copied, domain="127.0.0.1", path="/")
        assert client.get("/").status_code == 303


def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(opened: Opened) -> None:
    with opened.client() as client:
        answer = client.get("/requests")
        assert answer.headers["Location"] == "/sign-in?next=%2Frequests"
        page = read_page(client.get(answer.headers["Location"]))
        assert {"type": "hidden", "name": "next", "value": "/requests"} in page.all("input")
        assert (
            sign_in(client, opened.desk.tokens["analyst"], to="/requests").headers["Location"] == "/requests"
        )


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/api/cases", "/cases/../x", "", "/a\nb"],
)
def test_sign_in_leads_to_no_other_place(wanted: str) -> None:
    assert choose_page(wanted) == "/"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_in_each_language(opened: Opened, path: str, lang: str) -> None:
    with opened.signed_in() as client:
        answer = client.get(path.format(**opened.places), params={"lang": lang})
        page = read_page(answer)
        assert answer.status_code == 200
        assert page.all("html") == [{"lang": lang}]
        assert len(page.all("h1")) == len(page.all("main")) == 1
        assert not page.all("script")
        assert not [
            one for _, one in page.tags if "style" in one or any(name.startswith("on") for name in one)
        ]
        assert page.all("link") == [{"rel": "stylesheet", "href": "/static/style.css"}]
        assert page.all("a")[0] == {"class": "skip", "href": "#main"}
        ids = [one["id"] for _, one in page.tags if "id" in one]
        assert len(ids) == len(set(ids))
        heads = [one for one in page.all("th") if "scope" not in one]
        assert heads == []
        # The language stays chosen.
        assert read_page(client.get("/")).all("html") == [{"lang": lang}]


def test_korean_browser_gets_korean(opened: Opened) -> None:
    with opened.client() as client:
        answer = client.get("/sign-in", headers={"Accept-Language": "ko-KR,ko;q=0.9"})
    assert "로그인" in answer.text


def test_every_field_of_a_form_has_a_label(opened: Opened) -> None:
    with opened.client() as client:
        page = read_page(client.get("/sign-in"))
    labelled = {one["for"] for one in page.all("label")}
    assert {one["id"] for one in page.all("input") if one.get("type") != "hidden"} == labelled


def test_case_page_tells_what_happened(opened: Opened) -> None:
    with opened.signed_in() as client:
        text = client.get(f"/cases/{opened.places['case']}").text
    for told in (
        "401,346.768858404",  # stolen, with every digit
        "Coinbay",
        "f1" * 32,  # the hash of the findings
        "not acknowledged",
        "wrong wallet",  # why the label was recalled
        "signed, not sent",
        "Case opened",
    ):
        assert told in text


def test_what_people_wrote_is_shown_as_text(opened: Opened) -> None:
    case = open_case(opened.desk, title=NASTY, summary=NASTY, legal_basis=NASTY)
    with opened.signed_in() as client:
        for path in ("/", f"/cases/{case}"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert not read_page(answer).all("script")
            assert not read_page(answer).all("b")
            assert "{{ 7*7 }}" in answer.text


def test_empty_pages_say_what_to_do_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = staff(
        build_node(tmp_path_factory.mktemp("empty") / "n", "busan", name="B", country="KR", kind="police")
    )
    with Opened(desk, {}).signed_in() as client:
        for path, told in (
            ("/", "jindo case open"),
            ("/requests", "jindo request draft"),
            ("/jobs", "jindo case trace"),
        ):
            assert told in client.get(path).text
    desk.node.store.close()


def test_reader_sees_the_pages_of_their_roles(opened: Opened) -> None:
    with opened.signed_in("admin") as client:
        assert client.get("/").headers["Location"] == "/jobs"
        links = {one["href"] for one in read_page(client.get("/jobs")).all("a")}
    assert {"/jobs", "/audit"} <= links
    assert not {"/requests"} & links


def test_audit_trail_is_shown_a_page_at_a_time(opened: Opened) -> None:
    with opened.signed_in("auditor") as client:
        assert "session.open" in client.get("/audit").text
        assert "There are no rows here." in client.get("/audit", params={"after": 10**6}).text


@pytest.mark.parametrize("path", ["/nothing", f"/requests/{'0' * 8}-0000-4000-8000-{'0' * 12}"])
def test_page_that_is_not_there_says_so(opened: Opened, path: str) -> None:
    with opened.signed_in() as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert read_page(answer).all("h1")


def test_page_of_a_case_that_is_not_there_does_not_say_so(opened: Opened) -> None:
    with opened.signed_in() as client:
        assert client.get("/cases/none").status_code == 403


def test_style_sheet_takes_nothing_from_elsewhere(opened: Opened) -> None:
    with opened.client() as client:
        answer = client.get("/static/style.css")
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "url(" not in answer.text
    assert "@import" not in answer.text
    assert "prefers-color-scheme: dark" in answer.text


def test_commands_that_pages_name_exist() -> None:
    words = resources.files("jindo.base").joinpath("locale/ko/web.po").read_text(encoding="utf-8")
    named = set(re.findall(r"jindo ((?:[a-z]+ )+)", re.sub(r"[^a-z\s]", " | ", words.replace('"', " "))))
    assert named
    assert [text for text in sorted(named) if not is_command(text.split())] == []


def is_command(words: list[str]) -> bool:
    """Whether these words call a command; what follows a command is its own."""
    found: Any = typer.main.get_command(commands)
    for word in words:
        if not hasattr(found, "get_command"):
            return True
        found = found.get_command(None, word)
        if found is None:
            return False
    return True


def test_session_of_a_person_who_left_opens_nothing(opened: Opened) -> None:
    node, owner = opened.desk.node, app.console(opened.desk.node)
    app.add_person(node, owner, id="gone", name="Gone", roles=["analyst"])
    client = opened.client()
    sign_in(client, app.issue_token(node, owner, subject="gone")["token"])
    assert client.get("/").status_code == 200
    app.retire_person(node, owner, "gone")
    assert client.get("/").status_code == 303


def test_language_link_keeps_what_the_address_asked_for(opened: Opened) -> None:
    page = read_page(opened.client().get("/sign-in", params={"next": "/requests", "lang": "en"}))
    assert "?next=%2Frequests&lang=ko" in [link.get("href") for link in page.all("a")]
    page = read_page(opened.client().get("/sign-in?next=/requests&lang=ko"))
    assert {"type": "hidden", "name": "next", "value": "/requests"} in page.all("input")


def test_case_page_is_marked_as_strictly_as_what_is_on_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = staff(
        build_node(tmp_path_factory.mktemp("red") / "seoul", "seoul", name="S", country="KR", kind="police")
    )
    case = open_case(desk)
    with TestClient(build_web(desk.node), base_url=ORIGIN, follow_redirects=False) as client:
        sign_in(client, desk.tokens["analyst"])
        assert "TLP:RED" not in client.get(f"/cases/{case}").text
        app.add_note(desk.node, desk.people["analyst"], case, "Heard", "as told", "RED")
        page = client.get(f"/cases/{case}").text
    head = page[page.index("<h1>") : page.index('class="contents"')]
    assert '<span class="tlp tlp-red">TLP:RED</span>' in head
    assert "the case itself is TLP:" in head
    desk.node.store.close()


def test_find_strictest_goes_by_rank() -> None:
    assert find_strictest(["AMBER", "RED", "CLEAR"]) == "RED"
    assert find_strictest(["AMBER+STRICT", "AMBER"]) == "AMBER+STRICT"


@pytest.mark.parametrize(
    "code", ["case-exported", "lang", "left_out", "mixer", "exchange deposit", "investigation"]
)
def test_codes_of_pages_have_words_in_korean(code: str) -> None:
    assert word_of(code, get_translator("ko")) != code


def test_detail_of_a_row_says_its_language_by_name() -> None:
    assert show_detail("en", "lang") == LANGUAGES["en"]


def test_request_page_names_chains_as_people_do(opened: Opened) -> None:
    with opened.signed_in() as client:
        page = client.get("/requests/{request}".format(**opened.places)).text
    assert "<code>eip155:1</code>" not in page
    assert '<span title="eip155:1">' in page
