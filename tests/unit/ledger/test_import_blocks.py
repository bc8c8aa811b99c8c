"""Raw Bitcoin blocks into a ledger: what is read, what is refused, and what is kept for proofs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.bitcoin.mining import (
    COINS,
    GENESIS,
    REGTEST,
    Story,
    hash_of,
    make_block,
    make_coinbase,
    make_other,
    make_story,
    make_tx,
    pay_to,
    write_blocks,
    write_core_file,
)

import jindo.ledger.folder as folder_module
from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.base.ids import BITCOIN, ChainId
from jindo.ledger import (
    NETWORKS,
    ImportReport,
    UtxoChain,
    check_proof,
    import_source,
    name_accounts,
    open_ledger,
    read_transactions,
    roll_back,
    to_shown,
)
from jindo.ledger.bitcoin.networks import get_network
from jindo.seal import sha256_hex

KEY = bytes(range(101, 109))


@pytest.fixture
def story() -> Story:
    return make_story()


def take(source: Path, ledger: Path, **asked: Any) -> ImportReport:
    return import_source(str(source), format="bitcoin-blocks", into=ledger, chain=REGTEST, **asked)


def load(ledger: Path) -> UtxoChain:
    chain = open_ledger(ledger).chain(REGTEST)
    assert isinstance(chain, UtxoChain)
    return chain


def rejects(ledger: Path) -> list[dict[str, str]]:
    (file,) = (ledger / "rejects").iterdir()
    with file.open() as stream:
        return list(csv.DictReader(stream))


def test_blocks_become_transactions_with_their_heights(story: Story, tmp_path: Path) -> None:
    report = take(write_blocks(tmp_path / "blocks", story.blocks), tmp_path / "ledger")
    assert (report.read, report.added, report.rejected) == (6, 6, 0)
    assert report.source_rows == {"blocks": 3, "transactions": 6}
    chain = load(tmp_path / "ledger")
    rows = {row.tx_hash: row for row in read_transactions(chain, range(chain.tx_count))}
    first, second = rows[story.first.name], rows[story.second.name]  # type: ignore[index]
    assert (first.block, first.tx_index, first.time, first.coinbase) == (2, 1, 1_600_000_600, False)
    assert (second.block, second.tx_index) == (3, 2)
    assert [(i.prev_hash, i.prev_index, i.value) for i in first.inputs] == [(story.coins.name, 0, COINS)]
    network = get_network(REGTEST)
    assert [
        made.address in name_accounts(pay_to(who), network)
        for who, made in zip((2, 3), first.outputs, strict=True)
    ]
    assert all((made.address or "").startswith("bcrt1q") for made in first.outputs)
    assert rows[story.coins.name].coinbase  # type: ignore[index]


def test_an_input_whose_output_is_unknown_states_nothing(story: Story, tmp_path: Path) -> None:
    report = take(write_blocks(tmp_path / "blocks", story.blocks), tmp_path / "ledger")
    assert report.notes == (
        "1 inputs spend outputs that are not in the ledger and whose value no source states",
    )
    chain = load(tmp_path / "ledger")
    (row,) = read_transactions(chain, [chain.tx_hashes.find(make_other(9).name)])
    assert [(i.value, i.address, i.known) for i in row.inputs] == [(1234, None, False)]


def test_every_sort_of_file_gives_the_same(story: Story, tmp_path: Path) -> None:
    write_blocks(tmp_path / "raw", story.blocks)
    (tmp_path / "hex").mkdir()
    for number, block in enumerate(story.blocks):
        (tmp_path / "hex" / f"{number}.hex").write_text(block.hex() + "\n")
    write_core_file(tmp_path / "core" / "blk00000.dat", story.blocks)
    write_core_file(tmp_path / "masked" / "blk00000.dat", story.blocks[::-1], key=KEY)
    prints = {
        take(tmp_path / n, tmp_path / f"{n}.ledger").fingerprint for n in ("raw", "hex", "core", "masked")
    }
    pattern = take(tmp_path / "raw" / "*.raw", tmp_path / "pattern.ledger").fingerprint
    single = take(tmp_path / "core" / "blk00000.dat", tmp_path / "single.ledger").fingerprint
    assert prints == {pattern} == {single}


def test_a_key_like_the_magic_hides_no_block(story: Story, tmp_path: Path) -> None:
    magic = get_network(REGTEST).magic
    for number in range(8):
        key = (magic + magic[::-1])[number:] + (magic + magic[::-1])[:number]
        write_core_file(tmp_path / f"{number}" / "blk00000.dat", story.blocks, key=key, after=bytes(999))
        report = take(tmp_path / f"{number}", tmp_path / f"{number}.ledger")
        assert (report.source_rows["blocks"], report.rejected) == (3, 0)


def test_zeros_at_the_end_are_passed_over(story: Story, tmp_path: Path) -> None:
    for name, key in (("plain", b""), ("masked", KEY)):
        write_core_file(tmp_path / name / "blk00000.dat", story.blocks, key=key, after=bytes(3_000_001))
        assert take(tmp_path / name, tmp_path / f"{name}.ledger").rejected == 0


def test_bytes_that_are_no_block_are_told_and_what_follows_is_read(story: Story, tmp_path: Path) -> None:
    path = write_core_file(tmp_path / "blk00000.dat", story.blocks[:2], after=b"rubbish")
    whole = path.read_bytes()
    write_core_file(path, story.blocks[2:])
    path.write_bytes(whole + path.read_bytes() + get_network(REGTEST).magic + b"\xff\0\0\0cut")
    report = take(path, tmp_path / "ledger")
    assert (report.added, report.rejected, report.read) == (6, 2, 8)
    found = rejects(tmp_path / "ledger")
    assert [(row["file"], row["line"], row["code"]) for row in found] == [
        ("blk00000.dat", "3", "ledger.bad-raw-block"),
        ("blk00000.dat", "5", "ledger.bad-raw-block"),
    ]
    assert "are no block" in found[0]["reason"]
    assert "not whole" in found[1]["reason"]


def test_a_folder_of_bitcoin_core_gives_its_blocks_alone(story: Story, tmp_path: Path) -> None:
    blocks = tmp_path / "blocks"
    write_core_file(blocks / "blk00000.dat", story.blocks, key=KEY)
    (blocks / "rev00000.dat").write_bytes(get_network(REGTEST).magic + b"undo")
    (blocks / "index").mkdir()
    (blocks / "index" / "000003.log").write_bytes(b"x")
    report = take(blocks, tmp_path / "ledger")
    assert (report.source_rows["blocks"], report.rejected) == (3, 0)
    (entry,) = open_ledger(tmp_path / "ledger").manifest.imports
    assert [source["name"] for source in entry.sources] == ["blk00000.dat"]


def test_a_source_without_blocks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(NotFound, match="no file of blocks") as caught:
        take(tmp_path, tmp_path / "ledger")
    assert ".dat" in caught.value.remedy()


def test_blocks_of_another_network_are_refused_with_its_name(story: Story, tmp_path: Path) -> None:
    path = write_core_file(tmp_path / "blk00000.dat", story.blocks)
    with pytest.raises(InputError, match="holds blocks of regtest, not of main") as caught:
        import_source(str(path), format="bitcoin-blocks", into=tmp_path / "ledger")
    assert REGTEST in caught.value.remedy()
    assert not (tmp_path / "ledger").exists()


def test_a_key_that_is_not_whole_is_refused(story: Story, tmp_path: Path) -> None:
    path = write_core_file(tmp_path / "blk00000.dat", story.blocks, key=KEY)
    (tmp_path / "xor.dat").write_bytes(KEY[:7])
    with pytest.raises(InputError, match="7 bytes, not 8"):
        take(path, tmp_path / "ledger")


def test_a_chain_that_has_no_blocks_of_bitcoins_is_refused(story: Story, tmp_path: Path) -> None:
    source = str(write_blocks(tmp_path / "blocks", story.blocks))
    with pytest.raises(InputError, match="no chain of Bitcoin blocks"):
        import_source(source, format="bitcoin-blocks", into=tmp_path / "ledger", chain=ChainId("bip122:abc"))


@pytest.fixture
def late_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A regtest that BIP-34 binds only later, as Bitcoin Core's `-testactivationheight` makes it."""
    monkeypatch.setitem(NETWORKS, REGTEST, replace(NETWORKS[REGTEST], heights_from=100))


