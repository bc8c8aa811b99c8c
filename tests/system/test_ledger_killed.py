"""A process that appends, rolls back and imports is killed at any moment: the ledger is always one that it meant.

Others read meanwhile, and a second writer is refused.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jindo.base.errors import ConflictError
from jindo.base.ids import ETHEREUM, Account, AssetId, TxId, native_asset
from jindo.ledger import (
    Transfer,
    append_rows,
    build_account_chain,
    compute_fingerprint,
    import_source,
    open_ledger,
    roll_back,
)
from jindo.ledger.folder import writing

KILLS = 6
_WRITER = """
import sys
from pathlib import Path
from tests.system.test_ledger_killed import act
print("ready", flush=True)
for number in range(int(sys.argv[2]), 10**6):
    act(Path(sys.argv[1]), number)
    print(number, flush=True)
"""


def rows_of(block: int) -> list[Transfer]:
    """Twenty movements of a block."""
    return [
        Transfer(
            block,
            TxId(f"0x{block * 100 + i:064x}"),
            Account(f"0x{(block + i) % 37 + 1:040x}"),
            Account(f"0x{(block * 3 + i) % 41 + 1:040x}"),
            block + i,
            AssetId(native_asset(ETHEREUM)),
            tx_index=i,
        )
        for i in range(20)
    ]


def find_heights(number: int) -> list[int]:
    """The blocks that stand after so many acts: every fifth takes two off, the others put one on."""
    heights: list[int] = []
    for act_number in range(number):
        if act_number % 5 == 4:
            del heights[-2:]
        else:
            heights.append(300 * (act_number + 1))
    return heights


def act(folder: Path, number: int) -> None:
    """The act of this number, on the ledger that the ones before it left."""
    if number % 5 == 4:
        roll_back(folder / "ledger", ETHEREUM, find_heights(number + 1)[-1])
    elif number % 7 == 3:
        lines = [
            f"{row.block},{row.tx_hash},{row.sender},{row.receiver},{row.amount},{row.tx_index},{row.asset}\n"
            for row in rows_of(300 * (number + 1))
        ]
        source = folder / f"{number}.csv"
        source.write_text("block,tx_hash,from,to,amount,tx_index,asset\n" + "".join(lines))
        import_source(str(source), format="transfers", into=folder / "ledger")
    else:
        append_rows(folder / "ledger", ETHEREUM, rows_of(300 * (number + 1)))


def find_state(ledger: Path, numbers: range) -> int:
    """After how many acts the ledger stands, which must be one of these."""
    there = open_ledger(ledger) if (ledger / "ledger.json").exists() else None
    entry = there.manifest.chains.get(ETHEREUM) if there is not None else None
    found = None if entry is None else [run.blocks[1] for run in entry.runs][-1]
    matching = [n for n in numbers if max(find_heights(n), default=None) == found]
    assert matching, (found, numbers)
    number = matching[-1]
    if there is not None and entry is not None:
        chain = build_account_chain(ETHEREUM, [row for h in find_heights(number) for row in rows_of(h)])
        assert there.chain(ETHEREUM) == chain
        assert there.chain_fingerprint(ETHEREUM) == compute_fingerprint(chain)
        there.check(full=True)
    return number


def test_a_writer_killed_at_any_moment_leaves_what_it_last_meant(tmp_path: Path) -> None:
    chance, done = random.Random(4), 0  # moments, not secrets
    for _ in range(KILLS):
        command = [sys.executable, "-c", _WRITER, str(tmp_path), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            for _ in range(chance.randrange(1, 8)):
                said = writer.stdout.readline()
                done = int(said) + 1
            time.sleep(chance.uniform(0, 0.1))
            writer.kill()
            told = [int(line) + 1 for line in writer.stdout.read().splitlines()]
        done = max([done, *told])
        done = find_state(tmp_path / "ledger", range(done, done + 2))
    act(tmp_path, done)
    find_state(tmp_path / "ledger", range(done + 1, done + 2))


def test_many_read_while_one_writes(tmp_path: Path) -> None:
    for number in range(3):
        act(tmp_path, number)
    command = [sys.executable, "-c", _WRITER, str(tmp_path), "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        seen: set[int] = set()
        while len(seen) < 6 and writer.poll() is None:
            ledger = open_ledger(tmp_path / "ledger")
            chain = ledger.chain(ETHEREUM)
            heights = chain.heights().tolist()
            assert heights in [find_heights(n) for n in range(200)]
            assert compute_fingerprint(chain) == compute_fingerprint(
                build_account_chain(ETHEREUM, [row for height in heights for row in rows_of(height)])
            )
            seen.add(heights[-1])
        assert writer.poll() is None
        writer.kill()


def test_two_processes_cannot_write_at_once(tmp_path: Path) -> None:
    act(tmp_path, 0)
    second = (
        "import sys; from pathlib import Path; from tests.system.test_ledger_killed import act\n"
        "act(Path(sys.argv[1]), 1)"
    )
    with writing(tmp_path / "ledger"):
        refused = subprocess.run(
            [sys.executable, "-c", second, str(tmp_path)], capture_output=True, text=True, check=False
        )
        with pytest.raises(ConflictError):
            roll_back(tmp_path / "ledger", ETHEREUM, 0)
    assert "ConflictError" in refused.stderr
    assert find_state(tmp_path / "ledger", range(1, 3)) == 1
