"""``indelible tail``: the newest events, and those to come."""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.filters import filter_options
from indelible.cli.output import console, event_line, format_option, wants_json, write_json
from indelible.cli.pages import Pages
from indelible.cli.settings import Settings, database_options
from indelible.errors import StorageError

if TYPE_CHECKING:
    from indelible.event import AuditEvent
    from indelible.service import AuditService

__all__ = ["command"]

_LINES: Final = 10


@click.command(name="tail")
@filter_options
@click.option("-f", "--follow", is_flag=True, help="Go on with what is recorded from now on.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    help=f"How many of the newest events to begin with.  [default: {_LINES}]",
)
@click.option(
    "--after",
    type=click.IntRange(min=-1),
    metavar="NUMBER",
    help="Begin behind the event with this number in the log instead; -1 for the whole log.",
)
@click.option(
    "--poll",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look for new events.",
)
@format_option
@database_options
def command(
    *,
    settings: Settings,
    filters: dict[str, Any],
    follow: bool,
    lines: int | None,
    after: int | None,
    poll: float,
    as_json: bool | None,
) -> None:
    """Show the newest events, and those to come.

    Events come in the order of their numbers in the log, one a line, each written at once. With
    --follow it goes on until Ctrl-C, or until whoever reads the output has gone.

    The number of the last event that was handled, passed with --after, is where to go on the next
    time: nothing is missed and nothing comes twice. As JSON Lines, each line is an event as list
    prints it.
    """
    if after is not None and lines is not None:
        raise click.UsageError("--after says where to begin, and so does --lines: pass one of them")
    stop = threading.Event()
    show = _shown(as_json=wants_json(as_json))
    with settings.reader() as service:
        events, behind = _events(
            service, filters, _LINES if lines is None else lines, after, follow, poll, stop
        )
        if follow:
            _watch_reader(stop)
        interrupts = _Interrupts()
        try:
            with interrupts:
                for event in events:
                    with interrupts.held():
                        show(event)
                        behind = max(behind, _number(event))
        except KeyboardInterrupt:
            if not follow:
                raise
            message = f"interrupted. To go on from here: --after {behind}"
            raise CommandError(message, ExitCode.INTERRUPTED) from None
        except StorageError:
            click.echo(f"To go on from here: --after {behind}", err=True)
            raise
    if stop.is_set():
        raise BrokenPipeError


class _Interrupts:
    """A context manager in which Ctrl-C does not come between showing an event and counting it."""

    def __init__(self) -> None:
        self._holding = False
        self._pending = False
        self._former: Any = None

    def __enter__(self) -> None:
        """Deal with Ctrl-C from now on."""
        self._former = signal.signal(signal.SIGINT, self._interrupt)

    def __exit__(self, *_: object) -> None:
        """Let it be dealt with as before."""
        signal.signal(signal.SIGINT, self._former)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it back until the end of the block; the second one does not wait for that."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending:
            raise KeyboardInterrupt

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self._holding and not self._pending:
            self._pending = True
        else:
            raise KeyboardInterrupt


def _events(
    service: AuditService,
    filters: dict[str, Any],
    lines: int,
    after: int | None,
    follow: bool,
    poll: float,
    stop: threading.Event,
) -> tuple[Iterator[AuditEvent], int]:
    """Return the events, and behind which number those begin that nobody was shown before."""
    if after is not None:
        stream = service.stream(
            after=None if after < 0 else after, follow=follow, poll=poll, stop=stop, **filters
        )
        return stream, after
    # What is committed from now on comes by the stream, and what was before by pages.
    size = service.size()
    until = min(size, filters.get("until_seq", size))
    newest = Pages(service, {**filters, "until_seq": until}, lines)
    coming: Iterator[AuditEvent] = iter(())
    if follow:
        # Made first: it refuses some filters that pages know.
        coming = service.stream(
            after=None if not size else size - 1, poll=poll, stop=stop, **filters
        )
    return chain(sorted(newest, key=_number), coming), size - 1


def _number(event: AuditEvent) -> int:
    # What was read has a place.
    return -1 if event.place is None else event.place.seq


def _shown(*, as_json: bool) -> Callable[[AuditEvent], None]:
    """Return what writes one event; nothing of it stays in a buffer."""
    if as_json:
        return lambda event: write_json(event_line(event))
    from indelible.cli.lines import event_text

    screen = console()
    return lambda event: screen.print(event_text(event), soft_wrap=True)


def _watch_reader(stop: threading.Event) -> None:
    """Set an event once nobody is left who reads standard output.

    Otherwise only the next event would tell, which may come in a week.
    """
    try:
        descriptor = sys.stdout.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def watch() -> None:
        watched = select.poll()
        # Asked for nothing, it still tells of errors, such as that of a pipe without a reader.
        watched.register(descriptor, 0)
        watched.poll()
        stop.set()

    threading.Thread(target=watch, name="indelible-reader", daemon=True).start()
