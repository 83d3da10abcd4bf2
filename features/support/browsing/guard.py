"""Run a browser's driver, and end it with all its browsers once nobody is there to ask for them.

Started as ``python -I -S guard.py DRIVER [ARGUMENT ...]``. The other end of standard input is held
by the test run: end of file also comes when that is gone without a word, by kill -9 for one. The
driver by itself would then go on for ever, as would each browser that it has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    driver = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        # A group of its own: its browsers are in it too, and Ctrl-C in a terminal is not for it.
        start_new_session=True,
    )

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)

    def end_with_input() -> None:
        while os.read(0, 1024):
            pass
        end()

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=end_with_input, daemon=True).start()
    return driver.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
