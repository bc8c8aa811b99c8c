"""The joint story: three members' nodes on one machine, one theft, one freeze, one recall.

What `make demo` plays and what the system test plays with nodes killed under it.
"""

from jindo.app.story.play import Play, Scene, open_desks, page_of, play_acts
from jindo.app.story.running import DemoOutcome, Story, run_demo

__all__ = ["DemoOutcome", "Play", "Scene", "Story", "open_desks", "page_of", "play_acts", "run_demo"]
