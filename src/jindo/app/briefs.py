"""The brief of a case, built for whoever may read the case, and written down as text, HTML or PDF.

* A brief is a look: it changes nothing, and whoever reads the case may have it.
* The file's ending says the form; an existing file is not overwritten.
* The marking is in every view, so that whoever passes a brief on knows how far it may go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, look
from jindo.app.brief import render_brief_html, render_brief_pdf, render_brief_text
from jindo.app.cases import find_case_id
from jindo.app.node import Node
from jindo.app.people import Actor
from jindo.base.errors import ConflictError, InputError
from jindo.base.language import LANGUAGES
from jindo.base.times import format_time
from jindo.respond import build_brief_facts

_FORMS: Mapping[str, Callable[[Mapping[str, Any], str], bytes]] = {
    ".txt": lambda facts, lang: render_brief_text(facts, lang).encode(),
    ".html": lambda facts, lang: render_brief_html(facts, lang).encode(),
    ".pdf": render_brief_pdf,
}


def build_brief(node: Node, actor: Actor, case: str, lang: str = "en") -> View:
    """The brief of a case: its facts, and its text in `lang`.

    Raises:
        InputError: Jindo does not speak this language.
        NotFound: there is no such case.
        RefusedError: the actor may not read the case.
    """
    check_language(lang)
    case_id = find_case_id(node, case)

    def do(conn: Connection) -> View:
        facts = build_brief_facts(conn, case_id, me=node.me, time=node.clock())
        return {
            "case": facts["case"]["id"],
            "number": facts["case"]["number"],
            "title": facts["case"]["title"],
            "lang": lang,
            "marking": facts["marking"],
            "as_of": format_time(facts["as_of"]),
            "facts": facts,
            "text": render_brief_text(facts, lang),
        }

    return look(node, actor, "case.read", do, case=case_id)


def write_brief(node: Node, actor: Actor, case: str, lang: str, out: Path) -> View:
    """Write the brief of a case to a file: `.txt`, `.html` or `.pdf`.

    Raises:
        InputError: the ending is another, or Jindo does not speak this language.
        ConflictError: there is a file already.
        NotFound: there is no such case.
        RefusedError: the actor may not read the case.
    """
    form = _FORMS.get(out.suffix.lower())
    if form is None:
        raise InputError("a brief is written as .txt, .html or .pdf", place=str(out))
    view = build_brief(node, actor, case, lang)
    try:
        with out.open("xb") as file:
            file.write(form(view["facts"], lang))
    except FileExistsError as error:
        raise ConflictError(
            "there is a file already", place=str(out), remedy="Choose another name."
        ) from error
    return {"case": view["case"], "path": str(out), "lang": lang, "marking": view["marking"]}


def check_language(lang: str) -> None:
    """Return only if Jindo speaks `lang`.

    Raises:
        InputError: it does not.
    """
    if lang not in LANGUAGES:
        raise InputError(
            f"there is no brief in {lang[:20]!r}",
            place="lang",
            remedy=f"Choose one of {', '.join(LANGUAGES)}.",
        )