def old_blocks(count: int) -> list[bytes]:
    """Blocks from before BIP-34, which state no height."""
    blocks: list[bytes] = []
    for number in range(count):
        before = hash_of(blocks[-1]) if blocks else GENESIS
        blocks.append(make_block(before, [make_coinbase(number, 1, extra=bytes([number]))], version=1))
    return blocks


@pytest.mark.usefixtures("late_rule")
def test_old_blocks_are_placed_by_their_links_in_any_order(tmp_path: Path) -> None:
    blocks = old_blocks(5)
    take(write_blocks(tmp_path / "late", blocks[:1]), tmp_path / "ledger")
    report = take(write_blocks(tmp_path / "early", blocks[:0:-1]), tmp_path / "ledger")
    assert report.added == 4
    assert load(tmp_path / "ledger").block.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("late_rule")
def test_an_old_block_that_nothing_places_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing says at which height block [0-9a-f]{64} stands") as caught:
        take(write_blocks(tmp_path / "blocks", old_blocks(3)[1:]), tmp_path / "ledger")
    assert "down to the genesis block" in caught.value.remedy()
    assert not (tmp_path / "ledger").exists()


@pytest.mark.usefixtures("late_rule")
def test_beside_blocks_that_stand_it_is_a_reject(tmp_path: Path) -> None:
    blocks = old_blocks(4)
    report = take(write_blocks(tmp_path / "blocks", [blocks[0], blocks[3]]), tmp_path / "ledger")
    assert (report.added, report.rejected) == (1, 1)
    (row,) = rejects(tmp_path / "ledger")
    assert row["code"] == "ledger.unknown-height"
    assert json.loads(row["row"]) == {"block_hash": to_shown(hash_of(blocks[3]))}


