"""The languages that Jindo speaks to people: English as written in the code, Korean from its catalogues.

* An English sentence in the code is the msgid; a catalogue (`locale/<language>/<part>.po`) says it in another language.
* Catalogues are compiled in memory, once per process: nothing is built beforehand, so nothing can be stale.
* What has no translation is said in English. A test extracts every sentence and fails where a catalogue lags.
* JSON keys, codes, log lines and evidence are never translated; only what a person reads is.
"""

from __future__ import annotations

import gettext
import pkgutil
from collections.abc import Mapping
from functools import cache
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""Code of each language, and its name in itself."""

DEFAULT = "en"
PARTS = ("web", "brief", "cli")
"""The catalogues of a language, each `locale/<language>/<part>.po`; one that does not exist is empty."""

Translator = gettext.NullTranslations
"""Has `gettext(msgid)` and `ngettext(one, many, n)`."""


def message(text: str) -> str:
    """`text` itself, marked as a sentence to extract; it is translated later, where the language is known."""
    return text


@cache
def get_translator(lang: str) -> Translator:
    """What says a sentence in `lang`; English for a language that Jindo does not speak."""
    translator = gettext.NullTranslations()
    for part in PARTS if lang in LANGUAGES and lang != DEFAULT else ():
        found = _read_catalogue(lang, part)
        if found is not None:
            found.add_fallback(translator)
            translator = found
    return translator


def negotiate_language(accept_language: str, wanted: str | None = None) -> str:
    """The language to speak: the one `wanted` if Jindo speaks it, else the best of an Accept-Language header.

    Ranges and weights are read as RFC 9110, section 12.5.4, has them; what cannot be read is passed over.
    """
    if wanted in LANGUAGES:
        return str(wanted)
    choices = [_parse_range(text) for text in accept_language[:1000].split(",")]
    for name, weight in sorted(choices, key=lambda choice: -choice[1]):
        if weight > 0 and name in LANGUAGES:
            return name
    return DEFAULT


def _read_catalogue(lang: str, part: str) -> Translator | None:
    try:
        data = pkgutil.get_data("jindo.base", f"locale/{lang}/{part}.po")
    except FileNotFoundError:
        return None
    if data is None:
        return None
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(data), locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _parse_range(text: str) -> tuple[str, int]:
    """Primary language and weight in thousandths; weight 0 where it cannot be read."""
    name, _, weight = text.strip().lower().partition(";")
    name = name.strip().split("-")[0]
    if not weight:
        return name, 1000
    key, _, value = weight.strip().partition("=")
    whole, _, part = value.strip().partition(".")
    if key.strip() != "q" or whole not in {"0", "1"} or not (part.isdecimal() or not part) or len(part) > 3:
        return name, 0
    return name, min(1000, int(whole) * 1000 + int(part.ljust(3, "0")))
