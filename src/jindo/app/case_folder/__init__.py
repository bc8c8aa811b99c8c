"""The exported folder of a case: what lies where, and how its list of files is signed."""

from jindo.app.case_folder.breaking import explain_break
from jindo.app.case_folder.layout import (
    FOLDER_FORMAT,
    HISTORY_TYPE,
    LOST,
    MANIFEST,
    MANIFEST_TYPE,
    FolderManifest,
    ListedFile,
    build_manifest_payload,
    parse_manifest_payload,
    read_history_payload,
    read_statement_file,
    write_history_payload,
    write_statement_file,
)
from jindo.app.case_folder.walking import check_listed, hash_file, walk_files

__all__ = [
    "FOLDER_FORMAT",
    "HISTORY_TYPE",
    "LOST",
    "MANIFEST",
    "MANIFEST_TYPE",
    "FolderManifest",
    "ListedFile",
    "build_manifest_payload",
    "check_listed",
    "explain_break",
    "hash_file",
    "parse_manifest_payload",
    "read_history_payload",
    "read_statement_file",
    "walk_files",
    "write_history_payload",
    "write_statement_file",
]
