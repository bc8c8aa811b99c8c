"""How asking a server fails, sorted by what helps: waiting, credentials, another server, asking for less.

* All are `SourceError`s; what the server said itself is quoted without credentials.
"""

from __future__ import annotations

from jindo.base.errors import SourceError


class SourceSilent(SourceError):
    """A server did not answer, or not with what was asked."""

    code = "ledger.source-silent"


class SourceRefused(SourceError):
    """A server does not let us in."""

    code = "ledger.source-refused"

    def default_remedy(self) -> str:
        """Check the credentials."""
        return "Check the user and password, or the key, that the server wants."


class SourceDeclined(SourceError):
    """A server answers, and the answer is no; asking again would not change it."""

    code = "ledger.source-declined"

    def __init__(self, problem: str, *, place: str = "", remedy: str = "", number: int | None = None) -> None:
        self.number = number
        """The server's own number for what is wrong (JSON-RPC), where it gave one."""
        super().__init__(problem, place=place, remedy=remedy)

    def default_remedy(self) -> str:
        """Ask another server."""
        return "Use a server that offers this, or ask for something else."


class AnswerTooLarge(SourceError):
    """A server's answer has more bytes than are taken."""

    code = "ledger.answer-too-large"

    def default_remedy(self) -> str:
        """Ask for less."""
        return "Ask for less at once, or use another source."


class WrongAnswer(SourceError):
    """A server's answer contradicts what was asked, itself, or what it said before."""

    code = "ledger.wrong-answer"

    def default_remedy(self) -> str:
        """Ask another server."""
        return "Do not trust this server: compare with another one."
