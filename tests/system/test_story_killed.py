"""The joint story with nodes killed (SIGKILL) under it at random moments: it ends in the same state.

Nine kills in the ordinary run, fifty more in the slow one; either hits every node as often as the others, in any order.
"""

import random
import threading
import time
from pathlib import Path

import pytest
from tests.system.conftest import SCALE, Played
from tests.system.states import describe_story

from jindo.app.story import play_acts
from jindo.app.story.running import Story, build_story

FEW, MANY = 9, 50
LONGEST_PEACE = 2.0
"""Seconds between a node's being back and the next kill, at most."""


class Killer(threading.Thread):
    """Kills one node after another, in random order and at random moments, starts it again, until told to stop."""

    def __init__(self, story: Story, chance: random.Random, most: int) -> None:
        super().__init__(daemon=True)
        self.story, self.chance, self.most = story, chance, most
        self.kills: list[str] = []
        self.failure: BaseException | None = None
        self.enough = threading.Event()

    def run(self) -> None:
        members: list[str] = []
        try:
            while len(self.kills) < self.most and not self.enough.is_set():
                self.enough.wait(self.chance.uniform(0.05, LONGEST_PEACE))
                if self.enough.is_set():
                    return
                members = members or self.chance.sample(sorted(self.story.processes), 3)
                member = members.pop()
                self.story.processes[member].kill()
                self.kills.append(member)
                self.story.start(member)
        except BaseException as error:
            self.failure = error

    def stop(self) -> None:
        self.enough.set()
        self.join(60)
        assert not self.is_alive()
        if self.failure is not None:
            raise self.failure


def play_killed(folder: Path, chance: random.Random, most: int) -> list[str]:
    """Play one story with up to `most` kills; whom they hit."""
    story = build_story(folder, seed=1, scale=SCALE, progress=lambda *_: None)
    with story.playing() as play:
        killer = Killer(story, chance, most)
        killer.start()
        try:
            scenes = list(play_acts(play))
        finally:
            killer.stop()
        settle(folder)
    assert len(scenes) == 6
    return killer.kills


def settle(folder: Path) -> None:
    """Let the last receipts travel: the story does not wait for all of them."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = describe_story(folder)
        quiet = all(
            state_of["jobs"].keys() <= {("trace", "done"), ("files", "done")} for state_of in state.values()
        )
        told = all(row[3] for state_of in state.values() for row in state_of["receipts"])
        if quiet and told:
            return
        time.sleep(0.3)
    raise AssertionError("the nodes do not come to rest")


@pytest.mark.parametrize(
    ("kills", "seed"),
    [
        pytest.param(FEW, 20261125, id="few"),
        pytest.param(MANY, 20261124, id="fifty", marks=pytest.mark.slow),
    ],
)
def test_killed_at_random_moments_the_story_ends_in_the_same_state(
    played: Played, tmp_path: Path, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    expected = describe_story(played.folder)
    hit: list[str] = []
    for number in range(kills // 5 + 1):
        folder = tmp_path / f"story-{number}"
        hit += play_killed(folder, chance, kills - len(hit))
        assert describe_story(folder) == expected
        if len(hit) == kills:
            break
    assert len(hit) == kills
    assert set(hit) == {"seoul", "hague", "dolmen"}
