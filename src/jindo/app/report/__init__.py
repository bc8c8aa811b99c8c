"""The report that is handed over: one HTML file and one PDF that print the same facts.

    result, flows -> facts -> sections of blocks -> html | pdf

* Both faces draw the same blocks (`blocks`), so neither can say what the other does not.
* Amounts are exact; the page holds some hundred rows at most and names the file that has the rest.
* The same result gives the same bytes: no clock, no host, no order of a hash table.
* What the chain says, what a label asserts and what a rule decides are kept apart in words.

Nothing is computed here but sums of what the result states; tracing is `trace`'s, the result folder `app`'s.
"""

from __future__ import annotations

from typing import Any

from jindo.app.report.document import build_report
from jindo.app.report.html import to_html
from jindo.app.report.pdf import to_pdf
from jindo.app.report.wording import NOT_TRACED


def render_html(result: dict[str, Any], flows: list[dict[str, str]]) -> str:
    """The report as one HTML file that needs no network, no script and no other file.

    `result` is the content of `result.json`, `flows` the rows of `flows.csv`.
    """
    return to_html(build_report(result, flows))


def render_pdf(result: dict[str, Any], flows: list[dict[str, str]]) -> bytes:
    """The report as PDF, dated by the result's last block and not by the clock.

    `result` is the content of `result.json`, `flows` the rows of `flows.csv`.
    """
    return to_pdf(build_report(result, flows))


__all__ = ["NOT_TRACED", "render_html", "render_pdf"]
