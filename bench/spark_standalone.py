"""Apache Spark's own cluster on this machine: a master, workers and a Spark Connect server, on loopback.

* Spark is that of `$SPARK_HOME`, or PyPI's `pyspark` package: installed, or its source archive unpacked.
* Each process listens on 127.0.0.1 alone, and is ended with the block.
* Workers run this Python, with this tree's Jindo.

The slow tests and the bench of engines start it; Java 17 must be there.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
PATIENCE = 180
"""Seconds until a server must listen."""
_HERE = "127.0.0.1"
_DEPLOY = "org.apache.spark.deploy"
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


def find_spark() -> Path | None:
    """The folder that has Spark's `bin` and `jars`; `None` where there is none."""
    named, package = os.environ.get("SPARK_HOME"), importlib.util.find_spec("pyspark")
    homes = [] if named is None else [Path(named), Path(named, "deps"), Path(named, "pyspark")]
    homes += [] if package is None else map(Path, package.submodule_search_locations or ())
    return next(
        (home for home in homes if (home / "bin/spark-class").is_file() and (home / "jars").is_dir()), None
    )


@contextmanager
def running_spark(home: Path, folder: Path, *, workers: int, memory: str = "2g") -> Iterator[str]:
    """The address of a Spark Connect server over so many workers of one core each; logs and spilled rows go to `folder`.

    Raises:
        TimeoutError: a server does not come up; the end of its log is the text.
    """
    at, port = free_port(), free_port()
    master, here = f"spark://{_HERE}:{at}", ("--host", _HERE, "--webui-port", "0")
    with ExitStack() as stack:
        leader = (f"{_DEPLOY}.master.Master", "--port", str(at), *here)
        wait_for(at, stack.enter_context(_running(home, folder, "master", "spark-class", *leader)))
        for number in range(workers):
            worker = (f"{_DEPLOY}.worker.Worker", "--cores", "1", "--memory", memory, *here, master)
            stack.enter_context(_running(home, folder, f"worker-{number}", "spark-class", *worker))
        settings = {
            "spark.connect.grpc.binding.address": _HERE, "spark.connect.grpc.binding.port": port,
            "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": 2 * workers, "spark.cores.max": workers,
            "spark.executor.memory": "1g", "spark.driver.memory": "1g",
        }  # fmt: skip
        given = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        server = ("--master", master, "--class", _CONNECT, *given, "local:///none.jar")
        wait_for(port, stack.enter_context(_running(home, folder, "connect", "spark-submit", *server)))
        yield f"sc://{_HERE}:{port}"


@contextmanager
def _running(home: Path, folder: Path, name: str, *words: str) -> Iterator[Path]:
    """A process of Spark's, ended at the end; gives its log."""
    env = {
        **os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": _HERE, "PYSPARK_PYTHON": sys.executable,
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false", "PYTHONPATH": str(SOURCE), "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOCAL_DIRS": str(folder / "spill"),
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


def wait_for(port: int, log: Path) -> None:
    """Wait until somebody listens on a port of loopback.

    Raises:
        TimeoutError: nobody does; the text is the end of the log.
    """
    for _ in range(PATIENCE):
        try:
            socket.create_connection((_HERE, port), timeout=1).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise TimeoutError(log.read_text()[-4000:])


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with socket.socket() as found:
        found.bind((_HERE, 0))
        port: int = found.getsockname()[1]
    return port
