"""Stop a server and remove a directory once the process that asked for them is gone.

Started as ``python -I -S watchdog.py DIRECTORY [SIGNAL USER LOG COMMAND...]`` by `servers.py` and
`scratch.py`. It starts COMMAND, if there is one, prints the server's process id, and then reads
standard input, whose other end the test run holds:

* ``k``: stop the server and keep the directory, so that it can be started again;
* ``r`` or end of file: stop it and remove the directory.

End of file also comes when the test run is gone without a word, by SIGTERM or kill -9, which is why
this is a process of its own: no server and no file outlives the run. It imports nothing outside
the standard library, and starts without site-packages to be quick.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

STOP_SECONDS = 30.0
"""How long the server may take to shut down before it is killed."""


def start(user: str, log: str, command: list[str]) -> subprocess.Popen[bytes]:
    """Start the server and tell the test run its process id, and later its end by end of file."""
    with Path(log).open("ab") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user or None,
            # The servers refuse to start where their account cannot look around.
            cwd="/",
        )
    os.write(1, f"{server.pid}\n".encode())

    def close_stdout_at_its_end() -> None:
        server.wait()
        os.close(1)

    threading.Thread(target=close_stdout_at_its_end, daemon=True).start()
    return server


def stop(server: subprocess.Popen[bytes], stop_signal: str) -> None:
    if server.poll() is not None:
        return
    server.send_signal(signal.Signals[stop_signal])
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main(arguments: list[str]) -> int:
    directory, *rest = arguments
    server = None
    if rest:
        stop_signal, user, log, *command = rest
        server = start(user, log, command)

    word = os.read(0, 1)

    if server is not None:
        stop(server, stop_signal)
    if word != b"k":
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
