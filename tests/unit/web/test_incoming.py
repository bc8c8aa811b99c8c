"""What may come in: strict forms, every one with a largest size, nothing unknown."""

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from jindo.web import incoming
from jindo.web.incoming import CaseIn, NoteIn, PersonIn, ReplyIn, RequestIn, ShareIn, SignatureIn

MODELS = [
    model
    for _, model in inspect.getmembers(incoming, inspect.isclass)
    if issubclass(model, BaseModel) and model.__module__ == incoming.__name__ and model.model_fields
]
CASE: dict[str, Any] = {"title": "Theft", "kind": "theft"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_is_strict_and_refuses_what_it_does_not_know(model: type[BaseModel]) -> None:
    assert model.model_config.get("strict") is True
    assert model.model_config.get("extra") == "forbid"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_text_and_list_has_a_largest_size(model: type[BaseModel]) -> None:
    endless = [path for path, schema in walk(model.model_json_schema()) if is_endless(schema)]
    # A card is checked by its own signature; its size is that of the body.
    assert [path for path in endless if not path.endswith("card")] == []


def walk(schema: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        return [found for part in schema for found in walk(part, path)]
    if not isinstance(schema, dict):
        return []
    inner = [found for name, part in schema.items() for found in walk(part, f"{path}.{name}")]
    return [(path, schema), *inner]


def is_endless(schema: dict[str, Any]) -> bool:
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        bounded = "maxLength" in schema or "{" in schema.get("pattern", "")
        return not bounded
    if schema.get("type") == "array":
        return "maxItems" not in schema
    return False


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x1b[31m", "a\x7f", "a\x85", "x" * 501, ""])
def test_title_with_control_characters_or_no_end_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        CaseIn.model_validate({**CASE, "title": text})


def test_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError):
        CaseIn.model_validate({**CASE, "title": "a\ud800"})


def test_note_keeps_line_ends_and_refuses_other_control_characters() -> None:
    assert NoteIn(title="n", text="one\n\ttwo").text == "one\n\ttwo"
    with pytest.raises(ValidationError):
        NoteIn(title="n", text="one\x00two")


def test_case_without_purpose_basis_and_expiry_has_the_form_of_a_case() -> None:
    # That such a case is unlawful is the use case's to say, with its own code.
    assert CaseIn.model_validate(CASE).to_draft() == {
        **CASE,
        "purpose": "",
        "legal_basis": "",
        "tlp": "AMBER",
        "summary": "",
        "loss": [],
    }


@pytest.mark.parametrize("value", [1_900_000_000, "2030-01-01", "2030-01-01T00:00:00Z"])
def test_expiry_is_unix_time_or_iso_text(value: int | str) -> None:
    assert CaseIn.model_validate({**CASE, "expires": value}).to_draft()["expires"] == value


@pytest.mark.parametrize("value", [-1, 2**60, True, 1.5, "tomorrow"])
def test_expiry_in_no_form_of_time_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        CaseIn.model_validate({**CASE, "expires": value})


@pytest.mark.parametrize("sig", ["", "A" * 88, "A" * 86 + "=", "A" * 85 + "===", "A" * 87 + "="])
def test_signature_that_is_not_64_bytes_of_base64_is_refused(sig: str) -> None:
    with pytest.raises(ValidationError):
        SignatureIn(key_id="0" * 64, sig=sig)


def test_share_with_nobody_is_refused() -> None:
    with pytest.raises(ValidationError):
        ShareIn(to=[])


def test_request_leaves_out_the_fields_that_nobody_said() -> None:
    request = RequestIn.model_validate(
        {"addressee": "coinbay", "kind": "freeze", "fields": {"rank": "Inspector", "duration_days": 30}}
    )
    assert request.to_fields() == {"rank": "Inspector", "duration_days": 30}


def test_reply_gives_its_end_as_text() -> None:
    assert ReplyIn(reason="held", until=1_900_000_000).to_until() == "1900000000"
    assert ReplyIn(reason="held").to_until() is None


def test_person_without_a_key_has_none() -> None:
    assert PersonIn(id="kim", name="Kim", roles=["analyst"]).to_key() is None
