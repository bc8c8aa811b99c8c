"""Likely services: unlabelled accounts that behave as a service does, each with the figures that say so.

* `find_likely_services` reads a chain and gives a reason for each account that it finds: by degree, throughput and turnover,
  or by sweeps of deposit addresses into one hot wallet.
* What is found is inference. Who follows money decides what to do with it; a label or the user's word goes before.
* Defaults and their sources stand in `ServiceParameters`; the rule's version is `VERSION`.

Enter by this door: `from jindo.trace import services`.
"""

from jindo.trace.services.finding import HEURISTIC, VERSION, LikelyService, find_likely_services
from jindo.trace.services.parameters import RULES, ServiceParameters

__all__ = ["HEURISTIC", "RULES", "VERSION", "LikelyService", "ServiceParameters", "find_likely_services"]
