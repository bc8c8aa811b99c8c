"""The shape of the package: rooms, doors, names.

* A room is entered by its door: an `__init__.py` of a docstring and re-exports, all of them in `__all__`.
* A class name is used once in the package, and every module says what it is.
* Rooms that decide open no file, socket or clock. What counts value knows no floats.

The order of the rooms is the import contract's (`lint-imports`).
"""

import ast
import importlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import jindo

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "jindo"
ROOMS = (
    *("base", "seal", "store", "ledger", "trace", "intel", "intake", "link", "share", "respond", "assess"),
    *("sim", "app", "web", "cli"),
)
BANNED = {"utils", "util", "common", "helpers", "core", "manager", "misc"}
DECIDING = ("base", "seal", "trace")
EXACT = ("base/amounts.py", "trace")
"""Where value is counted: a float here would round an amount."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def doors() -> list[Path]:
    """Each room's own `__init__.py`; `base` is exempt."""
    return [PACKAGE / room / "__init__.py" for room in ROOMS if room != "base" and (PACKAGE / room).is_dir()]


def dotted_calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def modules_in(*places: str) -> list[Path]:
    return [m for m in MODULES if any(name_of(m) == p or name_of(m).startswith(f"{p}/") for p in places)]


def test_package_is_the_one_in_this_tree() -> None:
    assert [Path(place) for place in jindo.__path__] == [PACKAGE]


def test_rooms_are_the_ones_of_the_architecture() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders <= set(ROOMS)


def test_no_module_has_a_banned_name() -> None:
    assert [name_of(m) for m in MODULES if BANNED & {m.stem, *m.relative_to(PACKAGE).parts[:-1]}] == []


@pytest.mark.parametrize("door", doors(), ids=name_of)
def test_door_holds_a_docstring_and_re_exports_only(door: Path) -> None:
    assert door.is_file()
    tree = tree_of(door)
    assert ast.get_docstring(tree)
    # A lazy door may define __getattr__, so that heavy imports load where they are used.
    odd = [node for node in tree.body[1:] if not is_re_export(node)]
    assert [ast.unparse(node) for node in odd] == []


def is_re_export(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.FunctionDef):
        return node.name in {"__getattr__", "__dir__"}
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return all(isinstance(t, ast.Name) and t.id.startswith("_") for t in targets)


@pytest.mark.parametrize("door", doors(), ids=name_of)
def test_all_is_what_the_door_exports(door: Path) -> None:
    room = f"jindo.{door.parent.name}"
    exported = list(importlib.import_module(room).__all__)
    assert len(exported) == len(set(exported))
    assert set(exported) == imported_names(tree_of(door), room)
    for name in exported:
        assert getattr(importlib.import_module(room), name) is not None


def imported_names(tree: ast.Module, room: str) -> set[str]:
    """Names that the door takes from its own room, also under TYPE_CHECKING; `app` opens the rooms below to the faces."""
    room = "jindo" if room == "jindo.app" else room
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(room)
        for alias in node.names
    }


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_other_rooms_are_entered_by_the_door(module: Path) -> None:
    own = module.relative_to(PACKAGE).parts[0]
    inside = [
        f"{node.module}:{node.lineno}"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ImportFrom) and is_behind_a_door(node.module or "", own)
    ]
    assert inside == []


def is_behind_a_door(module: str, own: str) -> bool:
    parts = module.split(".")
    return parts[0] == "jindo" and len(parts) > 2 and parts[1] not in {own, "base"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_module_has_a_docstring(module: Path) -> None:
    assert ast.get_docstring(tree_of(module))


def test_class_names_are_used_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for node in tree_of(module).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name_of(module))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("module", modules_in(*DECIDING), ids=name_of)
def test_deciding_room_opens_no_file_or_clock(module: Path) -> None:
    ends = (".now", ".utcnow", ".today", ".read_text", ".write_text", ".read_bytes", ".write_bytes", ".open")
    found = [
        f"{call}:{line}"
        for call, line in dotted_calls(tree_of(module))
        if call in {"open", "input", "print", "time.time"} or call.endswith(ends)
    ]
    assert found == []


@pytest.mark.parametrize("module", modules_in(*EXACT), ids=name_of)
def test_value_is_counted_without_floats(module: Path) -> None:
    tree = tree_of(module)
    literals = [
        f"{node.value}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    calls = [
        f"{call}:{line}"
        for call, line in dotted_calls(tree)
        if call in {"float", "np.float64", "numpy.float64"}
    ]
    divisions = [
        f"/:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    ]
    assert literals + calls + divisions == []


def test_what_leaves_a_node_does_not_know_intake() -> None:
    leaving = modules_in("share", "respond", "assess")
    assert [name_of(m) for m in leaving if "jindo.intake" in m.read_text(encoding="utf-8")] == []