def test_a_stale_block_is_refused_with_all_that_is_in_it(story: Story, tmp_path: Path) -> None:
    stale = make_block(hash_of(story.blocks[0]), [make_coinbase(2, 7), make_other(5)])
    report = take(write_blocks(tmp_path / "blocks", [stale, *story.blocks]), tmp_path / "ledger")
    assert (report.added, report.rejected) == (6, 1)
    assert rejects(tmp_path / "ledger")[0]["code"] == "ledger.rival-block"
    assert load(tmp_path / "ledger").tx_hashes.find(make_other(5).name) < 0


def test_what_the_ledger_keeps_is_not_put_out_by_more_work(story: Story, tmp_path: Path) -> None:
    take(write_blocks(tmp_path / "blocks", story.blocks[:2]), tmp_path / "ledger")
    rival = make_block(hash_of(story.blocks[0]), [make_coinbase(2, 7)])
    on_it = make_block(hash_of(rival), [make_coinbase(3, 7)])
    more = make_block(hash_of(on_it), [make_coinbase(4, 7)])
    with pytest.raises(InputError, match="does not stand"):
        take(write_blocks(tmp_path / "rivals", [rival, on_it, more]), tmp_path / "ledger")
    assert len(load(tmp_path / "ledger").heights()) == 2


