"""Downloads of a selection, streamed at constant memory and recorded before their first byte."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from indelible.errors import QueryError, QueryTimeoutError
from indelible.event import Place
from indelible.exporters import Csv, ExportRecord, JsonLines, Stored
from indelible.exporters.csv_ import COLUMNS
from indelible.query import MAX_LIMIT, Events, Filters
from indelible.web.parameters import Question, is_read
from indelible.web.recording import client_members, short_filters
from indelible.web.site import NotFoundError, Site, Visit

if TYPE_CHECKING:
    from indelible.exporters import LineFormat

__all__ = ["export"]

_VIEW_PARAMETERS: Final = frozenset({"limit", "cursor", "histogram"})
"""Parameters of a list that say nothing about what is taken away."""

if COLUMNS[0] != "seq":
    raise AssertionError("the number is expected in the first column")


class _Numberless(NamedTuple):
    """A body that is handed out without its place."""

    place: None
    body: str


class _NumberlessLines(JsonLines):
    """JSON Lines for readers who must not see numbers: the bodies alone."""

    def line(self, event: Any) -> bytes:
        return super().line(_Numberless(None, event.body))


class _NumberlessCsv(Csv):
    """CSV for readers who must not see numbers: that column is empty."""

    def line(self, event: Any) -> bytes:
        line = super().line(event)
        return line[line.index(b",") :]


def export(site: Site, visit: Visit) -> Response:
    """The events that match what the address says, as a file."""
    name = visit.request.path_params["format"]
    forms: dict[str, tuple[type[LineFormat], type[LineFormat]]] = {
        "jsonl": (JsonLines, _NumberlessLines),
        "csv": (Csv, _NumberlessCsv),
    }
    if name not in forms:
        raise NotFoundError(f"There is no format {name!r}; there are {' and '.join(forms)}.")
    form = forms[name][not visit.reader.sees_places]()
    question = site.question(visit)
    for parameter in visit.request.query_params:
        if parameter in _VIEW_PARAMETERS:
            raise QueryError(
                parameter,
                visit.request.query_params[parameter],
                "a download holds everything that matches; leave it out",
            )
    filters = visit.reader.narrowed(dict(question.filters))
    if visit.request.method == "HEAD":
        return Response(headers=_headers(site, form))
    site.exports.take()
    try:
        download = _Download(site, visit, question, filters, form)
    except BaseException:
        site.exports.give_back()
        raise
    return _Stream(download, _headers(site, form))


def _headers(site: Site, form: Any) -> dict[str, str]:
    log = re.sub(r"[^A-Za-z0-9._-]+", "-", site.service.log).strip(".-") or "log"
    return {
        "Content-Type": form.media_type,
        "Content-Disposition": f'attachment; filename="{log}{form.suffix}"',
    }


class _Download:
    """One export that is under way.

    Args:
        site: What views share.
        visit: Who asks, and how.
        question: For what.
        filters: The same, for this reader.
        form: In which format.

    Raises:
        QueryError: A filter makes no sense.
        AuditError: The log cannot be read, or the export not be recorded.
    """

    def __init__(
        self, site: Site, visit: Visit, question: Question, filters: dict[str, Any], form: Any
    ) -> None:
        self._site = site
        self._question = question
        self._form = form
        self._digest = hashlib.sha256()
        self._count = self._bytes = 0
        self._problem: str | None = "it was broken off"
        self._deadline = time.monotonic() + site.limits.export_seconds
        # What is recorded from now on is left for next time, the record of this export included.
        stop = site.service.size()
        first = int(filters.get("since_seq") or 0)
        asked = filters.get("until_seq")
        last = stop if asked is None else min(stop, int(asked))
        self._filters = {**filters, "until_seq": last}
        # Asked before anything is sent: what makes no sense is told by its status.
        self._first_page = self._page(None)
        self._pieces: Iterator[bytes] = self._made()
        self._record: ExportRecord | None = None
        if site.records_reads:
            self._record = ExportRecord(
                site.service.record,
                log=site.service.log,
                actor=str(visit.reader.actor),
                form=form.name,
                filters=short_filters(Filters.checked(dict(question.filters)).described()),
                first=first,
                stop=max(first, last),
                **client_members(visit.request),
            )
            self._record.begin()

    def piece(self) -> bytes | None:
        """Return the next bytes; None at the end."""
        piece = next(self._pieces, None)
        if piece is None:
            self._problem = None
            return None
        self._digest.update(piece)
        self._bytes += len(piece)
        return piece

    def failed(self, error: Exception) -> None:
        """Remember why it cannot go on."""
        self._problem = f"{type(error).__name__}: {error}"[:1000]

    def close(self) -> None:
        """Record how it ended, and make room for another one."""
        self._site.exports.give_back()
        if self._record is not None:
            self._record.end(
                count=self._count,
                size=self._bytes,
                sha256=self._digest.hexdigest(),
                problem=self._problem,
            )

    def _page(self, cursor: str | None) -> tuple[Events, str | None]:
        page = self._site.service.query(
            order=self._question.order,
            limit=MAX_LIMIT,
            cursor=cursor,
            timeout=self._site.limits.query_seconds,
            **self._filters,
        )
        items = page.items
        if not isinstance(items, Events):
            raise TypeError(f"a page holds {type(items).__name__}")
        return items, page.next_cursor

    def _made(self) -> Iterator[bytes]:
        if self._form.header:
            yield self._form.header
        items, cursor = self._first_page
        while True:
            lines = [self._form.line(stored) for stored in self._wanted(items.bodies())]
            self._count += len(lines)
            if lines:
                yield b"".join(lines)
            if cursor is None:
                return
            if time.monotonic() > self._deadline:
                raise QueryTimeoutError(
                    "timeout", self._site.limits.export_seconds, "the export takes longer"
                )
            items, cursor = self._page(cursor)

    def _wanted(self, bodies: Iterable[tuple[Place, str]]) -> Iterator[Stored]:
        hides = self._question.hides_reads
        for place, body in bodies:
            if not (hides and is_read(body)):
                yield Stored(place, body)


class _Stream(StreamingResponse):
    """Sends a download, and ends it however the sending ends.

    Args:
        download: What to send.
        headers: The answer's headers.
    """

    def __init__(self, download: _Download, headers: dict[str, str]) -> None:
        self._download = download
        super().__init__(self._sent(), headers=headers)

    async def _sent(self) -> AsyncIterator[bytes]:
        try:
            while (piece := await anyio.to_thread.run_sync(self._download.piece)) is not None:
                yield piece
        except Exception as error:
            # The answer has begun: breaking it off is the one way left to say that it is not whole.
            self._download.failed(error)
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Whoever asked may have gone away, which cancels all that is not shielded.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._download.close)
