"""The same findings on a real cluster: Apache Spark 4, a master and two workers of their own on loopback.

Runs where `SPARK_HOME` names a full distribution (`pip download pyspark==4.2.0`, unpacked, is one); it is left out
elsewhere, and pytest says how many were.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.engines.spark_cases import (
    Asked,
    find_locally,
    find_on_cluster,
    make_account_pair,
    make_utxo_pair,
)

from jindo.ledger import open_ledger
from jindo.trace import NamedTransfer

pytestmark = [pytest.mark.engine("spark"), pytest.mark.slow]
SOURCE = Path(__file__).resolve().parents[2] / "src"
PATIENCE = 180


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def wait_for(port: int, log: Path) -> None:
    for _ in range(PATIENCE):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise TimeoutError(log.read_text()[-4000:])


@contextmanager
def running(folder: Path, name: str, *words: str) -> Iterator[Path]:
    """A process of Spark's, ended at the end."""
    home = Path(os.environ["SPARK_HOME"])
    python = ":".join(map(str, (SOURCE, *sorted((home / "python/lib").glob("*.zip")))))
    env = {
        **os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": python,
        "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOCAL_DIRS": str(folder / "spill"),
    }  # fmt: skip
    log = folder / f"{name}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [str(home / "bin" / words[0]), *words[1:]], env=env, stdout=stream, stderr=stream, cwd=folder
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Spark Connect server over two workers."""
    folder = tmp_path_factory.mktemp("spark")
    at, port = free_port(), free_port()
    master, here = f"spark://127.0.0.1:{at}", ("--host", "127.0.0.1", "--webui-port", "0")
    deploy = "org.apache.spark.deploy"
    with ExitStack() as stack:
        log = stack.enter_context(
            running(folder, "master", "spark-class", f"{deploy}.master.Master", "--port", str(at), *here)
        )
        wait_for(at, log)
        for number in (1, 2):
            worker = (f"{deploy}.worker.Worker", "--cores", "1", "--memory", "2g", *here, master)
            stack.enter_context(running(folder, f"worker-{number}", "spark-class", *worker))
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port,
            "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": 4, "spark.cores.max": 2,
        }  # fmt: skip
        words = tuple(word for name, value in settings.items() for word in ("--conf", f"{name}={value}"))
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        log = stack.enter_context(
            running(
                folder,
                "connect",
                "spark-submit",
                "--master",
                master,
                "--class",
                server,
                *words,
                "local:///none.jar",
            )
        )
        wait_for(port, log)
        yield f"sc://127.0.0.1:{port}"


def test_account_chain_gives_the_same_findings_on_two_workers(tmp_path: Path, spark_url: str) -> None:
    pair = make_account_pair(tmp_path, spark_url, 5, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    (chain,) = (open_ledger(pair.ledger).chain(name) for name in open_ledger(pair.ledger).chain_ids())
    named = NamedTransfer("t", chain.tx_hashes[3]), NamedTransfer("u", chain.tx_hashes[40])
    asked = Asked(named, services=(chain.accounts[5],), until=int(chain.time_at(chain.heights()[-4])))
    assert find_on_cluster(pair, asked) == find_locally(pair, asked)


def test_utxo_chain_gives_the_same_findings_on_two_workers(tmp_path: Path, spark_url: str) -> None:
    pair = make_utxo_pair(tmp_path, spark_url, 5, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    (chain,) = (open_ledger(pair.ledger).chain(name) for name in open_ledger(pair.ledger).chain_ids())
    asked = Asked((NamedTransfer("t", chain.tx_hashes[2]), NamedTransfer("u", chain.tx_hashes[9])))
    assert find_on_cluster(pair, asked) == find_locally(pair, asked)
