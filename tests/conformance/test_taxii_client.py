"""Our TAXII by others' clients: taxii2-client 2.3.0 and stix2's TAXIICollectionSource, over real TLS on loopback.

* The clients are as they come from the package index; what they need is a URL, a certificate and a token.
* What they read passes stix2-validator (STIX 2.1, strict; check 103 is off, see `test_stix_faces`).
* They see what was published for them, all of it, once, and nothing of what the gate denied or another was given.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import stix2
import stix2validator
from stix2.datastore.taxii import TAXIICollectionSource
from taxii2client.common import TokenAuth
from taxii2client.exceptions import AccessError
from taxii2client.v21 import Collection, Server, as_pages
from tests.unit.web.nodes import (
    MIXER,
    Desk,
    build_node,
    introduce,
    lay_trace,
    open_case,
    serving,
    staff,
    take_port,
)

from jindo import app
from jindo.share import MEDIA, collection_id, find_envelope

PAGE = 3


@dataclass(frozen=True, slots=True)
class Served:
    """A node that serves, and what a partner's ordinary client is given to read it."""

    seoul: Desk
    url: str
    certificate: str
    tokens: dict[str, str]
    case: str
    clients: list[Server | Collection] = field(default_factory=list)

    def server(self, member: str = "hague") -> Server:
        auth = TokenAuth(self.tokens[member])
        return self.keep(Server(f"{self.url}/taxii2/", auth=auth, verify=self.certificate))

    def keep(self, client: Any) -> Any:
        """A client that is closed before the server."""
        self.clients.append(client)
        return client

    def collection(self, member: str = "hague") -> Collection:
        root = self.keep(self.server(member).api_roots[0])
        collection: Collection = root.collections[0]
        return collection

    def get(self, path: str, **headers: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens['hague']}", "Accept": MEDIA, **headers}
        return requests.get(f"{self.url}{path}", headers=headers, verify=self.certificate, timeout=30)


