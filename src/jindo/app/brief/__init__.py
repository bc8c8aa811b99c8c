"""The brief of a case on a few pages: the same facts as text, as one HTML file and as PDF.

    facts -> sections of blocks, in one language -> text | html | pdf

* A prosecutor reads it without knowing tracing: what was stolen, where it went, what is held, who did what and when,
  what was recalled and who was told, and what is not known.
* The same facts give the same bytes: no clock, no host.

Facts are `respond`'s; nothing is computed here but how they are said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.app.brief.document import build_document
from jindo.app.brief.text import to_text
from jindo.app.report.html import to_html
from jindo.app.report.pdf import to_pdf


def render_brief_text(facts: Mapping[str, Any], lang: str) -> str:
    """The brief as plain text."""
    return to_text(build_document(facts, lang))


def render_brief_html(facts: Mapping[str, Any], lang: str) -> str:
    """The brief as one HTML file that needs no network, no script and no other file."""
    return to_html(build_document(facts, lang))


def render_brief_pdf(facts: Mapping[str, Any], lang: str) -> bytes:
    """The brief as PDF, dated by its facts."""
    return to_pdf(build_document(facts, lang))


__all__ = ["render_brief_html", "render_brief_pdf", "render_brief_text"]
