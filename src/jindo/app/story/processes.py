"""The nodes of a story as real processes: started, killed, started again.

* Each is `jindo serve DIR`, as a user would start it, with its own log file in its folder.
* A node that died is started again by whoever asks for it; nothing but its folder tells it what it was.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from jindo.base.errors import SourceError

READY_WITHIN = 60
"""Seconds that a node may take until it answers."""


class NodeProcess:
    """One node's process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self, *, lasting: int | None = None) -> None:
        """Start it, unless it runs; `lasting` seconds later it ends by itself."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            words = [sys.executable, "-m", "jindo", "serve", str(self.folder)]
            words += ["--for", str(lasting)] if lasting else []
            with (self.folder / "serve.log").open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603  our own program, our own folder
                    words,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                    start_new_session=True,
                )

    @property
    def pid(self) -> int:
        """Its number in the system; 0 where it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and wait."""
        self._end(signal.SIGTERM)

    def leave(self) -> int:
        """Let it go on by itself; gives its number in the system."""
        pid, self._process = self.pid, None
        return pid

    def _end(self, number: signal.Signals) -> None:
        with self._lock:
            if self._process is None:
                return
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def wait_ready(url: str, certificate: Path, process: NodeProcess) -> None:
    """Return once the node answers.

    Raises:
        SourceError: it does not in time.
    """
    import ssl

    import httpx

    context = ssl.create_default_context(cafile=str(certificate))
    end = time.monotonic() + READY_WITHIN
    with httpx.Client(verify=context, timeout=5, trust_env=False) as http:
        while time.monotonic() < end:
            try:
                if http.get(f"{url}/health").is_success:
                    return
            except httpx.TransportError:
                pass
            if not process.pid:
                break
            time.sleep(0.1)
    raise SourceError(
        "the node does not answer", place=url, remedy=f"Look at the end of {process.folder / 'serve.log'}."
    )
