"""Compares the ledger with what is in the database, and with what `verify` says of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from features.support.crash.ledger import Account, Ledger
from features.support.recording import stored
from indelible import AuditService
from indelible.sealing import generate_key_file

OWN = "service:indelible"
"""The actor of what the library itself has to say in a log."""

_PIECE = 50_000
"""Events that are read at once."""


@dataclass
class Verdict:
    """What the judge has found; all but the first three and `own` must be nothing.

    Attributes:
        acknowledged: Events that programs were told are accepted.
        found: Events of theirs in the database.
        unacknowledged: Those of them that nobody was told of: a program was killed meanwhile, or
            was told that nobody knows.
        lost: Acknowledged, and not in the database.
        phantom: In the database, and never recorded, or said to be refused.
        duplicate: In the database more than once.
        disordered: In the database before an event that the same thread has recorded earlier.
        findings: What `verify` has found.
        own: The actions of events of the library's own.
        examples: Some events of each kind that should not be.
    """

    acknowledged: int = 0
    found: int = 0
    unacknowledged: int = 0
    lost: int = 0
    phantom: int = 0
    duplicate: int = 0
    disordered: int = 0
    findings: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether everything is as it should be."""
        wrong = (self.lost, self.phantom, self.duplicate, self.disordered, len(self.findings))
        return not any(wrong)

    def __str__(self) -> str:
        """Return it in one line, and the examples in lines of their own."""
        counts = (
            f"{self.acknowledged} acknowledged, {self.found} found "
            f"({self.unacknowledged} of them not acknowledged), {self.lost} lost, "
            f"{self.phantom} phantom, {self.duplicate} duplicate, {self.disordered} out of order, "
            f"verify: {'passes' if not self.findings else '; '.join(self.findings)}"
        )
        return "\n  ".join([counts, *self.examples[:20]])

    def __add__(self, other: Verdict) -> Verdict:
        mine, theirs = asdict(self), asdict(other)
        return Verdict(**{name: value + theirs[name] for name, value in mine.items()})

    def members(self) -> dict[str, Any]:
        """Return it as members for Robot Framework, with whether all is well."""
        return {**asdict(self), "good": bool(self), "text": str(self)}


class Judge:
    """Judges one log, as often as asked, each time what is new in it.

    It seals what it has judged with a key of its own, and keeps the checkpoint: a log that goes
    back behind it, or changes before it, is found out the next time.

    Args:
        url: The database.
        directory: Where the judge keeps its key, away from what it judges.
        log: The log's name.
        prepare: Whether to make the tables now, before anything fails.
    """

    def __init__(
        self, url: str, directory: Path, log: str = "audit", *, prepare: bool = True
    ) -> None:
        self.url = url
        self._log = log
        self._key = directory / "judge.key"
        self._verifier = generate_key_file(self._key, log).verifier
        self._seen = 0
        self._kept: str | None = None
        if prepare:
            with AuditService(url, log=log) as service:
                service.count()

    def judge(self, *ledgers: Ledger, lossy: bool = False) -> Verdict:
        """Compare what is new in the log with ledgers of programs that have ended.

        Args:
            ledgers: What they were told.
            lossy: Whether only what they know to be safe must be there: they kept the rest in
                memory alone, and ended in a way that nothing in memory survives.
        """
        accounts: dict[str, Account] = {}
        for ledger in ledgers:
            assert not accounts.keys() & ledger.accounts.keys(), "an actor in two ledgers"
            accounts |= ledger.accounts
        rows = self._new_rows()
        verdict = compare(rows, accounts, lossy=lossy)
        self._verify(verdict)
        return verdict

    def check_whole(self) -> int:
        """Check the whole log without the library, and return how many events it holds."""
        return len(stored.check(self.url, self._log))

    def _new_rows(self) -> Iterator[tuple[str, str]]:
        """Give actor and action of each event that was not judged before."""
        while True:
            found = stored.query(
                self.url,
                "SELECT e.actor, e.action FROM audit_event e"
                " JOIN audit_log l ON l.log_id = e.log_id"
                " WHERE l.origin = :log AND e.seq >= :seen AND e.seq < :stop ORDER BY e.seq",
                log=self._log,
                seen=self._seen,
                stop=self._seen + _PIECE,
            )
            if not found:
                return
            self._seen += len(found)
            yield from ((row.actor, row.action) for row in found)

    def _verify(self, verdict: Verdict) -> None:
        options: dict[str, Any] = {"signing_key": self._key, "checkpoint_interval": None}
        with AuditService(self.url, log=self._log, **options) as service:
            if not self._seen:
                return
            sealed = service.checkpoint()
            pins = [sealed.note] if self._kept is None else [self._kept, sealed.note]
            report = service.verify(keys=[self._verifier], pins=pins, since=self._kept)
        verdict.findings += [str(finding) for finding in report.findings]
        if not report:
            verdict.findings.append(f"the outcome is {report.outcome}")
        if not report.size == report.sealed == self._seen:
            verdict.findings.append(
                f"the head says {report.size} events, {report.sealed} are sealed, and there are "
                f"{self._seen}"
            )
        self._kept = sealed.note


def compare(
    rows: Iterable[tuple[str, str]], accounts: dict[str, Account], *, lossy: bool = False
) -> Verdict:
    """Compare the events of a log, in its order, with what their recorders were told.

    Args:
        rows: Actor and action of each event; the two together are what an event is known by.
        accounts: What each actor was told.
        lossy: As for `Judge.judge`.
    """
    verdict = Verdict()
    steps: dict[str, list[int]] = defaultdict(list)
    for actor, action in rows:
        if actor == OWN:
            verdict.own.append(action)
        else:
            steps[actor].append(int(action))
    for actor in accounts.keys() | steps.keys():
        _compare_one(verdict, actor, steps[actor], accounts.get(actor, Account()), lossy=lossy)
    return verdict


def _compare_one(
    verdict: Verdict, actor: str, steps: list[int], account: Account, *, lossy: bool
) -> None:
    found = set(steps)
    promised = acknowledged = account.all_acknowledged
    if lossy:
        # What was lost was the end of it: nothing is missing before what came through.
        promised = set(range(max(account.safe, max(steps, default=-1) + 1))) - account.refused
    lost = sorted(promised - found)
    settled = account.refused - acknowledged - account.unknown
    phantom = sorted(step for step in found if step >= account.tried or step in settled)
    doubles = sorted(step for step, number in Counter(steps).items() if number > 1)
    late = [step for before, step in pairwise(steps) if step < before]
    verdict.acknowledged += len(acknowledged)
    verdict.found += len(found)
    verdict.unacknowledged += len(found - acknowledged)
    verdict.lost += len(lost)
    verdict.phantom += len(phantom)
    verdict.duplicate += len(doubles)
    verdict.disordered += len(late)
    for kind, which in (
        ("lost", lost), ("phantom", phantom), ("duplicate", doubles), ("out of order", late)
    ):  # fmt: skip
        if which:
            verdict.examples.append(f"{actor}: {kind}: {which[:10]} of {len(which)}")
