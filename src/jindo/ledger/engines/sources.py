"""The files of a source for a cluster: a folder or pattern that all machines see, or a prefix of an object store.

* Names are those that a ledger on one machine gives its files: paths below the source.
* Only files whose ending is read are taken; in a store nothing is opened to see what it is.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from jindo.base.errors import NotFound
from jindo.ledger.engines.places import Place, parse_place
from jindo.ledger.sources import Format

_READ = (
    ".csv", ".csv.gz", ".parquet", ".pq", ".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz",
)  # fmt: skip


def find_source_files(source: str, reader: Format) -> list[tuple[str, str]]:
    """Name and place of each file of a source, in order of name.

    Raises:
        NotFound: there is none.
        InputError: a single file of a sort that is not read.
        SourceError: the store does not answer.
    """
    if "://" not in source:
        return [(file.name, f"file://{file.path.absolute()}") for file in reader.find(source)]
    place = parse_place(source.rstrip("/"))
    found = _find_in_store(place)
    if not found:
        raise NotFound(
            f"there is no file at {source!r}",
            remedy="Name a file or prefix that holds CSV, JSON lines or Parquet files.",
        )
    return found


def _find_in_store(place: Place) -> list[tuple[str, str]]:
    if place.is_file():
        return [(PurePosixPath(place.path).name, place.text)]
    return [(below, place.at(below).text) for below in place.list_files() if below.lower().endswith(_READ)]
