"""The record of decisions: each one is listed, numbered without a gap, and says what it costs."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "adr"
RECORDS = sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]-*.md"))
HEADINGS = ["Context", "Options", "Choice", "Cost"]


def test_adr_numbers_have_no_gap() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(len(RECORDS)))


def test_adr_index_lists_every_record_once() -> None:
    listed = re.findall(r"\]\((\d{4}-[^)]+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == [record.name for record in RECORDS]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_adr_has_its_headings(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_adr_title_is_the_index_entry(record: Path) -> None:
    title = record.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert f"[{title}]({record.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
