"""The command line: every command parses, calls a use case, and renders what came back.

* Heavy rooms load inside a command, so that `jindo --help` answers at once.
* A person on a terminal gets tables and progress; `--json` gives programs one canonical object.
* Exit codes are by error family, and are known here only.
"""

from jindo.cli.program import commands, main

__all__ = ["main", "commands"]
