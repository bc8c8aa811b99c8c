"""Asking servers for chain data: politely, again where it helps, and every answer kept as evidence.

* `Fetcher(base_url, keep, per_second=…, clock=…, sleep=…)` asks one server; `get(path, params)` and
  `post_json(path, body)` give the bytes of its answer. It is closed, or used in `with`.
* What was answered once is not asked again, also not by the next process: `fresh=True` asks all the same, for
  what changes (a chain's tip). `check` is told of each answer, and raises `SourceError` where it does not count.
* Credentials (userinfo and query of the URL, `headers`, `secrets`) reach the server and nothing else.

What an answer means is the sources'.
"""

from jindo.ledger.fetching.address import ServiceAddress, name_keep, parse_service_address
from jindo.ledger.fetching.evidence import ANSWERS, EvidenceList, check_evidence, iter_evidence
from jindo.ledger.fetching.failures import (
    AnswerTooLarge,
    SourceDeclined,
    SourceRefused,
    SourceSilent,
    WrongAnswer,
)
from jindo.ledger.fetching.fetcher import Fetcher
from jindo.ledger.fetching.json_rpc import Call, JsonRpc, Replies, check_that, parse_json, parse_kept
from jindo.ledger.fetching.keep import AnswerName, Kept, KeptDamaged, ResponseKeep, ServerAnswer
from jindo.ledger.fetching.order import FetchedBlocks, FetchOrder, find_range, open_fetcher
from jindo.ledger.fetching.request import ServerRequest
from jindo.ledger.fetching.walking import ChainUnsettled, FetchedSpan, Span, Walk, iter_spans

__all__ = [
    "Fetcher",
    "ServerRequest",
    "ServerAnswer",
    "AnswerName",
    "SourceSilent",
    "SourceRefused",
    "SourceDeclined",
    "AnswerTooLarge",
    "ServiceAddress",
    "parse_service_address",
    "name_keep",
    "ResponseKeep",
    "Kept",
    "KeptDamaged",
    "EvidenceList",
    "iter_evidence",
    "check_evidence",
    "ANSWERS",
    "JsonRpc",
    "Call",
    "Replies",
    "WrongAnswer",
    "check_that",
    "parse_json",
    "parse_kept",
    "FetchOrder",
    "FetchedBlocks",
    "open_fetcher",
    "find_range",
    "Walk",
    "Span",
    "FetchedSpan",
    "iter_spans",
    "ChainUnsettled",
]
