"""Writes the reference pages that follow from the code: commands, errors, settings, HTTP, and the JSON Schemas.

* `python docs/generate.py` writes them; a test compares them with the code and fails where they lag.
* What a page says about a command, an error or a setting is said once, in the code.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import jindo
from jindo.base.errors import JindoError
from jindo.cli import commands
from jindo.cli.edge import EXIT_CODES

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
SCHEMAS = importlib.import_module("schemas")
ENDPOINTS = importlib.import_module("endpoints")
NODE_SCHEMAS = importlib.import_module("schemas_node")

NOTE = "<!-- written by docs/generate.py; `make docs` writes it again -->\n"
INTRODUCTION = """\
Every command has `--json`: it then prints one JSON object on stdout and nothing else, by a published schema. People get
tables, and progress on stderr where that is a terminal. `jindo --install-completion` sets up the shell's completion.
Exit codes and the form of errors are in [errors](errors.md), settings from the environment in [settings](settings.md).
The schema of a result folder's `result.json` is [`result`](schemas/result.json).
"""
SETTINGS_INTRODUCTION = """\
A flag on the command line outweighs the environment, and the environment a node's `node.toml`, which has a
[page of its own](node.md). Without a node there is no settings file.
"""
BY_ENVIRONMENT_ALONE = {
    "JINDO_KEY_PASSPHRASE": "Passphrase of an officer's key file; else it is asked for on the terminal.",
    "JINDO_RPC_USER": "`USER:PASSWORD` of the node that `ethereum-rpc` or `bitcoin-rpc` asks, where its URL has none.",
    "JINDO_RPC_USER_FILE": "A file that holds `USER:PASSWORD`, such as Bitcoin Core's `.cookie`.",
    "JINDO_MEMBER_KEY_PASSPHRASE": "Passphrase of a node's member key; else it is asked for on the terminal.",
    "JINDO_DEBUG": "`1` shows the traceback of an error that Jindo does not expect. For reports of bugs.",
    "NO_COLOR": "Any value: no colours on the terminal ([no-color.org](https://no-color.org)).",
    "COLUMNS": "Width of tables; else the terminal's, and 240 in a pipe.",
    "NUMBA_CACHE_DIR": "Where the compiled kernel is kept; else beside the program. See `jindo doctor`.",
}
FAMILIES = {
    "InputError": "whoever ran the command corrects it",
    "RefusedError": "someone with the authority decides",
    "IntegrityError": "everyone stops: evidence does not add up",
    "SourceError": "wait, or use another source",
    "ConflictError": "look at what is there, then run it again",
}


def build_pages() -> dict[str, str]:
    """Every generated file, by its path below `docs/reference`."""
    pages = {"commands.md": build_commands(), "errors.md": build_errors(), "settings.md": build_settings()}
    pages["http.md"] = ENDPOINTS.build_http(NOTE)
    for name, (title, shape) in {**SCHEMAS.SCHEMAS, **NODE_SCHEMAS.SCHEMAS}.items():
        schema = SCHEMAS.build_schema(title, shape)
        pages[f"schemas/{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return pages


def build_commands() -> str:
    """`commands.md`: every command with its arguments and options."""
    parts = [
        f"# Commands\n\n{NOTE}",
        INTRODUCTION,
    ]
    parts += [_describe_command(path, command) for path, command in iter_commands()]
    return "\n".join(parts)


def build_errors() -> str:
    """`errors.md`: families, exit codes, and every code."""
    families = [
        f"| {EXIT_CODES[family]} | `{family.__name__}` | {FAMILIES[family.__name__]} |"
        for family in EXIT_CODES
    ]
    codes = [f"| `{error.code}` | {_exit_of(error)} | {_first_line(error)} |" for error in iter_errors()]
    return "\n".join(
        [
            f"# Errors\n\n{NOTE}",
            "An error goes to stderr, and says where, what, and what to do:\n",
            "    error: <place>: <problem>\n    remedy: <what to do>\n",
            "With `--json` stderr gets one line instead, by the schema [`error`](schemas/error.json):\n",
            '    {"error":{"code":"…","place":"…","problem":"…","remedy":"…"}}\n',
            "## Exit codes: who has to act\n",
            "| exit | family | who acts |\n|---|---|---|",
            "| 0 | | nobody: it is done |",
            "| 1 | | whoever maintains Jindo: a bug; what was written must not be used |",
            *families,
            "\nCtrl-C leaves with 130.\n",
            "## Codes\n",
            "| code | exit | what |\n|---|---|---|",
            *codes,
            "| `input.system` | 2 | The operating system refused a file: it is missing, locked, or the disk is full. |",
            "| `usage` | 2 | The command cannot be called so: an option is unknown, missing, or has a wrong value. |",
            "| `interrupted` | 130 | Ctrl-C was pressed before the command was done. |",
            "| `bug` | 1 | Jindo failed in a way it does not expect. |",
            "",
        ]
    )


def build_settings() -> str:
    """`settings.md`: what the environment sets."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for path, command in iter_commands():
        for parameter in (each for each in command.params if getattr(each, "envvar", None)):
            meant = (parameter.envvar, _setting_of(parameter), parameter.help)
            places.setdefault(meant, []).append(" ".join(path[1:]))
    rows = [
        f"| `{variable}` | {_where(name, commands)} | {what} |"
        for (variable, name, what), commands in places.items()
    ]
    alone = [f"| `{name}` | {what} |" for name, what in BY_ENVIRONMENT_ALONE.items()]
    return "\n".join(
        [
            f"# Settings\n\n{NOTE}",
            SETTINGS_INTRODUCTION,
            "| variable | same as | what |\n|---|---|---|",
            *rows,
            "\nBy environment alone:\n",
            "| variable | what |\n|---|---|",
            *alone,
            "",
        ]
    )


