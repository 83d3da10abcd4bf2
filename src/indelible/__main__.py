"""``python -m indelible``: the command line."""

from __future__ import annotations

from indelible.cli import main

if __name__ == "__main__":
    main()
