"""The generated reference says what the code does; where it lags, `make docs` writes it again."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "reference"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_what_the_code_says(generate: ModuleType) -> None:
    for name, text in generate.build_pages().items():
        assert (REFERENCE / name).read_text(encoding="utf-8") == text, f"{name} lags: run make docs"


def test_every_command_has_a_published_schema(generate: ModuleType) -> None:
    names = {"-".join(path[1:]) for path, _ in generate.iter_commands()}
    assert names <= {path.stem for path in (REFERENCE / "schemas").glob("*.json")}


def test_no_schema_is_left_over(generate: ModuleType) -> None:
    published = {f"schemas/{path.name}" for path in (REFERENCE / "schemas").iterdir()}
    assert published <= set(generate.build_pages())


def test_every_command_has_json(generate: ModuleType) -> None:
    options = {
        path: {o for p in command.params for o in p.opts} for path, command in generate.iter_commands()
    }
    assert [path for path, names in options.items() if "--json" not in names] == []


def test_every_command_and_option_is_explained(generate: ModuleType) -> None:
    silent = [
        (path, parameter.name)
        for path, command in generate.iter_commands()
        for parameter in command.params
        if not parameter.help
    ]
    assert silent == []


@pytest.mark.parametrize("path", sorted((REFERENCE / "schemas").glob("*.json")), ids=lambda path: path.stem)
def test_schema_is_a_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_worlds_page_names_every_world() -> None:
    from jindo.app import WORLDS

    page = (REFERENCE / "worlds.md").read_text(encoding="utf-8")
    assert [recipe.name for recipe in WORLDS if f"## `{recipe.name}`" not in page] == []
