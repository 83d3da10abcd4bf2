"""A process that records while somebody reads.

Started as ``python -m features.support.browsing.recorder URL``, it prints ``ready`` after its first
event, goes on until its standard input ends, and prints how many it has recorded.
"""

from __future__ import annotations

import select
import sys

from indelible import AuditService

ACTION = "order.place"
PAUSE = 0.03
"""Seconds between two events."""


def main(url: str) -> None:
    number = 0
    with AuditService(url) as audit:
        while True:
            audit.record(ACTION, actor="service:shop", target=f"order:{number}")
            number += 1
            if number == 1:
                print("ready", flush=True)
            if select.select([sys.stdin], [], [], PAUSE)[0]:
                break
    print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
