"""The exported folder of a case: what lies where, who signed it, and what a change of any file breaks.

* `layout` has the forms, `walking` the files, `trust` cards and list, `exhibits` the evidence, `breaking` the words.
* Writing it is `export`'s; the whole of verifying it, `verifying_case`'s.
"""

from jindo.app.case_folder.breaking import explain_break
from jindo.app.case_folder.exhibits import check_exhibits
from jindo.app.case_folder.layout import (
    FOLDER_FORMAT,
    HISTORY_TYPE,
    LOST,
    MANIFEST,
    MANIFEST_TYPE,
    FolderManifest,
    ListedFile,
    build_manifest_payload,
    name_statement,
    parse_manifest_payload,
    read_history_payload,
    read_statement_file,
    write_history_payload,
    write_statement_file,
)
from jindo.app.case_folder.trust import broken_at, read_cards, read_manifest, read_paper
from jindo.app.case_folder.walking import check_listed, hash_file, walk_files

__all__ = [
    "FOLDER_FORMAT",
    "HISTORY_TYPE",
    "LOST",
    "MANIFEST",
    "MANIFEST_TYPE",
    "FolderManifest",
    "ListedFile",
    "broken_at",
    "build_manifest_payload",
    "check_exhibits",
    "check_listed",
    "explain_break",
    "hash_file",
    "name_statement",
    "parse_manifest_payload",
    "read_cards",
    "read_history_payload",
    "read_manifest",
    "read_paper",
    "read_statement_file",
    "walk_files",
    "write_history_payload",
    "write_statement_file",
]
