"""gunicorn --preload with two workers, for real: one is killed, and the master is told to end."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import deliver, options
from features.support.crash.ledger import SECONDS, Ledger
from features.support.processes import ROOT, unmeasured

WORKERS = 2

APPLICATION = "features.support.crash.application:application"
ORDER = "INDELIBLE_CRASH_ORDER"
"""Environment variable: what the application is told, see there."""

BEFORE = 100
"""Events that the master records before it forks."""


class NoGunicorn(Exception):
    """gunicorn is not installed."""


def serve(
    url: str,
    mode: str,
    directory: Path,
    requests: int,
    *,
    kill: bool,
    python: str = sys.executable,
) -> Verdict:
    """Let gunicorn serve requests that record, end it, and judge.

    Args:
        url: The database.
        mode: As for `killing.options`.
        directory: For the socket, spools and the judge's key.
        requests: How many requests to make at least.
        kill: Whether a worker is killed then, and as many are made again.
        python: The interpreter.
    """
    if python == sys.executable and importlib.util.find_spec("gunicorn") is None:
        raise NoGunicorn("gunicorn is not installed: pip install gunicorn")
    judge = Judge(url, directory)
    ledger = Ledger()
    spools, path, said = directory / "spools", directory / "socket", directory / "said"
    order = {"url": url, "service": options(mode, spools), "ledger": ledger.writer}
    with said.open("wb") as output:
        master = subprocess.Popen(
            [python, "-m", "gunicorn", "--preload", f"--workers={WORKERS}",
             f"--bind=unix:{path}", "--worker-tmp-dir=/dev/shm", "--log-level=warning",
             APPLICATION],
            cwd=ROOT, env=unmeasured() | {ORDER: json.dumps(order)},
            pass_fds=[ledger.writer], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    ledger.started()
    try:
        answers = _ask_until(path, requests, WORKERS)
        if kill:
            os.kill(answers[0], signal.SIGKILL)
            answers += _ask_until(path, requests, WORKERS, without=answers[0])
        master.send_signal(signal.SIGTERM)
        status = master.wait(SECONDS)
    finally:
        master.kill()
        master.wait()
    ledger.finish()
    assert status == 0, said.read_text()
    if mode == "spool":
        deliver(url, spools)
    verdict = judge.judge(ledger)
    expected = BEFORE + 3 * len(answers)
    assert verdict.acknowledged >= expected, f"{expected} events were to be recorded: {verdict}"
    return verdict


def _ask_until(path: Path, requests: int, workers: int, *, without: int = 0) -> list[int]:
    """Make requests, several at a time, until so many workers have answered.

    Returns:
        Who has answered each of them.
    """
    answers: list[int] = []
    deadline = time.monotonic() + SECONDS
    with ThreadPoolExecutor(4) as pool:
        while len(answers) < requests or len({*answers} - {without}) < workers:
            assert time.monotonic() < deadline, f"only {set(answers)} have answered"
            answers += pool.map(_ask, [path] * 8)
    return answers


def _ask(path: Path) -> int:
    """Make a request, once there is somebody to make it to. Returns who has answered."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(str(path))
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = b"".join(iter(lambda: connection.recv(4096), b""))
            return int(answer.rsplit(b"\r\n\r\n", 1)[1])
        except (OSError, IndexError, ValueError):
            # Not there yet, or killed with this very request in its hands.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
