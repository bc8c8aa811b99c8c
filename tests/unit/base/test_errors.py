"""The error tree: every class has a code of its own and says what to do next."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import jindo
from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    NotFound,
    RefusedError,
    SourceError,
)

FAMILIES = [InputError, RefusedError, IntegrityError, SourceError, ConflictError]


def classes(of: type[JindoError] = JindoError) -> Iterator[type[JindoError]]:
    """Every error class of the program, all rooms loaded."""
    if of is JindoError:
        for module in pkgutil.walk_packages(jindo.__path__, "jindo."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                importlib.import_module(module.name)
    if of.__module__.startswith("jindo."):  # tests make classes of their own
        yield of
    for below in of.__subclasses__():
        yield from classes(below)


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in classes()]
    assert len(codes) == len(set(codes))
    assert all("code" in vars(cls) for cls in classes())


def test_every_class_is_of_one_family() -> None:
    for cls in classes():
        assert cls is JindoError or sum(issubclass(cls, family) for family in FAMILIES) == 1


@pytest.mark.parametrize("cls", [JindoError, *FAMILIES, NotFound])
def test_every_family_has_a_remedy_of_its_own(cls: type[JindoError]) -> None:
    assert cls("it is so").remedy() == cls("it is so").default_remedy()
    assert cls("it is so").remedy().endswith(".")
    assert "default_remedy" in vars(cls)


def test_remedy_given_stands_before_the_family_s() -> None:
    assert InputError("it is so", remedy="Do this.").remedy() == "Do this."


def test_text_names_the_place_first() -> None:
    assert str(InputError("it is so", place="stolen.csv:3")) == "stolen.csv:3: it is so"
    assert str(InputError("it is so")) == "it is so"


def test_source_error_says_when_to_try_again() -> None:
    assert SourceError("no answer", retry_after=30).retry_after == 30
    assert SourceError("no answer").retry_after is None


def test_not_found_is_an_input_error() -> None:
    assert issubclass(NotFound, InputError)
