"""The examples in the documentation, found and run.

A page reads as one program. Its blocks run in order, in one fresh interpreter, in an empty
directory:

* ```` ```python ```` blocks share one namespace; a block of `>>>` lines is run as a doctest;
* an ```` ```output ```` block right after one holds what it prints;
* ```` ```console ```` blocks run each line after `$ ` in a shell, on a terminal, with the
  environment's programs on the PATH. Lines below a command are what it prints, and it must succeed,
  unless it ends with the comment `# exits with 2`.

In what is printed, `...` stands for anything. There is no way to leave a `python` or `console`
block out; commands that cannot run here, `pip install` for one, stand in ```` ```sh ```` blocks.

A page that needs a server says so in an HTML comment, finds the URL of an empty database in the
environment variable DATABASE_URL, and is skipped loudly where the server cannot be had:

    <!-- requires: postgresql -->
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

from features.support import servers

ROOT = Path(__file__).parents[2]

PAGE_SECONDS = 120.0
"""How long all the examples of one page may take together."""

EXECUTED = ("python", "console", "output")

_LOOKALIKES = re.compile(
    r"\{?(code-block|code|py|python3|pycon|ipython|shell-session)\b.*", re.IGNORECASE
)
"""Ways to write an example that would be shown but not run."""

_REQUIRES = re.compile(r"<!--\s*requires:\s*(\S*)\s*-->")
_DRIVER = Path(__file__).with_name("docs_driver.py")


@dataclass(frozen=True)
class Block:
    """One fenced block that is executed or compared.

    Attributes:
        kind: One of `EXECUTED`.
        line: The page's line number, from 1, of its first line of text.
        text: What stands between the fences.
    """

    kind: str
    line: int
    text: str


@dataclass
class Page:
    """One page of the documentation.

    Attributes:
        path: The file.
        blocks: Its executed blocks, in order.
        requires: The kind of server that it needs, if any.
        problems: What is wrong with the page as it is written, one sentence each.
    """

    path: Path
    blocks: list[Block] = field(default_factory=list)
    requires: str | None = None
    problems: list[str] = field(default_factory=list)


class Failed(AssertionError):
    """The examples of a page are wrong; the text holds what the page's process said."""


def pages() -> list[str]:
    """The files that may hold examples, relative to the project's root."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    relative = [path.relative_to(ROOT) for path in found if path.exists()]
    # Names with an underscore in front are what Sphinx builds or includes.
    return [str(path) for path in relative if not any(part[0] == "_" for part in path.parts)]


def page_rows() -> list[list[str]]:
    """A row for each page that has something to run or something wrong, for an Examples table."""
    rows = []
    for name in pages():
        page = read(ROOT / name)
        if page.blocks or page.problems:
            rows.append([name])
    return rows


def read(path: Path) -> Page:
    """Find the executed blocks of a page and what is wrong with it."""
    page = Page(path)
    text = path.read_text(encoding="utf-8")
    requirements = _REQUIRES.findall(text)
    if len(requirements) > 1:
        page.problems.append(f"{path.name} requires {len(requirements)} databases: one at most")
    elif requirements and requirements[0] not in servers.KINDS:
        page.problems.append(
            f"{path.name} requires {requirements[0]!r}: use one of {', '.join(servers.KINDS)}"
        )
    elif requirements:
        page.requires = requirements[0]

    for token in MarkdownIt().parse(text):
        if token.type != "fence" or token.map is None:
            continue
        info = token.info.strip()
        where = f"{path.name}:{token.map[0] + 1}"
        if info in EXECUTED:
            page.blocks.append(Block(info, token.map[0] + 2, token.content))
        elif info.split(" ")[0] in EXECUTED:
            page.problems.append(
                f"{where}: '{info}': every such block runs, so write '{info.split(' ')[0]}' alone"
            )
        elif _LOOKALIKES.fullmatch(info):
            page.problems.append(f"{where}: '{info}' would not run: write python or console")
    page.problems += _order_problems(page)
    return page


def _order_problems(page: Page) -> list[str]:
    problems = []
    before = None
    for block in page.blocks:
        where = f"{page.path.name}:{block.line}"
        if block.kind == "output" and before != "python":
            problems.append(f"{where}: an output block must follow a python block")
        if block.kind == "console" and not block.text.startswith("$ "):
            problems.append(f"{where}: a console block must begin with a command after '$ '")
        before = block.kind
    return problems


def run(page: Page, directory: Path) -> None:
    """Run all blocks of a page.

    Args:
        page: What `read` gave.
        directory: An empty directory to run them in.

    Raises:
        Failed: An example is wrong.
        servers.Unavailable: The page needs a server that cannot be had.
    """
    if page.problems:
        raise Failed("\n".join(page.problems))
    environment = dict(os.environ)
    environment.pop("DATABASE_URL", None)
    if page.requires is not None:
        environment["DATABASE_URL"] = servers.new_database(page.requires)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    # What a page leaves in a home directory is not for the one who runs the tests.
    environment["HOME"] = str(directory)

    program = {"path": str(page.path), "blocks": [asdict(block) for block in page.blocks]}
    listing = directory.with_suffix(".json")
    listing.write_text(json.dumps(program), encoding="utf-8")
    try:
        process = subprocess.run(
            # -P: this directory's modules must not be found by the page's imports.
            [sys.executable, "-P", str(_DRIVER), str(listing)],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PAGE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{page.path.name} took longer than {PAGE_SECONDS:.0f} seconds") from error
    finally:
        listing.unlink()
    if process.returncode != 0:
        raise Failed(f"{page.path.name}: exit status {process.returncode}\n{process.stdout}")
