"""The catalogue: one table of formats, from which everything else that names one takes it."""

import re
from pathlib import Path

import pytest

from jindo.base.errors import InputError
from jindo.ledger import FORMATS, import_source
from jindo.ledger.sources import CATALOGUE, check_options, get_format

DOCS = Path(__file__).parents[3] / "docs"


def test_every_format_reads_one_way() -> None:
    for entry in CATALOGUE.values():
        ways = [entry.stage is not None, entry.read is not None, entry.raw_blocks]
        assert ways.count(True) == 1, entry.name
        assert (entry.kind == "account") is (entry.stage is not None)


def test_every_format_says_in_one_sentence_what_it_expects() -> None:
    for entry in CATALOGUE.values():
        assert re.fullmatch(r"[^\n]{20,140}\.", entry.expects), entry.name


def test_formats_are_those_of_the_catalogue() -> None:
    assert tuple(CATALOGUE) == FORMATS


def test_get_format_names_every_format_and_what_those_alike_expect(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no format 'aws'") as caught:
        import_source("x.csv", format="aws", into=tmp_path)
    assert [name for name in FORMATS if name not in caught.value.remedy()] == []
    with pytest.raises(InputError) as caught:
        import_source("x.csv", format="aws_btc", into=tmp_path)
    assert f"aws-btc expects {CATALOGUE['aws-btc'].expects}" in caught.value.remedy()


def test_check_options_names_the_formats_that_an_option_belongs_to() -> None:
    with pytest.raises(InputError, match="the option decimals belongs to the format transfers, not to cryo"):
        check_options(get_format("cryo"), {"decimals": 2})
    check_options(get_format("transfers"), {"decimals": 2, "asset": "x", "columns": {"to": "y"}})
    check_options(get_format("cryo"), {"decimals": None, "asset": None, "columns": {}})


@pytest.mark.parametrize("page", ["howto/import-chain-data.md", "reference/formats.md"])
def test_the_pages_on_formats_have_every_one_with_what_it_expects(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in text] == []
    if page.startswith("reference"):
        rows = [f"| `{entry.name}` | {entry.kind} | {entry.expects} |" for entry in CATALOGUE.values()]
        assert [row for row in rows if row not in text] == []
