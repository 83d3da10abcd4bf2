"""The process in which the examples of one page run: ``python -P docs_driver.py LISTING``.

`docs_examples.py` writes the listing and explains the rules. This file stands alone, so that the
page's own code meets nothing of the tests.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import linecache
import os
import pty
import re
import shlex
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, TypedDict

EXIT_STATUS = re.compile(r"#\s*exits with (\d+)\s*$")
COLUMNS = "100"


class Block(TypedDict):
    kind: str
    line: int
    text: str


class WrongOutput(AssertionError):
    """What was printed is not what the page shows."""


def same_output(shown: str, printed: str) -> bool:
    """Whether they agree, with `...` for anything and white space at the ends of lines ignored."""

    def tidy(text: str) -> str:
        return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"

    checker = doctest.OutputChecker()
    return checker.check_output(tidy(shown), tidy(printed), doctest.ELLIPSIS)


def compare(shown: str, printed: str, where: str) -> None:
    if not same_output(shown, printed):
        raise WrongOutput(f"{where}: the page shows\n{shown}\nbut this was printed\n{printed}")


def run_python(block: Block, path: str, names: dict[str, Any]) -> str:
    """Run a block in the page's namespace. Returns what it printed."""
    if block["text"].lstrip().startswith(">>>"):
        run_doctest(block, path, names)
        return ""
    # Empty lines in front give tracebacks and warnings the page's own line numbers.
    source = "\n" * (block["line"] - 1) + block["text"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, path, "exec", dont_inherit=True), names)  # noqa: S102 - its purpose
    sys.stdout.write(printed.getvalue())
    return printed.getvalue()


def run_doctest(block: Block, path: str, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block["text"], names, path, path, block["line"] - 1)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    results = runner.run(test, clear_globs=False)
    # The doctest ran in a copy of the namespace.
    names.update(test.globs)
    if results.failed:
        raise WrongOutput(f"{path}:{block['line']}: {results.failed} of the examples failed")


def commands(text: str) -> list[tuple[str, str]]:
    """Take a console block apart into commands and what is shown below each."""
    result: list[tuple[str, str]] = []
    continued = False
    for line in text.splitlines():
        if continued or line.startswith("$ "):
            piece = line.removeprefix("$ ") if not continued else line
            if continued:
                result[-1] = (f"{result[-1][0]}\n{piece}", "")
            else:
                result.append((piece, ""))
            continued = piece.endswith("\\")
        else:
            result[-1] = (result[-1][0], f"{result[-1][1]}{line}\n")
    return result


def run_command(command: str) -> tuple[int, str]:
    """Run a shell command on a terminal, as the reader would. Returns its status and output."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "TERM": "dumb", "NO_COLOR": "1"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        output = b""
        # On Linux a terminal whose last writer has gone raises EIO where a pipe would end.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                output += chunk
        os.close(ours)
    return process.returncode, output.decode(errors="replace").replace("\r\n", "\n")


def run_console(block: Block, path: str) -> None:
    for command, shown in commands(block["text"]):
        where = f"{path}:{block['line']}: $ {command}"
        words = shlex.split(command, comments=True)
        if words[0] == "export":
            os.environ.update(dict(word.split("=", 1) for word in words[1:]))
            continue
        status, printed = run_command(command)
        print(f"$ {command}\n{printed}", end="")
        expected = EXIT_STATUS.search(command)
        if status != (int(expected[1]) if expected else 0):
            raise WrongOutput(f"{where}: exit status {status}\n{printed}")
        if shown.strip():
            compare(shown, printed, where)


def run_page(path: str, blocks: list[Block]) -> None:
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    printed = ""
    for block in blocks:
        if block["kind"] == "python":
            printed = run_python(block, path, names)
        elif block["kind"] == "output":
            compare(block["text"], printed, f"{path}:{block['line']}")
        else:
            run_console(block, path)


def main(listing: str) -> int:
    program = json.loads(Path(listing).read_text(encoding="utf-8"))
    # As for a script that the reader has saved here.
    sys.path.insert(0, str(Path.cwd()))
    linecache.checkcache(program["path"])
    try:
        run_page(program["path"], program["blocks"])
    except WrongOutput as error:
        print(error)
        return 1
    except BaseException:  # noqa: BLE001 - an example may raise whatever it likes, SystemExit too
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