def iter_commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be run, with the words that call it; groups that do nothing by themselves are left out."""
    yield from _walk(("jindo",), typer.main.get_command(commands))


def iter_errors() -> list[type[JindoError]]:
    """Every error class of the package, by code."""
    for module in pkgutil.walk_packages(jindo.__path__, "jindo."):
        if not module.name.endswith(".__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    found, waiting = set[type[JindoError]](), [JindoError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found.update(kinds)
        waiting += kinds
    ours = (error for error in found if error.__module__.startswith("jindo."))  # a test may have made others
    return sorted(ours, key=lambda error: (error.code, error.__name__))


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield path, command
    names = command.list_commands(None) if inner else []
    for name in names:
        yield from _walk((*path, name), command.get_command(None, name))


def _describe_command(path: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([*path, *(p.metavar for p in arguments), *map(_usage_of, options)])
    rows = [f"| `{p.metavar}` | {_help_of(p)} |" for p in arguments]
    rows += [f"| `{_name_of(p)}` | {_help_of(p)} |" for p in options]
    name = "-".join(path[1:])
    schema = f"\n\nSchema of `--json`: [`{name}`](schemas/{name}.json)."
    table = "| | |\n|---|---|\n" + "\n".join(rows)
    return f"## `{' '.join(path)}`\n\n    {usage.strip()}\n\n{inspect.cleandoc(command.help)}\n\n{table}{schema}\n"


def _usage_of(option: Any) -> str:
    return _name_of(option) if option.required else ""


def _name_of(option: Any) -> str:
    return option.opts[0] if option.is_flag else f"{option.opts[0]} {_metavar(option)}"


def _metavar(option: Any) -> str:
    return str(option.metavar or option.name.upper())


def _help_of(parameter: Any) -> str:
    text = (parameter.help or "").rstrip()
    default = getattr(parameter, "default", None)
    if (
        parameter.param_type_name == "option"
        and not parameter.is_flag
        and default is not None
        and not parameter.required
    ):
        text += f" Default: `{default}`."
    if getattr(parameter, "envvar", None):
        text += f" Or `${parameter.envvar}`."
    return text.replace("|", "\\|")


def _setting_of(parameter: Any) -> str:
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar)


def _where(name: str, commands: list[str]) -> str:
    return f"`jindo {commands[0]} {name}`" if len(commands) == 1 else f"`{name}` of {len(commands)} commands"


def _exit_of(error: type[JindoError]) -> str:
    return next((str(EXIT_CODES[kind]) for kind in error.__mro__ if kind in EXIT_CODES), "1")


def _first_line(error: type[JindoError]) -> str:
    return (inspect.getdoc(error) or "").splitlines()[0].replace("|", "\\|")


def main() -> None:
    """Write every page."""
    for name, text in build_pages().items():
        path = FOLDER / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
