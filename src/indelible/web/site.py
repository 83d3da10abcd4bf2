"""What all views share: the log, its readers' limits, the templates, and what is under way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from indelible.counting import spelled
from indelible.visible import visible
from indelible.web.limits import Limits, Slots
from indelible.web.markup import change_rows, is_plain, lines, moment_html, text_html, value_html
from indelible.web.parameters import Question, question_of
from indelible.web.reader import Reader
from indelible.web.recording import Reads
from indelible.web.verifying import LogStatus
from indelible.web.words import Words
from indelible.web.zones import COMMON, UTC_ZONE, Zone

if TYPE_CHECKING:
    from indelible.merkle import Verifier
    from indelible.service import AuditService
    from indelible.verification.trust import TrustedKey

__all__ = ["ForbiddenError", "NotFoundError", "Site", "View", "Visit", "root_of"]

_REMEMBERED: Final = 4_096
"""Actors and targets whose addresses are remembered."""

_STATIC: Final = files("indelible.web") / "static"


class NotFoundError(Exception):
    """There is nothing at an address that its reader may see."""


class ForbiddenError(Exception):
    """A page is about more of the log than its reader may see."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, with what is known about who makes it.

    Attributes:
        request: The request.
        reader: Who makes it.
        zone: The zone in which times are shown.
    """

    request: Request
    reader: Reader
    zone: Zone

    @property
    def root(self) -> str:
        """The path under which the page is mounted, without a slash at its end."""
        return root_of(self.request)

    @property
    def is_part(self) -> bool:
        """Whether a script asks, which takes a part out of the page."""
        return self.request.headers.get("hx-request") == "true"


def root_of(request: Request) -> str:
    """Return the path under which the page is mounted, as it stands in addresses."""
    return quote(str(request.scope.get("root_path", "")).rstrip("/"), safe="/")


class Site:
    """Everything that lives as long as the page.

    Args:
        service: The log.
        limits: How much readers may ask for.
        keys: The verifier keys that are trusted.
        record_reads: Whether looks at the page are recorded.
        signs_in: Whether readers sign in with a token, and can so sign out.
    """

    def __init__(
        self,
        service: AuditService,
        *,
        limits: Limits,
        keys: Iterable[str | Verifier | TrustedKey],
        record_reads: bool,
        signs_in: bool,
    ) -> None:
        self.service = service
        self.limits = limits
        # Told now, and not by the first reader who wants a proof checked.
        named = tuple(keys)
        self.trust = service.trusting(*named)
        self.reads = Reads(service, enabled=record_reads)
        self.records_reads = record_reads
        self.signs_in = signs_in
        self.exports = Slots(limits.exports)
        self.status = LogStatus(service, named, limits)
        self.words = Words(service)
        # For what a page need not wait for before it goes on. The interpreter's end waits for it,
        # so that no look is lost.
        self.aside = ThreadPoolExecutor(limits.readers, "indelible-page")
        self._environment = _environment()

    def question(self, visit: Visit, fixed: Mapping[str, str] | None = None) -> Question:
        """Return what a request's address asks for.

        Raises:
            QueryError: It makes no sense.
        """
        return question_of(
            visit.request.query_params.multi_items(),
            reader=visit.reader,
            limits=self.limits,
            zone=visit.zone,
            fixed=fixed,
        )

    def render(
        self, template: str, request: Request, *, status: int = 200, **values: Any
    ) -> Response:
        """Return a page.

        Args:
            template: The template's name.
            request: The request that it answers.
            status: The status of the answer.
            **values: What the template shows; `visit` among them if the reader is known.
        """
        visit: Visit | None = values.setdefault("visit", None)
        values.update(
            root=root_of(request),
            log=self.service.log,
            path=request.url.path,
            zone=visit.zone if visit is not None else UTC_ZONE,
            reader=None if visit is None else visit.reader,
            signs_in=self.signs_in,
        )
        text = self._environment.get_template(template).render(values)
        return HTMLResponse(text, status, {"Vary": "HX-Request, Cookie"})


View = Callable[[Site, Visit], Response]
"""What answers a request; called in a thread of its own, because it asks the database."""


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("indelible.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        text=text_html,
        spelled=spelled,
        value=value_html,
        change_rows=change_rows,
        is_plain=is_plain,
        lines=lines,
        visible=lambda text: visible(str(text)),
    )
    environment.globals.update(
        moment=moment_html, common_zones=COMMON, digests=_digests(), segment=segment, utc=UTC_ZONE
    )
    return environment


def segment(text: object) -> str:
    """Return a text as one segment of an address's path."""
    return _quoted(str(text))


@lru_cache(_REMEMBERED)
def _quoted(text: str) -> str:
    return quote(text, safe=":@,")


def _digests() -> dict[str, str]:
    """Return a digest of each static file, so that browsers may keep it for as long as it is it."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        for file in _STATIC.iterdir()
        if file.is_file()
    }