FLAWS: dict[str, Callable[[Story], bytes]] = {
    "no work": lambda s: make_block(hash_of(s.blocks[2]), [make_coinbase(4, 1)], lazy=True),
    "another root": lambda s: make_block(hash_of(s.blocks[2]), [make_coinbase(4, 1)], root=bytes(32)),
    "twice the tail": lambda s: make_block(
        hash_of(s.blocks[2]), [make_coinbase(4, 1), make_other(1), make_other(2), make_other(2)]
    ),
    "another height": lambda s: make_block(hash_of(s.blocks[2]), [make_coinbase(9, 1)]),
    "cut": lambda s: make_block(hash_of(s.blocks[2]), [make_coinbase(4, 1)])[:-1],
    "longer": lambda s: make_block(hash_of(s.blocks[2]), [make_coinbase(4, 1)]) + b"x",
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_block_with_a_flaw_is_refused_and_the_others_are_not(
    flaw: str, story: Story, tmp_path: Path
) -> None:
    source = write_blocks(tmp_path / "blocks", [*story.blocks, FLAWS[flaw](story)])
    report = take(source, tmp_path / "ledger")
    assert (report.added, report.rejected) == (6, 1)
    (row,) = rejects(tmp_path / "ledger")
    assert (row["file"], row["line"], row["code"]) == ("003.raw", "1", "ledger.bad-raw-block")
    with pytest.raises(InputError):
        take(source, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()


def test_a_double_spend_in_a_later_block_is_refused_by_transaction(story: Story, tmp_path: Path) -> None:
    thief = make_tx([(story.coins.txid, 0)], [(COINS, pay_to(8))])
    four = make_block(hash_of(story.blocks[2]), [make_coinbase(4, 1), thief])
    report = take(write_blocks(tmp_path / "blocks", [*story.blocks, four]), tmp_path / "ledger")
    assert (report.added, report.rejected, report.read) == (7, 1, 8)
    assert rejects(tmp_path / "ledger")[0]["code"] == "ledger.double-spend"


def test_the_same_again_adds_nothing_and_keeps_no_second_copy(story: Story, tmp_path: Path) -> None:
    source = write_blocks(tmp_path / "blocks", story.blocks[:2])
    take(source, tmp_path / "ledger")
    before = (tmp_path / "ledger" / "ledger.json").read_text()
    again = take(source, tmp_path / "ledger")
    assert (again.added, again.already_there) == (0, 3)
    assert (tmp_path / "ledger" / "ledger.json").read_text() == before
    write_blocks(source, story.blocks)
    more = take(source, tmp_path / "ledger")
    assert (more.added, more.already_there) == (3, 3)
    (parcels,) = open_ledger(tmp_path / "ledger").manifest.blocks.values()
    assert [(parcel.blocks, parcel.heights) for parcel in parcels] == [(2, [1, 2]), (1, [3, 3])]


def test_one_block_in_two_files_counts_once(story: Story, tmp_path: Path) -> None:
    source = write_blocks(tmp_path / "blocks", [*story.blocks, story.blocks[0]])
    report = take(source, tmp_path / "ledger")
    assert (report.added, report.already_there, report.rejected) == (6, 1, 0)
    (parcels,) = open_ledger(tmp_path / "ledger").manifest.blocks.values()
    assert parcels[0].blocks == 3


def to_etl(story: Story, tmp_path: Path) -> Path:
    """The story's transactions as bitcoin-etl has them."""
    take(write_blocks(tmp_path / "for-etl", story.blocks), tmp_path / "for-etl.ledger")
    chain = load(tmp_path / "for-etl.ledger")
    lines = [
        {
            "hash": row.tx_hash,
            "block_number": row.block,
            "block_timestamp": row.time,
            "index": row.tx_index,
            "is_coinbase": row.coinbase,
            "inputs": [
                {"index": n, "spent_transaction_hash": i.prev_hash, "spent_output_index": i.prev_index}
                for n, i in enumerate(row.inputs)
            ],
            "outputs": [
                {"index": n, "value": o.value, "addresses": [o.address]} for n, o in enumerate(row.outputs)
            ],
        }
        for row in read_transactions(chain, range(chain.tx_count))
    ]
    (tmp_path / "etl.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "etl.json"


def test_blocks_add_proofs_to_what_another_format_brought(story: Story, tmp_path: Path) -> None:
    etl = to_etl(story, tmp_path)
    first = import_source(str(etl), format="bitcoin-etl", into=tmp_path / "ledger", chain=REGTEST)
    assert open_ledger(tmp_path / "ledger").manifest.blocks == {}
    report = take(write_blocks(tmp_path / "blocks", story.blocks), tmp_path / "ledger")
    assert (report.added, report.already_there, report.fingerprint) == (0, 6, first.fingerprint)
    assert len(open_ledger(tmp_path / "ledger").blocks(REGTEST)) == 3


def test_every_transaction_is_proven_from_what_is_kept(story: Story, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    take(write_blocks(tmp_path / "one", story.blocks[:1]), ledger)
    take(write_blocks(tmp_path / "two", story.blocks[1:]), ledger)
    store, chain = open_ledger(ledger).blocks(REGTEST), load(ledger)
    for row in read_transactions(chain, range(chain.tx_count)):
        place = store.find(row.tx_hash)
        assert place is not None
        assert (place.block, place.index) == (row.block, row.tx_index)
        proof = store.prove(place)
        assert proof is not None
        transaction, header = check_proof(proof)
        assert (to_shown(transaction.txid), header.time) == (row.tx_hash, row.time)
    assert store.find(story.first.name[::-1]) is None
    assert len(open_ledger(ledger).blocks(BITCOIN)) == 0


def test_a_transaction_of_64_bytes_is_not_proven(tmp_path: Path) -> None:
    ambiguous = make_tx([(b"\7" * 32, 0)], [(1, b"\x51\x51\x51\x51")])
    assert len(ambiguous.raw) == 64
    take(
        write_blocks(tmp_path / "blocks", [make_block(GENESIS, [make_coinbase(1, 1), ambiguous])]),
        tmp_path / "ledger",
    )
    store = open_ledger(tmp_path / "ledger").blocks(REGTEST)
    place = store.find(ambiguous.name)
    assert place is not None
    assert store.prove(place) is None
    assert store.prove(place.coinbase()) is not None


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["blocks.dat", "blocks.arrow", "transactions.arrow"])
def test_a_flipped_byte_in_what_is_kept_is_named(name: str, story: Story, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    take(write_blocks(tmp_path / "blocks", story.blocks), ledger)
    (file,) = (ledger / "blocks").glob(f"*/*/{name}")
    flip(file, file.stat().st_size // 2)
    with pytest.raises(IntegrityError) as caught:
        open_ledger(ledger).check()
    assert caught.value.place == str(file)


def test_a_flipped_byte_of_a_block_breaks_its_proofs_and_no_others(story: Story, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    take(write_blocks(tmp_path / "blocks", story.blocks), ledger)
    (file,) = (ledger / "blocks").glob("*/*/blocks.dat")
    flip(file, len(story.blocks[0]) + 100)
    store = open_ledger(ledger).blocks(REGTEST)
    for name, whole in ((story.coins.name, True), (story.second.name, True)):
        place = store.find(name)
        assert place is not None
        assert (store.prove(place) is not None) is whole
    place = store.find(story.first.name)
    assert place is not None
    with pytest.raises(IntegrityError, match="raw blocks that the ledger keeps are damaged"):
        store.prove(place.coinbase())


def test_a_killed_import_keeps_no_half_blocks(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, ledger = write_blocks(tmp_path / "blocks", story.blocks[:1]), tmp_path / "ledger"
    take(source, ledger)
    write_blocks(source, story.blocks)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "write_manifest", die)
        patch.setattr(folder_module, "_clear_leftovers", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            take(source, ledger)
    assert len(list((ledger / "blocks").glob("*/*"))) == 2
    assert len(open_ledger(ledger).blocks(REGTEST)) == 1
    report = take(source, ledger)
    assert report.added == 5
    assert len(open_ledger(ledger).blocks(REGTEST)) == 3
    assert len(list((ledger / "blocks").glob("*/*"))) == 2
    open_ledger(ledger).check()


def test_a_manifest_that_leads_out_of_the_folder_is_refused(story: Story, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    take(write_blocks(tmp_path / "blocks", story.blocks), ledger)
    content = json.loads((ledger / "ledger.json").read_text())
    content["blocks"][REGTEST][0]["folder"] = "blocks/../../elsewhere/0001"
    del content["sha256"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    content["sha256"] = sha256_hex(text.encode())
    (ledger / "ledger.json").write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match="list of contents is damaged"):
        open_ledger(ledger)


def test_a_rollback_makes_room_for_the_blocks_that_won(story: Story, tmp_path: Path) -> None:
    """The raw blocks above the height count no more: their rivals, or they themselves, can come in."""
    take(write_blocks(tmp_path / "all", story.blocks), tmp_path / "ledger")
    first = open_ledger(tmp_path / "ledger")
    top = first.status().chains[REGTEST].blocks[1]
    kept = len(first.blocks(REGTEST))
    assert roll_back(tmp_path / "ledger", REGTEST, top - 1) > 0
    lower = open_ledger(tmp_path / "ledger")
    assert len(lower.blocks(REGTEST)) == kept - 1
    assert max(held.height for held in lower.blocks(REGTEST).held().values()) == top - 1
    take(tmp_path / "all", tmp_path / "ledger")
    again = open_ledger(tmp_path / "ledger")
    assert again.chain_fingerprint(REGTEST) == first.chain_fingerprint(REGTEST)
    assert len(again.blocks(REGTEST)) == kept
    again.check(full=True)


def test_no_parcel_is_given_the_name_of_one_that_went(story: Story, tmp_path: Path) -> None:
    """Whoever opened the ledger before still reads by name."""
    ledger = tmp_path / "ledger"
    take(write_blocks(tmp_path / "one", story.blocks[:1]), ledger)
    take(write_blocks(tmp_path / "all", story.blocks), ledger)
    reader = open_ledger(ledger).blocks(REGTEST)
    place = reader.find(story.second.name)
    assert place is not None
    roll_back(ledger, REGTEST, 1)
    take(tmp_path / "all", ledger)
    names = [parcel.folder.rpartition("/")[2] for parcel in open_ledger(ledger).manifest.blocks[REGTEST]]
    assert names == ["0001", "0003"]
    proof = reader.prove(place)
    assert proof is not None
    assert proof.raw == story.second.raw
    roll_back(ledger, REGTEST, 0)
    assert open_ledger(ledger).manifest.blocks == {}
    take(tmp_path / "all", ledger)
    assert open_ledger(ledger).manifest.blocks[REGTEST][0].folder.endswith("/0004")
