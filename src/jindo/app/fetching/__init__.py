"""Fetching only what a trace touches, from servers that tell of one transaction or account at a time.

    named -> servers -> kept answers -> rows -> trace -> what it touches -> servers -> ...

* `rounds` is the loop, `wanting` what it still wants to know, `servers` whom it asks and `ask_…` how.
* The kept answers are the source: the ledger, the trace and the statement of how far each account is known rest on
  them alone.
* `statement` is what a result says of it; `running` puts it before a trace.
"""