@pytest.fixture(scope="module", autouse=True)
def _own_trust() -> Iterator[None]:
    """requests puts these before the certificate that a session is given; another machine's may be set."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("taxii")
    listener = take_port()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    seoul, others = build_nodes(folder, url)
    case = tell(seoul)
    owner = app.console(seoul.node)
    tokens = {
        member: app.issue_token(seoul.node, owner, subject=member, kind="member")["token"]
        for member in ("hague", "coinbay")
    }
    with serving(seoul.node, listener) as address:
        assert address == url
        served = Served(seoul, url, str(seoul.node.folder / "keys" / "tls.crt"), tokens, case)
        yield served
        for client in served.clients:
            client.close()
    for node in (seoul.node, *others):
        node.store.close()


def build_nodes(folder: Path, url: str) -> tuple[Desk, list[Any]]:
    seconds = count(int(time.time()) - 3_600)

    def now() -> int:
        """A clock that goes on whenever it is read: a recall comes after what it recalls."""
        return next(seconds)

    seoul = build_node(
        folder / "seoul", "seoul", name="Seoul Police", country="KR", kind="police", url=url, clock=now
    )
    hague = build_node(folder / "hague", "hague", name="Cyber Agency", country="NL", kind="agency", clock=now)
    bay = build_node(
        folder / "bay",
        "coinbay",
        name="Coinbay",
        country="MT",
        kind="exchange",
        services=("Coinbay",),
        clock=now,
    )
    introduce(seoul, hague, bay)
    return staff(seoul), [hague, bay]


def tell(desk: Desk) -> str:
    """A case with a trace, a label that is recalled, a request; and a note that is marked RED."""
    node, analyst = desk.node, desk.people["analyst"]
    case = open_case(desk)
    lay_trace(desk, case, id="7b1a2f0e-0000-4000-8000-000000000001")
    app.add_note(node, analyst, case, title="The informant's word", text="Not to be told.", tlp="RED")
    for statement in app.share_case(node, analyst, case, to=["hague", "coinbay"])["statements"]:
        desk.sign(statement["id"], "analyst")
    label = app.draft_label(
        node,
        analyst,
        case,
        addresses=[MIXER],
        service="Whirlwind",
        kind="mixer",
        tlp="GREEN",
        reason="seized server",
        to=["hague"],
    )["statement"]["id"]
    desk.sign(label, "analyst", "liaison")
    recall = app.draft_recall(node, analyst, label, reason="wrong wallet")["statement"]["id"]
    desk.sign(recall, "analyst", "liaison", "prosecutor")
    fields = {"rank": "Inspector", "contact": "cyber@police.example", "alternative": "+82 2 000"}
    request = app.draft_request(node, analyst, case, addressee="coinbay", kind="freeze", fields=fields)
    desk.sign(request["statement"]["id"], "analyst", "prosecutor")
    app.send_request(node, analyst, request["id"])
    return case


def read_all(collection: Collection, **filters: Any) -> list[dict[str, Any]]:
    """Every object, page after page."""
    pages = as_pages(collection.get_objects, per_request=PAGE, **filters)
    return [item for page in pages for item in page.get("objects", [])]


def validate(objects: list[dict[str, Any]]) -> list[str]:
    options = stix2validator.ValidationOptions(version="2.1", strict=True, disabled=["103"])
    bundle_id = "bundle--7b1a2f0e-0000-4000-8000-00000000000b"
    bundle = {"type": "bundle", "id": bundle_id, "objects": objects}
    result = stix2validator.validate_string(json.dumps(bundle), options)
    return [str(each) for each in (*result.errors, *result.warnings)]


def test_client_discovers_the_root_and_its_one_collection(served: Served) -> None:
    server = served.server()
    for root in server.api_roots:
        served.keep(root)
    assert "Seoul Police" in server.title
    assert [root.url for root in server.api_roots] == [f"{served.url}/taxii2/jindo/"]
    assert server.default.url == server.api_roots[0].url
    assert MEDIA in server.default.versions
    (collection,) = server.default.collections
    assert (collection.can_read, collection.can_write) == (True, False)


def test_client_signs_in_with_name_and_password(served: Served) -> None:
    url = served.collection().url
    password = served.tokens["hague"]
    collection = served.keep(Collection(url, user="hague", password=password, verify=served.certificate))
    assert collection.get_objects(limit=1)["objects"]


def test_client_reads_every_object_once_in_pages(served: Served) -> None:
    collection = served.collection()
    pages = list(as_pages(collection.get_objects, per_request=PAGE))
    assert len(pages) > 3
    assert {len(page["objects"]) for page in pages[:-1]} == {PAGE}
    assert [page.get("more", False) for page in pages] == [True] * (len(pages) - 1) + [False]
    read = [item["id"] for page in pages for item in page["objects"]]
    assert len(read) == len(set(read))
    whole = collection.get_objects(limit=1000)
    assert [item["id"] for item in whole["objects"]] == read
    assert "more" not in whole


def test_what_the_client_reads_passes_the_validator(served: Served) -> None:
    for member in ("hague", "coinbay"):
        objects = read_all(served.collection(member))
        assert objects
        assert validate(objects) == []


def test_client_sees_what_was_told_to_it_and_nothing_else(served: Served) -> None:
    told = {member: json.dumps(read_all(served.collection(member))) for member in ("hague", "coinbay")}
    assert "Theft from an exchange" in told["hague"]
    assert not [text for text in told.values() if "informant" in text.lower()]
    carriers = {
        member: [found for item in read_all(served.collection(member)) if (found := find_envelope(item))]
        for member in told
    }
    kinds = {
        member: sorted(json.loads(envelope.payload)["kind"] for envelope, _ in found)
        for member, found in carriers.items()
    }
    assert kinds == {"hague": ["case", "exhibit", "label", "recall"], "coinbay": ["request"]}


def test_manifest_lists_what_the_objects_are(served: Served) -> None:
    collection = served.collection()
    listed = [
        entry
        for page in as_pages(collection.get_manifest, per_request=PAGE)
        for entry in page.get("objects", [])
    ]
    assert [entry["id"] for entry in listed] == [item["id"] for item in read_all(collection)]
    added = [entry["date_added"] for entry in listed]
    assert added == sorted(set(added))
    assert {entry["media_type"] for entry in listed} == {"application/stix+json;version=2.1"}


def test_client_reads_only_what_is_new_since_it_last_asked(served: Served) -> None:
    collection = served.collection()
    entries = collection.get_manifest(limit=1000)["objects"]
    half = entries[len(entries) // 2]
    later = read_all(collection, added_after=half["date_added"])
    assert [item["id"] for item in later] == [entry["id"] for entry in entries[len(entries) // 2 + 1 :]]
    assert collection.get_objects(added_after=entries[-1]["date_added"]) == {}


def test_client_reads_one_object_its_versions_and_a_type(served: Served) -> None:
    collection = served.collection()
    incidents = read_all(collection, type="incident")
    assert {item["type"] for item in incidents} == {"incident"}
    one = incidents[0]["id"]
    assert collection.get_object(one)["objects"] == [incidents[0]]
    versions = collection.object_versions(one)["versions"]
    assert incidents[0]["modified"][:19] in [version[:19] for version in versions]
    with pytest.raises(requests.HTTPError) as refused:
        collection.get_object("incident--00000000-0000-4000-8000-000000000000")
    assert refused.value.response is not None
    assert refused.value.response.status_code == 404


def test_recall_shows_to_an_ordinary_client_as_a_revoked_version(served: Served) -> None:
    collection = served.collection()
    revoked = [item for item in read_all(collection) if item.get("revoked")]
    assert revoked
    for item in revoked:
        versions = read_all(collection, id=item["id"], version="all")
        assert sorted(version.get("revoked", False) for version in versions) == [False, True]
        assert len(collection.object_versions(item["id"])["versions"]) == 2


def test_stix2_reads_the_collection_as_a_source(served: Served) -> None:
    source = TAXIICollectionSource(served.collection(), items_per_page=PAGE)
    year = time.gmtime().tm_year
    incidents = source.query([stix2.Filter("type", "=", "incident")])
    assert [found.name for found in incidents] == [f"SEOUL-{year}-1: Theft from an exchange's cold wallet"]
    assert source.get(incidents[0].id) == incidents[0]
    assert source.get("incident--00000000-0000-4000-8000-000000000000") is None
    assert {found.id for found in source.all_versions(incidents[0].id)} == {incidents[0].id}
    assert len(source.query()) == len(read_all(served.collection()))


def test_client_writes_and_deletes_nothing(served: Served) -> None:
    collection = served.collection()
    before = read_all(collection)
    with pytest.raises(AccessError):
        collection.add_objects({"objects": before[:1]})
    url = f"{collection.objects_url}"
    headers = {"Authorization": f"Bearer {served.tokens['hague']}", "Accept": MEDIA, "Content-Type": MEDIA}
    asked: list[tuple[str, str]] = [("POST", url), ("DELETE", f"{url}{before[0]['id']}/")]
    for method, place in asked:
        answer = requests.request(
            method,
            place,
            headers=headers,
            data=json.dumps({"objects": []}),
            verify=served.certificate,
            timeout=30,
        )
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == MEDIA
    assert read_all(collection) == before


def test_answers_carry_the_headers_of_the_standard(served: Served) -> None:
    path = served.collection().objects_url.removeprefix(served.url)
    answer = served.get(f"{path}?limit=2")
    assert answer.headers["Content-Type"] == MEDIA
    first, last = (answer.headers[f"X-TAXII-Date-Added-{name}"] for name in ("First", "Last"))
    assert first < last
    following = served.get(f"{path}?limit=2&next={answer.json()['next']}")
    assert following.headers["X-TAXII-Date-Added-First"] > last


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA, 200),
        ("application/taxii+json", 200),
        ("text/html, application/taxii+json; version=2.1;q=0.5", 200),
        ("*/*", 200),
        ("application/taxii+json;version=2.0", 406),
        ("application/vnd.oasis.taxii+json; version=2.0", 406),
        ("application/json", 406),
        ("text/html", 406),
    ],
)
def test_other_media_types_are_not_acceptable(served: Served, accept: str, status: int) -> None:
    answer = served.get("/taxii2/", Accept=accept)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == MEDIA


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "next=x",
        "added_after=today",
        "match[colour]=red",
        "match[id]=1",
        "limit=1&limit=2",
    ],
)
def test_filter_of_the_wrong_form_is_a_bad_request(served: Served, query: str) -> None:
    path = served.collection().objects_url.removeprefix(served.url)
    answer = served.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["http_status"] == "400"


def test_collection_of_another_member_is_not_there(served: Served) -> None:
    ours, theirs = collection_id(served.seoul.node.me), "00000000-0000-4000-8000-000000000000"
    for rest in ("", "objects/", "manifest/"):
        assert served.get(f"/taxii2/jindo/collections/{ours}/{rest}").status_code == 200
        assert served.get(f"/taxii2/jindo/collections/{theirs}/{rest}").status_code == 404
