"""What a service is recognised by: every threshold, with where it comes from.

* Counts are of distinct accounts or of movements; shares are parts of a thousand; days are of 86,400 seconds, in UTC.
* Sources: [V] Victor, "Address clustering heuristics for Ethereum" (2020): deposit addresses forward what they get to one
  address of an exchange; [P] proposed here, after the needs of tracing, and not yet measured on real data.

Whoever changes a threshold has another heuristic, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

RULES = ("hub", "hot wallet", "deposit address")
"""The ways to be one, in the order of their weight: an account has the first that holds."""


@dataclass(frozen=True, slots=True)
class ServiceParameters:
    """Thresholds of the rules."""

    hub_senders: int = 100
    """Distinct accounts that paid it, at least [P]."""
    hub_receivers: int = 100
    """Distinct accounts that it paid, at least: a shop has few, a payroll has few senders [P]."""
    hub_movements: int = 500
    """Movements in and out together, at least: its throughput [P]."""
    hub_turnover: int = 500
    """The smaller of what came in and what went out, as a share of the larger, in its busiest asset [P]."""
    hub_days: int = 3
    """Days on which it moved anything, at least; a burst of one night is no service. Not asked where times lack [P]."""
    sweep_deposits: int = 20
    """Accounts that pay one hot wallet and nobody else, at least [P]."""
    sweep_origins: int = 100
    """Distinct accounts that paid those, but for themselves and the hot wallet, at least [P]."""
    sweep_forwarded: int = 900
    """What those sent on, as a share of what they got, in the asset that they sweep most [V]: [P] for the number."""
    sweep_days: int = 3
    """Days on which anything was swept, at least; not asked where times lack [P]."""

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> ServiceParameters:
        """What `to_json` gave."""
        return cls(**stated)
