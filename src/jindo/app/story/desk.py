"""A person's desk: asks one node over its API in that person's name, and signs with that person's own key.

* A question that changes something carries a key (`Idempotency-Key`), so that it may be asked again after a crash.
* While the node is away, the desk waits and asks again; the node's refusals come back as the errors they are.
* The private key stays here. The node is handed a signature and nothing else.
"""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    NotFound,
    RefusedError,
    SourceError,
)
from jindo.seal import SigningKey, preauth_bytes

PATIENCE = 300
"""Seconds for which a node may be away, or a piece of work may take."""
_PAUSE = 0.2
_FAMILIES: Mapping[int, type[JindoError]] = {
    400: InputError,
    404: NotFound,
    409: ConflictError,
    422: InputError,
}


class Refusal(RefusedError):
    """What a node refused, in its own words."""

    code = "story.refusal"

    def __init__(self, told: str, problem: str, *, place: str, remedy: str) -> None:
        self.told = told
        """The code that the node gave."""
        super().__init__(problem, place=place, remedy=remedy)


class Desk:
    """One person at one node."""

    def __init__(self, url: str, certificate: Path, person: str, token: str, key: SigningKey | None) -> None:
        self.url, self.person, self.token = url, person, token
        self._key = key
        context = ssl.create_default_context(cafile=str(certificate))
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, verify=context, headers=headers, timeout=30, trust_env=False)

    def close(self) -> None:
        """Leave."""
        self._http.close()

    def read(self, path: str) -> dict[str, Any]:
        """What the node shows at a path of its API."""
        return self._ask("GET", path, None, "")

    def do(self, path: str, body: Mapping[str, Any] | None = None, *, once: str) -> dict[str, Any]:
        """Have the node do something, once."""
        return self._ask("POST", path, body or {}, once)

    def sign(self, statement: str) -> dict[str, Any]:
        """Sign a statement: its bytes come from the node, the signature is made here.

        Raises:
            InputError: this person has no key.
        """
        if self._key is None:
            raise InputError(f"{self.person} has no key to sign with")
        shown = self.read(f"/api/statements/{statement}")
        data = preauth_bytes(shown["payload_type"], base64.b64decode(shown["payload"]))
        sig = base64.b64encode(self._key.sign(data)).decode()
        body = {"key_id": self._key.public.key_id, "sig": sig}
        return self.do(f"/api/statements/{statement}/signatures", body, once=f"sign-{statement}")

    def refused(self, path: str, body: Mapping[str, Any] | None = None, *, once: str) -> Refusal:
        """The refusal that a node must give here.

        Raises:
            IntegrityError: it did not refuse.
        """
        try:
            self.do(path, body, once=once)
        except Refusal as refusal:
            return refusal
        raise IntegrityError(f"the node of {self.url} let through what it must refuse", place=path)

    def wait(self, path: str, ready: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """What the node shows at `path` once it is ready.

        Raises:
            SourceError: it was not ready in time.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            view = self.read(path)
            if ready(view):
                return view
            time.sleep(_PAUSE)
        raise SourceError(f"{self.person} waited {PATIENCE} seconds for {what}", place=path)

    def finish(self, job: str) -> dict[str, Any]:
        """The answer of a piece of long work, once it is done.

        Raises:
            IntegrityError: it failed for good.
        """
        view = self.wait(f"/api/jobs/{job}", lambda view: view["state"] in {"done", "failed"}, "long work")
        if view["state"] == "failed":
            raise IntegrityError(f"the work failed: {view['problem']}", place=job)
        return dict(view["answer"])

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, once: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": once} if once else {}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                if time.monotonic() > end:
                    raise SourceError("the node does not answer", place=self.url) from error
            else:
                if answer.status_code < 500 or time.monotonic() > end:
                    return _read_answer(answer, path)
            time.sleep(_PAUSE)


def _read_answer(answer: httpx.Response, path: str) -> dict[str, Any]:
    if answer.is_success:
        return dict(answer.json())
    told = answer.json().get("error", {})
    problem, remedy = str(told.get("problem", answer.status_code)), str(told.get("remedy", ""))
    if answer.status_code in {401, 403}:
        raise Refusal(str(told.get("code", "")), problem, place=path, remedy=remedy)
    raise _FAMILIES.get(answer.status_code, SourceError)(problem, place=path, remedy=remedy)
