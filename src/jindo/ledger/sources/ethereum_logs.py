"""Token transfers out of Ethereum's logs: the event `Transfer(address, address, uint256)`, word by word.

* An event that is one has four words in its topics and its data, of which the first is the event's hash.
* With three topics the amount is in the data (ERC-20), and exact. With four it is the number of one token (ERC-721):
  no amount, so it is counted in a note and left out.
* Where logs say the same event as a row of token transfers, the log is believed: it has the amount as it was written.

What else a log says is not read.
"""

from __future__ import annotations

from jindo.ledger.sources.ethereum_shape import to_decimal
from jindo.ledger.staging import Staging

TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak-256 of `Transfer(address,address,uint256)`."""

_WORDS = "regexp_extract_all(lower({}), '[0-9a-f]{{64}}')"
"""SQL of the 32-byte words of a text, whether it is one run of hex or a list."""
_TOPICS = (
    f"CASE WHEN topics IS NOT NULL THEN {_WORDS.format('topics')} ELSE "
    f"{_WORDS.format('concat_ws(chr(32), topic0, topic1, topic2, topic3)')} END"
)


def add_logged_transfers(staging: Staging) -> list[str]:
    """Add to the table `token_transfers` what the table `logs` says; gives notes."""
    staging.run(
        "CREATE TABLE transfer_logs AS SELECT * REPLACE ("
        "CASE WHEN len(words) = 4 AND len(topic_words) < 4 THEN 'token' WHEN len(topic_words) = 4 THEN 'single' END AS sort) "
        "FROM (SELECT file, line, block, hash, tx_index, time, token, log_index, key, topic_words, NULL::VARCHAR AS sort, "
        f"topic_words || {_WORDS.format('substr(data, 3)')} AS words, length(coalesce(data, '0x')) AS size FROM "
        f"(SELECT *, {_TOPICS} AS topic_words FROM logs)) WHERE words[1] = '{TRANSFER}'"
    )
    whole = "sort IS NOT NULL AND size = 2 + 64 * (len(words) - len(topic_words))"
    staging.run(
        "DELETE FROM token_transfers WHERE (key, log_index) IN (SELECT key, log_index FROM transfer_logs "
        f"WHERE {whole})"
    )
    value = to_decimal("('0x' || words[4])")
    staging.run(
        "INSERT INTO token_transfers BY NAME SELECT file, line, block, hash, tx_index, "
        f"{_to_address('words[2]')} AS sender, {_to_address('words[3]')} AS receiver, {value} AS value, time, token, "
        f"log_index, key FROM transfer_logs WHERE {whole} AND sort = 'token'"
    )
    return _note_left_out(staging, whole)


def _to_address(word: str) -> str:
    """SQL of the address in a word; one with anything before it stays as it is, and is refused as no address."""
    return f"CASE WHEN starts_with({word}, repeat('0', 24)) THEN '0x' || substr({word}, 25) ELSE {word} || ' (32 bytes)' END"


def _note_left_out(staging: Staging, whole: str) -> list[str]:
    single = staging.one(f"SELECT count(*) FROM transfer_logs WHERE {whole} AND sort = 'single'")
    odd = staging.one(f"SELECT count(*) FROM transfer_logs WHERE NOT coalesce({whole}, false)")
    notes = []
    if single:
        notes.append(
            f"{single} transfers of single tokens (ERC-721) have no amount and are not in the ledger"
        )
    if odd:
        notes.append(f"{odd} logs are called Transfer but are not built like one, and are not in the ledger")
    return notes
