"""Evidence: what matches a query, with a proof for each event, and a script that verifies it.

A bundle is a ZIP archive::

    README.txt        what this is, and how to verify it
    verify.py         the verifier, which needs nothing but Python (see `evidence_script`)
    __main__.py       so that ``python BUNDLE`` runs it
    manifest.json     the query, the range that was searched, and how many events matched
    events.jsonl      a line for each event: number, id, name of the proof
    proofs/N.tlog-proof
    checkpoint        the signed checkpoint that all the proofs lead to
    vkey              the log's verifier key, if it was given
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from indelible.errors import StorageError
from indelible.event import Place
from indelible.merkle import Checkpoint, inclusion_proof, parse_checkpoint, parse_note
from indelible.query import Events, Filters
from indelible.search import Search, criteria_of
from indelible.storage.reader import LogReader
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.proof_file import build_proof
from indelible.verification.prove import NotSealedError, newest_note

__all__ = ["Bundled", "export_evidence"]

_PAGE: Final = 500
_CACHED_TILES: Final = 256
_FORMAT: Final = "indelible evidence 1"

_README: Final = """\
This bundle holds events from the audit log {log!r}, and for each of them the proof that it is in
the log. It was made for this query:

    {query}

All sealed events were searched, which are those numbered 0 to {last}. {events} of them match.
{unsealed} further matching events are not sealed yet and not in the bundle.

To verify it, on any machine with Python 3.11 or later:

    python verify.py --key VKEY

where VKEY is the log's verifier key. Ask for it on another way than the one on which you got this
bundle: without --key the script takes the key that lies in the bundle, if there is one, and says
so. If you know witnesses of the log, name each of them with --witness VKEY: then the script checks
that they have been shown the same log. Checking signatures needs the package 'cryptography';
everything else is in the script, which is short enough to be read.
"""
_MAIN: Final = "import sys\n\nimport verify\n\nsys.exit(verify.main())\n"


@dataclass(frozen=True, slots=True)
class Bundled:
    """What is in a bundle.

    Attributes:
        events: How many events.
        unsealed: How many more match that no checkpoint covers yet; they are left out.
        checkpoint: The checkpoint that the proofs lead to.
    """

    events: int
    unsealed: int
    checkpoint: Checkpoint


def export_evidence(
    session: Session,
    tables: Tables,
    origin: str,
    filters: Filters,
    path: Path,
    *,
    key: str | None = None,
) -> Bundled:
    """Write a bundle.

    Args:
        session: A session whose view of the database does not change meanwhile.
        tables: The tables.
        origin: The log's name.
        filters: What the events must match.
        path: The archive to write; it appears when it is complete.
        key: The log's verifier key, to lie in the bundle.

    Returns:
        What is in it.

    Raises:
        NotSealedError: There is no checkpoint.
        ProofError: An event is not what was signed.
        StorageError: A matching event was pruned.
    """
    note = newest_note(session, tables, origin)
    if note is None:
        raise NotSealedError(f"the log {origin!r} has no signed checkpoint, so nothing is proven")
    checkpoint = parse_checkpoint(parse_note(note)[0])
    temporary = path.with_name(f".{path.name}.new")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            writer = _Writer(archive, session, tables, origin, note, checkpoint)
            bundled = writer.write(filters, key)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return bundled


class _Writer:
    def __init__(
        self,
        archive: zipfile.ZipFile,
        session: Session,
        tables: Tables,
        origin: str,
        note: str,
        checkpoint: Checkpoint,
    ) -> None:
        self._archive = archive
        self._session = session
        self._connection = session.connection()
        self._reader = LogReader(tables, origin, self._connection.engine)
        self._fetch = lru_cache(_CACHED_TILES)(TreeReader(session, tables, origin).fetch)
        self._origin = origin
        self._note = note
        self._checkpoint = checkpoint

    def write(self, filters: Filters, key: str | None) -> Bundled:
        size = self._checkpoint.size
        events = unsealed = 0
        with tempfile.TemporaryFile() as listing:
            for place, body in self._matching(filters):
                if place.seq < size:
                    listing.write(self._add(place, body) + b"\n")
                    events += 1
                else:
                    unsealed += 1
            listing.seek(0)
            self._archive.writestr("events.jsonl", listing.read())
        self._add_papers(filters, key, events, unsealed)
        return Bundled(events, unsealed, self._checkpoint)

    def _matching(self, filters: Filters) -> Iterator[tuple[Place, str]]:
        """Yield what matches, sealed or not."""
        if filters == Filters():
            # By number, because what was pruned has nothing else left.
            size = self._reader.size(self._connection)
            for first in range(0, size, _PAGE):
                stop = min(size, first + _PAGE)
                for place, body in self._reader.span(
                    self._connection, criteria_of(filters), first=first, stop=stop, limit=_PAGE
                ):
                    if body is None:
                        _refuse(place)
                    else:
                        yield place, body
            return
        search = Search(
            lambda _: nullcontext((self._connection, self._reader)),
            filters,
            newest=True,
            pruned=_refuse,
        )
        for batch in search.batches():
            yield from Events.of_rows(search.log, batch).bodies()

    def _add(self, place: Place, text: str) -> bytes:
        index, body = place.seq, text.encode()
        hashes = inclusion_proof(index, self._checkpoint.size, self._fetch)
        name = f"proofs/{index}.tlog-proof"
        self._archive.writestr(name, build_proof(index, body, hashes, self._note).text())
        event_id = msgspec.json.decode(body, type=dict[str, Any])["event_id"]
        return _json({"index": index, "event_id": event_id, "proof": name})

    def _add_papers(self, filters: Filters, key: str | None, events: int, unsealed: int) -> None:
        query = filters.described()
        manifest = {
            "format": _FORMAT,
            "log": self._origin,
            "query": query,
            "searched": {"first": 0, "stop": self._checkpoint.size},
            "events": events,
            "unsealed": unsealed,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "root": self._checkpoint.root.hex(),
        }
        script = resources.files("indelible.verification").joinpath("evidence_script.py")
        readme = _README.format(
            log=self._origin,
            query=_json(query).decode(),
            last=self._checkpoint.size - 1,
            events=events,
            unsealed=unsealed,
        )
        papers: dict[str, str | bytes] = {
            "README.txt": readme,
            "verify.py": script.read_bytes(),
            "__main__.py": _MAIN,
            "manifest.json": msgspec.json.format(_json(manifest), indent=2),
            "checkpoint": self._note,
        }
        if key is not None:
            papers["vkey"] = f"{key}\n"
        for name, content in papers.items():
            self._archive.writestr(name, content)


def _refuse(place: Place) -> None:
    raise StorageError(f"the event {place.seq} matches and was pruned: it cannot be proven")


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
