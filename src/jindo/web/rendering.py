"""Pages: Jinja templates, in the reader's language, without scripts.

* Everything is escaped; what came from outside also cannot turn the text around it (`<bdi>` in the templates).
* The language is the one last chosen (a cookie), else the browser's.
* Times are shown in UTC and say so; amounts with every digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jindo.app import Actor, check_permission, show_asset, show_chain
from jindo.base.amounts import format_units
from jindo.base.errors import RefusedError
from jindo.base.language import LANGUAGES, get_translator, message, negotiate_language
from jindo.base.markings import Tlp
from jindo.base.times import format_time, parse_time
from jindo.web.figures import find_earliest, find_latest, pair_up, sort_statements, sum_by_asset, sum_held_now
from jindo.web.wording import meaning_of, word_of

PAGES = (
    ("/", message("Cases"), "case.read"),
    ("/requests", message("Requests"), "request.read"),
    ("/jobs", message("Jobs"), "job.read"),
    ("/audit", message("Audit trail"), "audit.read"),
)
"""Address, name, and the act that it shows."""

LANGUAGE_COOKIE = "jindo-language"
LANGUAGE_SECONDS = 365 * 86_400


def language_of(request: Request) -> str:
    """The language in which to answer with a page."""
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return negotiate_language(request.headers.get("accept-language", ""), wanted)


def list_pages(reader: Actor) -> list[tuple[str, str]]:
    """Address and name of the pages that the reader's roles open."""
    return [(address, name) for address, name, act in PAGES if _may(reader, act)]


def render_page(
    request: Request, template: str, *, status: int = 200, reader: Actor | None = None, **facts: Any
) -> HTMLResponse:
    """The page of `template` with these facts, in the reader's language."""
    lang = language_of(request)
    node = request.app.state.node
    shell = {
        "lang": lang,
        "languages": LANGUAGES,
        "path": request.url.path,
        "language_links": {code: _link_language(request, code) for code in LANGUAGES},
        "me": node.me,
        "now": node.clock(),
        "reader": reader,
        "pages": list_pages(reader) if reader else [],
    }
    text = _environment(lang).get_template(template).render(**shell, **facts)
    answer = HTMLResponse(text, status_code=status, headers={"Vary": "Accept-Language, Cookie"})
    if request.query_params.get("lang") == lang:
        _keep_language(answer, lang)
    return answer


def render_error(
    request: Request, error: Mapping[str, str], *, status: int, headers: Mapping[str, str]
) -> HTMLResponse:
    """The page that says what went wrong, and who can do what about it."""
    answer = render_page(request, "error.html.j2", status=status, error=error, status_code=status)
    answer.headers.update(headers)
    return answer


def _may(reader: Actor, act: str) -> bool:
    try:
        check_permission(reader, act)
    except RefusedError:
        return False
    return True


def _link_language(request: Request, code: str) -> str:
    """The same page in another language: what else its address asked for stays."""
    return "?" + urlencode(
        [*((k, v) for k, v in request.query_params.multi_items() if k != "lang"), ("lang", code)]
    )


def _keep_language(answer: HTMLResponse, lang: str) -> None:
    answer.set_cookie(
        LANGUAGE_COOKIE, lang, max_age=LANGUAGE_SECONDS, secure=True, httponly=True, samesite="strict"
    )


@cache
def _environment(lang: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("jindo.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(get_translator(lang), newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= FILTERS
    environment.filters["word"] = partial(word_of, translator=get_translator(lang))
    environment.filters["meaning"] = partial(meaning_of, translator=get_translator(lang))
    return environment


def show_moment(moment: int | str | None) -> Markup:
    """A time in UTC, given as unix seconds or ISO text, readable by people and programs."""
    if moment is None or moment == "":
        return Markup("–")
    iso = format_time(moment if isinstance(moment, int) else parse_time(moment))
    shown = f"{iso[:10]} {iso[11:16]} UTC"
    return Markup('<time datetime="{}">{}</time>').format(iso, shown)


def show_units(amount: str | int | None, decimals: int | None = None) -> str:
    """An amount of base units with every digit; in base units where the decimals are unknown."""
    if amount is None:
        return "–"
    whole, point, part = format_units(int(amount), decimals=decimals or 0).partition(".")
    part = part.rstrip("0")
    return f"{whole}{point}{part}" if part else whole


def find_strictest(levels: Iterable[str]) -> str:
    """The strictest of these markings: that of a page which shows them all."""
    return max((Tlp(level) for level in levels), key=lambda level: level.rank).value


def show_short(text: str, keep: int = 12) -> Markup:
    """A long hash or address: its beginning and end, the whole where it is pointed at."""
    if len(text) <= 2 * keep:
        return Markup("<code>{}</code>").format(text)
    return Markup('<code title="{}">{}…{}</code>').format(text, text[:keep], text[-6:])


def show_detail(value: Any, name: str) -> str | Markup:
    """A value of a history row's detail: times as times, hashes and ids short, lists joined."""
    if name == "expires" and isinstance(value, int):
        return show_moment(value)
    if name == "lang" and value in LANGUAGES:
        return LANGUAGES[str(value)]
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    text = str(value)
    return show_short(text, keep=8) if _LONG.fullmatch(text) else text


_LONG = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": show_moment,
    "units": show_units,
    "short": show_short,
    "asset": show_asset,
    "chain": show_chain,
    "by_asset": sum_by_asset,
    "held_now": sum_held_now,
    "earliest": find_earliest,
    "latest": find_latest,
    "pairs": pair_up,
    "in_order": sort_statements,
    "detail": show_detail,
    "strictest": find_strictest,
}
