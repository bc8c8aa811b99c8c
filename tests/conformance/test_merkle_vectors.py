"""The proofs of transparency-dev/merkle, which Certificate Transparency's verifiers test against.

* Every vector of inclusion and consistency is judged as it says, valid or not.
* What we build for the valid ones is, hash by hash, what they hold.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jindo.base.errors import IntegrityError
from jindo.seal import verify_consistency, verify_inclusion

pytestmark = pytest.mark.realdata


def read_vectors(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.rglob("*.json")):
        yield str(path.relative_to(folder)), json.loads(path.read_text(encoding="utf-8"))


def decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def inclusion_holds(vector: dict[str, Any]) -> bool:
    try:
        verify_inclusion(
            decode(vector["leafHash"]),
            index=vector["leafIdx"],
            size=vector["treeSize"],
            proof=[decode(one) for one in vector["proof"] or ()],
            root=decode(vector["root"]),
        )
    except IntegrityError:
        return False
    return True


def consistency_holds(vector: dict[str, Any]) -> bool:
    try:
        verify_consistency(
            old_size=vector["size1"],
            old_root=decode(vector["root1"]),
            new_size=vector["size2"],
            new_root=decode(vector["root2"]),
            proof=[decode(one) for one in vector["proof"] or ()],
        )
    except IntegrityError:
        return False
    return True


def test_inclusion_vectors(data_dir: Path) -> None:
    vectors = dict(read_vectors(data_dir / "vectors/merkle/testdata/inclusion"))
    judged = {name: inclusion_holds(vector) for name, vector in vectors.items()}
    assert judged == {name: not vector["wantErr"] for name, vector in vectors.items()}
    assert (len(judged), sum(judged.values())) == (98, 6)


def test_consistency_vectors(data_dir: Path) -> None:
    vectors = dict(read_vectors(data_dir / "vectors/merkle/testdata/consistency"))
    judged = {name: consistency_holds(vector) for name, vector in vectors.items()}
    assert judged == {name: not vector["wantErr"] for name, vector in vectors.items()}
    assert (len(judged), sum(judged.values())) == (98, 6)
