"""A process that forks before it has imported the library. Nothing here may import it earlier."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


def record(url: str, action: str) -> None:
    from indelible import AuditService

    with AuditService(url, audit_async=action == "asynchronous") as service:
        for _ in range(10):
            service.record(action, actor="user:1")


def main(url: str) -> None:
    assert "indelible" not in sys.modules
    pids = []
    # Some children begin before the parent imports, some while it does.
    importing = threading.Thread(target=record, args=(url, "parent"))
    for number in range(3):
        pid = os.fork()
        if pid == 0:
            signal.alarm(30)
            record(url, "asynchronous" if number % 2 else "synchronous")
            os._exit(0)
        pids.append(pid)
        if number == 1:
            importing.start()
            importing.join()
        time.sleep(0.01)
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        assert status == 0, status

    from features.support.recording import stored

    actions = [event.action for event in stored.check(url)]
    assert sorted(set(actions)) == ["asynchronous", "parent", "synchronous"], actions
    assert len(actions) == 40, len(actions)
    print("ok")


if __name__ == "__main__":
    main(sys.argv[2])
