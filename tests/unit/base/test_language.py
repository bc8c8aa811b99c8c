"""The languages: what is negotiated, what is said, and that the Korean catalogues lag nowhere."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import jindo
from jindo.base.language import (
    DEFAULT,
    LANGUAGES,
    PARTS,
    get_translator,
    message,
    negotiate_language,
)

PACKAGE = Path(jindo.__file__).parent
LOCALE = PACKAGE / "base" / "locale"
KEYWORDS = {**DEFAULT_KEYWORDS, "message": None}
METHODS = [("**.py", "python"), ("**/templates/**.j2", "jinja2")]
OPTIONS = {"**/templates/**.j2": {"silent": "false", "trimmed": "true"}}
OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")

Msgid = str | tuple[str, ...]


def extract_msgids() -> set[Msgid]:
    """Every sentence that the code and the templates say to people."""
    found = extract_from_dir(PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS)
    return {msgid for _, _, msgid, _, _ in found if msgid}


def read_catalogues(lang: str) -> Iterator[tuple[str, Catalog]]:
    for part in PARTS:
        path = LOCALE / lang / f"{part}.po"
        if path.is_file():
            yield part, read_po(BytesIO(path.read_bytes()), locale=lang, abort_invalid=True)


def texts_of(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list | tuple) else [str(value)]


def test_extraction_sees_templates_and_code() -> None:
    # Were the extraction blind, no catalogue could lag.
    found = extract_msgids()
    assert {"Skip to the content", "awaiting signature", "partly held"} <= found


@pytest.mark.parametrize("lang", OTHERS)
def test_no_sentence_lacks_a_translation(lang: str) -> None:
    translated = {
        entry.id for _, catalogue in read_catalogues(lang) for entry in catalogue if entry.id and entry.string
    }
    assert sorted(map(str, extract_msgids() - translated)) == []


@pytest.mark.parametrize("lang", OTHERS)
def test_no_translation_is_left_over(lang: str) -> None:
    said = extract_msgids()
    left = [
        f"{part}: {entry.id}"
        for part, catalogue in read_catalogues(lang)
        for entry in catalogue
        if entry.id and entry.id not in said
    ]
    assert left == []


@pytest.mark.parametrize("lang", OTHERS)
def test_no_translation_is_fuzzy_or_keeps_other_placeholders(lang: str) -> None:
    wrong = []
    for part, catalogue in read_catalogues(lang):
        for entry in catalogue:
            if not entry.id:
                continue
            wanted = {place for text in texts_of(entry.id) for place in PLACEHOLDER.findall(text)}
            given = [set(PLACEHOLDER.findall(text)) for text in texts_of(entry.string)]
            if entry.fuzzy or any(places != wanted for places in given):
                wrong.append(f"{part}: {entry.id}")
    assert wrong == []


@pytest.mark.parametrize("lang", OTHERS)
def test_catalogues_agree_with_each_other(lang: str) -> None:
    said: dict[object, object] = {}
    for _, catalogue in read_catalogues(lang):
        for entry in catalogue:
            if entry.id:
                assert said.setdefault(entry.id, entry.string) == entry.string


def test_get_translator_says_korean() -> None:
    assert get_translator("ko").gettext("Sign in") == "로그인"


@pytest.mark.parametrize("lang", ["en", "fr", "", "../ko", "KO"])
def test_get_translator_says_english_where_it_speaks_no_other(lang: str) -> None:
    assert get_translator(lang).gettext("Sign in") == "Sign in"


def test_get_translator_says_the_msgid_where_a_catalogue_has_none() -> None:
    assert get_translator("ko").gettext("no such sentence") == "no such sentence"


def test_message_gives_the_text_itself() -> None:
    assert message("Case") == "Case"


@pytest.mark.parametrize(
    ("header", "wanted", "lang"),
    [
        ("", None, "en"),
        ("ko-KR,ko;q=0.9,en;q=0.8", None, "ko"),
        ("en, ko", None, "en"),
        ("fr;q=1, en;q=0.3, ko;q=0.5", None, "ko"),
        ("de", None, "en"),
        ("ko;q=0", None, "en"),
        ("en;q=0, ko;q=0.001", None, "ko"),
        ("ko", "en", "en"),
        ("en", "ko", "ko"),
        ("ko", "tlh", "ko"),
        ("ko;q=high", None, "en"),
        ("ko;q=1.0001", None, "en"),
        (",;;q==,*;q=0.1", None, "en"),
        ("x," * 100_000 + "ko", None, "en"),
    ],
)
def test_negotiate_language_takes_the_wanted_else_the_best(
    header: str, wanted: str | None, lang: str
) -> None:
    assert negotiate_language(header, wanted) == lang
