"""One event, its place in the log, its neighbours, and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from indelible.errors import InvalidEventError, ProofError, QueryTimeoutError, StorageError
from indelible.event import AuditEvent
from indelible.web.parameters import address
from indelible.web.site import ForbiddenError, NotFoundError, Site, Visit

if TYPE_CHECKING:
    from indelible.merkle import Checkpoint, Note
    from indelible.verification.proof_file import EventProof

__all__ = ["event", "proof", "proof_file", "stored"]

_NEIGHBOURS: Final = 20
"""Most neighbours of one kind that are shown."""

_ABSENT: Final = "There is no such event, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Events that belong to the same request, or the same trace.

    Attributes:
        kind: ``request`` or ``trace``.
        value: The id that they share.
        events: The others, the oldest first.
        query: The query of the list of all of them.
        more: Whether there are more than are shown.
        unknown: Whether it took too long to look for them.
    """

    kind: str
    value: str
    events: list[AuditEvent]
    query: str
    more: bool
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Checked:
    """What became of the proof of an event.

    Attributes:
        result: ``proven``, ``unproven``, ``unsealed`` or ``failed``.
        problem: What is wrong, in the words of the library; None for nothing, or if it is not for
            this reader.
        proof: The proof; None where there is none to show.
        checkpoint: The checkpoint that covers the event.
        note: The checkpoint's note, with the signatures that were verified.
    """

    result: str
    problem: str | None = None
    proof: EventProof | None = None
    checkpoint: Checkpoint | None = None
    note: Note | None = None


def event(site: Site, visit: Visit) -> Response:
    """One event with all that it says, and what belongs to it."""
    found = _find(site, visit)
    beside = site.aside.submit(_adjacent, site, visit, found)
    neighbours = [
        site.aside.submit(_neighbours, site, visit, found, kind, value)
        for kind, value in (("request", found.request_id), ("trace", found.trace_id))
        if value is not None
    ]
    site.reads.event(visit.request, visit.reader, found, "event")
    return site.render(
        "event.html",
        visit.request,
        visit=visit,
        event=found,
        neighbours=[one.result() for one in neighbours],
        adjacent=beside.result(),
        targets=[one for one in (found.target, *found.targets) if one is not None],
        facts=_facts(found),
    )


def proof(site: Site, visit: Visit) -> Response:
    """The proof of one event, fetched and checked now."""
    found = _find(site, visit)
    site.reads.event(visit.request, visit.reader, found, "proof")
    return site.render(
        "part_proof.html" if visit.is_part else "proof.html",
        visit.request,
        visit=visit,
        event=found,
        checked=_check(site, visit, found),
        trust=site.trust,
    )


def proof_file(site: Site, visit: Visit) -> Response:
    """The proof as a file, to be kept and checked elsewhere."""
    found = _find(site, visit)
    if not visit.reader.sees_places:
        raise ForbiddenError("A proof holds the event's number and the log's size.")
    site.reads.event(visit.request, visit.reader, found, "proof")
    try:
        text = site.service.prove(found.event_id).text()
    except (ProofError, StorageError) as error:
        raise NotFoundError(f"There is no proof of this event: {error}") from error
    return Response(
        text,
        media_type="text/plain; charset=utf-8",
        headers=_attachment(f"{found.event_id}.tlog-proof"),
    )


def stored(site: Site, visit: Visit) -> Response:
    """The event's body, exactly as stored."""
    found = _find(site, visit)
    site.reads.event(visit.request, visit.reader, found, "event")
    return Response(
        found.body, media_type="application/json", headers=_attachment(f"{found.event_id}.json")
    )


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _find(site: Site, visit: Visit) -> AuditEvent:
    try:
        found = site.service.get(visit.request.path_params["event_id"])
    except InvalidEventError:
        found = None
    if found is None or not visit.reader.may_see(found):
        raise NotFoundError(_ABSENT)
    return found


def _neighbours(site: Site, visit: Visit, found: AuditEvent, kind: str, value: str) -> _Neighbours:
    name = f"{kind}_id"
    filters: dict[str, Any] = visit.reader.narrowed({name: value})
    query = address([(name, value), ("order", "oldest")])
    try:
        page = site.service.query(
            order="oldest",
            limit=_NEIGHBOURS + 1,
            timeout=site.limits.query_seconds,
            **filters,
        )
    except QueryTimeoutError:
        return _Neighbours(kind, value, [], query, more=False, unknown=True)
    others = [one for one in page.items if one.event_id != found.event_id]
    more = page.next_cursor is not None or len(others) > _NEIGHBOURS
    return _Neighbours(kind, value, others[:_NEIGHBOURS], query, more)


def _adjacent(site: Site, visit: Visit, found: AuditEvent) -> dict[str, AuditEvent]:
    """Return the events right before and behind one in the log, for readers of the whole log."""
    if found.place is None or visit.reader.tenants is not None:
        return {}
    out = {}
    for name, seq in (("before", found.place.seq - 1), ("after", found.place.seq + 1)):
        one = site.service.at(seq) if seq >= 0 else None
        if one is not None:
            out[name] = one
    return out


def _check(site: Site, visit: Visit, found: AuditEvent) -> _Checked:
    from indelible.verification.proof_file import verify_proof
    from indelible.verification.prove import NotSealedError
    from indelible.verification.trust import TrustLevel

    def told(problem: object) -> str | None:
        # The library's words hold numbers of the log.
        return str(problem) if visit.reader.sees_places else None

    try:
        fetched = site.service.prove(found.event_id)
        if site.trust.level is TrustLevel.NONE:
            return _Checked("unproven", proof=fetched, checkpoint=fetched.checkpoint)
        verified = verify_proof(fetched, site.trust, origin=site.service.log)
    except NotSealedError as error:
        return _Checked("unsealed", told(error))
    except ProofError as error:
        return _Checked("failed", told(error))
    if verified.body.decode() != found.body:
        return _Checked("failed", told("it was changed between two looks"))
    return _Checked("proven", None, fetched, verified.checkpoint, verified.note)


def _facts(found: AuditEvent) -> list[tuple[str, str, str | None]]:
    """Return the further facts of an event: name, value, and a filter that finds its like."""
    out = []
    for name in (
        "severity", "duration", "tenant", "request_id", "trace_id", "span_id", "session_id",
        "source", "source_ip", "user_agent",
    ):  # fmt: skip
        value = getattr(found, name)
        if value is not None:
            filters = name in {"tenant", "request_id", "trace_id", "source_ip"}
            query = address([(name, str(value))]) if filters else None
            out.append((name.replace("_", " "), str(value), query))
    return out
