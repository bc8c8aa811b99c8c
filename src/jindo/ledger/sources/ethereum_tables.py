"""What one table of Ethereum's knows of another's rows.

* A transaction's status and gas are its own, or its receipt's, or what a second copy of it says.
* A row's place in the block and its time may come from another table, or from the ledger.

How files become tables is `ethereum_shape`'s; which rows move value, `ethereum_moves`'.
"""

from __future__ import annotations

from jindo.ledger.chain import AccountChain
from jindo.ledger.rows import Kind
from jindo.ledger.sources.ethereum_shape import TABLES
from jindo.ledger.staging import Staging


def make_lookups(staging: Staging, old: AccountChain | None) -> None:
    """Make the tables `tx`, `tx_places`, `block_times`, `traced_blocks`, `failed_txs`, `calls` and `failed`."""
    staging.run(
        "CREATE TABLE receipt AS SELECT key, any_value(status) AS status, any_value(gas_used) AS gas_used, "
        "any_value(gas_paid) AS gas_paid, any_value(created) AS created, "
        "coalesce(bool_or(status = '0'), false) AS failed, coalesce(bool_or(status <> '0'), false) AS succeeded FROM ("
        "SELECT key, status, gas_used, gas_paid, created FROM receipts UNION ALL "
        "SELECT key, status, gas_used, gas_paid, created FROM transactions) WHERE key IS NOT NULL GROUP BY key"
    )
    staging.run(
        "CREATE TABLE tx AS SELECT t.* REPLACE (coalesce(t.status, r.status) AS status, "
        "coalesce(t.gas_used, r.gas_used) AS gas_used, coalesce(t.gas_paid, r.gas_paid, t.gas_price) AS gas_paid, "
        "coalesce(t.receiver, t.created, r.created) AS receiver) FROM transactions t LEFT JOIN receipt r USING (key)"
    )
    _add_held_failures(staging, old)
    staging.run(
        "CREATE TABLE tx_places AS SELECT key, any_value(tx_index) AS tx_index, any_value(status) AS status FROM ("
        "SELECT key, tx_index, status FROM tx UNION ALL SELECT key, tx_index, NULL FROM traces "
        "UNION ALL SELECT key, tx_index, NULL FROM token_transfers) "
        "WHERE key IS NOT NULL GROUP BY key"
    )
    _add_held_places(staging, old)
    times = " UNION ALL ".join(f"SELECT block, time FROM {t}" for t in TABLES if "time" in TABLES[t])
    staging.run(
        f"CREATE TABLE block_times AS SELECT block, min(time) AS time FROM ({times}) WHERE time IS NOT NULL GROUP BY block"
    )
    staging.run("CREATE TABLE failed_txs AS SELECT DISTINCT key FROM tx WHERE status = '0'")
    staging.run("CREATE TABLE traced_blocks AS SELECT DISTINCT block FROM traces WHERE key IS NOT NULL")
    staging.run(
        "CREATE TABLE calls AS SELECT c.*, p.tx_index AS place, "
        "row_number() OVER (PARTITION BY c.file, c.block, c.trace_type, c.key IS NULL ORDER BY c.line) AS nth, coalesce(c.status, "
        "CASE WHEN c.error IS NOT NULL THEN '0' END, p.status) AS outcome FROM ("
        "SELECT * REPLACE (coalesce(trace_type, split_part(trace_id, '_', 1)) AS trace_type), "
        "regexp_extract_all(coalesce(trace_address, CASE WHEN key IS NOT NULL THEN "
        "regexp_replace(trace_id, '^[^_]*_[^_]*', '') END, ''), '[0-9]+')::BIGINT[] AS path FROM traces) c "
        "LEFT JOIN tx_places p USING (key)"
    )
    staging.run(
        "CREATE TABLE failed AS SELECT DISTINCT key, path FROM calls WHERE outcome = '0' AND key IS NOT NULL"
    )


def _add_held_places(staging: Staging, old: AccountChain | None) -> None:
    """Token transfers whose transaction came with an earlier import take its place in the block."""
    if old is None:
        return
    unknown = staging.run(
        "SELECT DISTINCT key FROM token_transfers WHERE key IS NOT NULL AND key NOT IN "
        "(SELECT key FROM tx_places WHERE tx_index IS NOT NULL)"
    )
    for (key,) in unknown:
        tx = old.tx_hashes.find(key)
        place = int(old.tx_index[tx]) if tx >= 0 else -1
        if place >= 0:
            staging.run("DELETE FROM tx_places WHERE key = ?", key)  # two places would double its movements
            staging.run("INSERT INTO tx_places VALUES (?, ?, NULL)", key, str(place))


def _add_held_failures(staging: Staging, old: AccountChain | None) -> None:
    """A transaction without status failed where the ledger holds its gas, but no value of it."""
    if old is None:
        return
    for (key,) in staging.run("SELECT DISTINCT key FROM tx WHERE status IS NULL AND key IS NOT NULL"):
        kinds = {int(old.kind[event]) for event in _events(old, key)}
        if Kind.GAS in kinds and Kind.NATIVE not in kinds:
            staging.run("UPDATE tx SET status = '0' WHERE key = ?", key)


def _events(old: AccountChain, key: str) -> list[int]:
    tx = old.tx_hashes.find(key)
    return [] if tx < 0 else old.events_of(tx).tolist()
