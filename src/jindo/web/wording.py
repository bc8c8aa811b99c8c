"""What people call the codes that views carry: kinds, states, acts and rules of the gate, in the reader's language.

* A code that has no word here is shown as it is; nothing is hidden for want of a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from jindo.base.language import Translator, message

WORDS: Mapping[str, str] = {
    # kinds of case
    "theft": message("Theft"),
    "fraud": message("Fraud"),
    "ransomware": message("Ransomware"),
    "intrusion": message("Intrusion"),
    # kinds of exhibit
    "trace": message("Trace"),
    "file": message("Files"),
    "note": message("Note"),
    # kinds of statement
    "case": message("Case"),
    "exhibit": message("Exhibit"),
    "label": message("Label"),
    "request": message("Request"),
    "reply": message("Reply"),
    "recall": message("Recall"),
    "receipt": message("Receipt"),
    # states of statements
    "draft": message("draft"),
    "published": message("sent"),
    "received": message("received"),
    "quarantined": message("in quarantine"),
    "recalled": message("recalled"),
    # kinds and states of requests
    "freeze": message("Freeze"),
    "preserve": message("Preserve"),
    "awaiting signature": message("awaiting signature"),
    "signed": message("signed, not sent"),
    "sent": message("sent"),
    "answered": message("answered"),
    "expired": message("expired"),
    "authenticated": message("authenticated"),
    "held": message("held"),
    "partially-held": message("partly held"),
    "already-moved": message("already moved"),
    "no-such-customer": message("no such customer"),
    "need-instrument": message("a legal instrument is needed"),
    "refused": message("refused"),
    "released": message("released"),
    # states of jobs
    "queued": message("waiting"),
    "running": message("running"),
    "done": message("done"),
    "failed": message("failed"),
    "files": message("Fetch files"),
    "pull": message("Ask a partner"),
    # acts in a case's history
    "case-opened": message("Case opened"),
    "case-received": message("Case received"),
    "person-added": message("Person added"),
    "exhibit-added": message("Exhibit added"),
    "case-sent": message("Case sent"),
    "exhibit-sent": message("Exhibit sent"),
    "exhibit-received": message("Exhibit received"),
    "label-sent": message("Label sent"),
    "label-received": message("Label received"),
    "request-sent": message("Request sent"),
    "request-received": message("Request received"),
    "reply-sent": message("Reply sent"),
    "reply-received": message("Reply received"),
    "recall-sent": message("Recall sent"),
    "recall-received": message("Recall received"),
    "case-exported": message("Case exported"),
    # what a history row tells
    "lang": message("language"),
    "left_out": message("left out"),
    "rests_on": message("rests on"),
    "number": message("number"),
    "kind": message("kind"),
    "purpose": message("purpose"),
    "expires": message("expires"),
    "tlp": message("marking"),
    "person": message("person"),
    "role": message("role"),
    "n": message("no."),
    "origin": message("from"),
    "statement": message("statement"),
    "subject": message("about"),
    "to": message("to"),
    "from": message("from"),
    "sha256": "SHA-256",
    "findings_hash": message("hash of the findings"),
    # roles in a case
    "lead": message("lead"),
    "member": message("member"),
    # roles
    "admin": message("administrator"),
    "analyst": message("analyst"),
    "prosecutor": message("prosecutor"),
    "liaison": message("liaison"),
    "compliance": message("compliance"),
    "intake-clerk": message("intake clerk"),
    "auditor": message("auditor"),
    # kinds of member
    "police": message("police"),
    "prosecution": message("prosecution"),
    "agency": message("agency"),
    "cert": message("computer emergency team"),
    "ministry": message("ministry"),
    "exchange": message("exchange"),
    "issuer": message("issuer"),
    # kinds of service, as labels commonly write them
    "mixer": message("mixer"),
    "bridge": message("bridge"),
    "payment": message("payment"),
    "gambling": message("gambling"),
    "custody": message("custody"),
    "exchange deposit": message("exchange deposit"),
    "instant exchange": message("instant exchange"),
    # purposes
    "investigation": message("investigation"),
    "prevention": message("prevention"),
}

MEANINGS: Mapping[str, str] = {
    "unknown-recipient": message("Nobody gets anything whose card is not here."),
    "tlp-red": message("What is marked RED leaves this node for nobody."),
    "tlp-amber-strict": message("What is marked AMBER+STRICT stays inside the organisation that made it."),
    "tlp-amber-onward": message("Another member's AMBER is not passed on by us."),
    "need-to-know": message("An exchange or issuer gets what is marked AMBER only where it concerns it."),
    "purpose": message("It goes only to those who may use it for its purpose."),
    "expired": message("The case or the thing has expired."),
}
"""What each rule of the gate means."""


def word_of(code: str, translator: Translator) -> str:
    """What a reader calls `code`."""
    return translator.gettext(WORDS[code]) if code in WORDS else code


def meaning_of(rule: str, translator: Translator) -> str:
    """What a rule of the gate means, in a sentence; empty for one that has none here."""
    return translator.gettext(MEANINGS[rule]) if rule in MEANINGS else ""
