"""The report as one HTML file.

* No script, no network, no other file: a policy in the page forbids all three, whatever the page holds.
* Everything from the result is escaped; only drawings made here go in as they are.
* It reads in light and dark, on a phone and on paper.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jindo.app.report.blocks import Report


def to_html(report: Report) -> str:
    """The report as HTML text, the same for the same report."""
    environment = Environment(
        loader=PackageLoader("jindo.app.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawing"] = Markup
    return environment.get_template("report.html.j2").render(report=report)
