"""Where following stops: at labelled services, and at accounts whose history was not fetched.

* What enters an account that was not fetched is counted under `limit` and not followed, though a few of its movements
  may be known from others' histories: in what order it pays out cannot be told without the rest.
* A label outweighs this: a service is one, fetched or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jindo.app.fetching.explorer import COMPLETE
from jindo.trace import Boundary, Stop

NOT_FETCHED = Stop("limit", kind="not fetched", source="--fetch")
"""The stop of an account whose history was not fetched."""


@dataclass(frozen=True, slots=True)
class FetchBoundary:
    """Labels, and below them the accounts of one chain that were not fetched."""

    labels: Boundary | None
    unfetched: Iterable[str] = field(default_factory=tuple)

    def stops(self) -> Mapping[str, Stop]:
        """Stops by canonical address."""
        labelled = self.labels.stops() if self.labels else {}
        return {**dict.fromkeys(self.unfetched, NOT_FETCHED), **labelled}


def bound(labels: Boundary | None, fetched: Mapping[str, Any] | None, chain: str) -> Boundary | None:
    """The boundary on one chain; `fetched` is what a result states of fetching, `None` where nothing was."""
    if fetched is None:
        return labels
    rows = fetched["accounts"]
    unfetched = [row["account"] for row in rows if row["chain"] == chain and row["state"] != COMPLETE]
    return FetchBoundary(labels, unfetched)
