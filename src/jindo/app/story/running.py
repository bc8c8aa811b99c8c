"""Run the joint story from nothing: make the world, set up the nodes, start them, play, and leave one page open.

* A folder that no demo made is refused; of one that a demo made, everything is made anew.
* Nodes are real processes that listen on loopback. Whatever happens, none is left running but the one whose page is
  shown, and that one ends by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.story.cast import PARTS, Theatre, build_theatre, furnish, is_of_a_demo, prepare_folder
from jindo.app.story.play import Play, Scene, folder_of, open_desks, page_of, play_acts
from jindo.app.story.processes import NodeProcess, wait_ready
from jindo.app.study import Progress
from jindo.base.errors import ConflictError
from jindo.sim import World, make_world, write_world

WORLD = "bybit"
FORMAT = "jindo.demo/2"
_FORMATS = frozenset({"jindo.demo/1", FORMAT})
SHOWN = "seoul"
"""Whose page is shown at the end."""


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What the demo came to."""

    folder: Path
    scenes: tuple[Scene, ...]
    page: str
    """Address of the page that shows the case."""
    token: str
    """With which to sign in there."""
    export: Path
    """The case as it is handed over."""
    pid: int
    """The process that serves the page; 0 where none was left."""
    lasting: int
    """Seconds until that process ends by itself."""


class Story:
    """The members with their processes: the demo plays with them, and so does the test that kills them."""

    def __init__(self, theatre: Theatre, world: World) -> None:
        self.theatre, self.world = theatre, world
        self.processes = {part.id: NodeProcess(theatre.node(part.id)) for part in PARTS}

    def start(self, member: str) -> None:
        """Start a member's node and wait until it answers."""
        process = self.processes[member]
        process.start()
        wait_ready(self.theatre.urls[member], self.theatre.certificate(member), process)

    @contextmanager
    def playing(self) -> Iterator[Play]:
        """All nodes started and everyone at their desk; afterwards all nodes are stopped."""
        desks = open_desks(self.theatre)
        try:
            for process in self.processes.values():
                process.start()
            for member in self.processes:
                self.start(member)
            yield Play(self.theatre, self.world, desks)
        finally:
            for desk in desks.values():
                desk.close()
            for process in self.processes.values():
                process.stop()


def build_story(folder: Path, *, seed: int, scale: float, progress: Progress) -> Story:
    """A world, and three nodes set up in a folder.

    Raises:
        ConflictError: `folder` holds something that no demo made.
        InputError: the scale makes no sense.
    """
    _check_ours(folder)
    progress("making the world", 0, None)
    world = make_world(WORLD, seed=seed, scale=scale)
    _end_earlier(folder)
    marker = {"format": FORMAT, "world": WORLD, "seed": seed, "scale": scale}
    prepare_folder(folder, marker)
    write_world(world, folder / "world")
    progress("setting up the nodes", 0, None)
    theatre = build_theatre(folder)
    furnish(folder, world, progress)
    return Story(theatre, world)


def run_demo(
    folder: Path,
    *,
    seed: int = 1,
    scale: float = 0.1,
    lasting: int = 0,
    tell: Callable[[Scene], None] | None = None,
    progress: Progress | None = None,
) -> DemoOutcome:
    """Play the story; for `lasting` seconds afterwards Seoul's node goes on serving the case's page.

    Raises:
        ConflictError: `folder` holds something that no demo made.
        IntegrityError: something that the story claims does not hold.
        SourceError: a node does not answer.
    """
    story = build_story(folder.resolve(), seed=seed, scale=scale, progress=progress or _silent)
    scenes: list[Scene] = []
    with story.playing() as play:
        for scene in play_acts(play):
            scenes.append(scene)
            if tell is not None:
                tell(scene)
        page, export = page_of(play), folder_of(play)
    pid = _leave_open(story, lasting) if lasting else 0
    token = story.theatre.seats["kim"].token
    return DemoOutcome(story.theatre.folder, tuple(scenes), page, token, export, pid, lasting)


def _leave_open(story: Story, lasting: int) -> int:
    """Start the node that shows the page once more, to go on by itself for a while."""
    process = story.processes[SHOWN]
    process.start(lasting=lasting)
    wait_ready(story.theatre.urls[SHOWN], story.theatre.certificate(SHOWN), process)
    pid = process.leave()
    (story.theatre.folder / "serving.json").write_text(json.dumps({"pid": pid}) + "\n", encoding="utf-8")
    return pid


def _end_earlier(folder: Path) -> None:
    """End the node that an earlier demo left serving from this folder, if it still does."""
    try:
        pid = int(json.loads((folder / "serving.json").read_text(encoding="utf-8"))["pid"])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError, TypeError):
        return
    if str(folder / SHOWN).encode() in words:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)


def _check_ours(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    ours = folder.is_dir() and all(is_of_a_demo(path.name) for path in folder.iterdir())
    if not (ours and _is_marked(folder / "demo.json")):
        raise ConflictError(
            "the folder holds something that no demo made, and is left as it is",
            place=str(folder),
            remedy="Name another folder with --dir.",
        )


def _is_marked(marker: Path) -> bool:
    try:
        content: Any = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") in _FORMATS


def _silent(name: str, done: int, total: int | None) -> None:
    del name, done, total
