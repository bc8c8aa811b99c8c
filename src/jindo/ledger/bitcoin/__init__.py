"""Bitcoin's own bytes: blocks, transactions, scripts, and what proves that a transaction is in a block.

* What is parsed is checked as far as the bytes alone allow; what they cannot show is said.
* `parcel` and `store` alone open files; the rest decides.

How blocks come in is `sources.bitcoin_blocks`'s, what a trace hands over `jindo.app`'s.
"""
