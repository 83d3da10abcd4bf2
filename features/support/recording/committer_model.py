"""The committer and its queue on a made-up database, against a model of what they promise."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Any
from unittest import mock
from uuid import uuid4

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from features.support.recording.threads import Running, race, values
from indelible import AuditError, EventRefusedError, Place, Receipt
from indelible.body import EventRow
from indelible.writer import retrying
from indelible.writer.committer import Committer
from indelible.writer.queue import PendingQueue

BAD = "bad"


class Fault(Enum):
    EVENT = "event"
    BUSY = "busy"
    TRANSIENT = "transient"
    DATABASE = "database"


class DatabaseError(Exception):
    """What the made-up database raises."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def classify(error: BaseException) -> Fault:
    return error.fault if isinstance(error, DatabaseError) else Fault.DATABASE


def new_receipt(action: str = "good") -> Receipt:
    row: EventRow = (str(uuid4()), "", "", action, "", "", None, None, None, None, None, b"{}")
    return Receipt.of(row)


class MadeUpDatabase:
    """Holds ids in the order of their first commit, and refuses batches with a bad event."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._places: dict[str, int] = {}

    def append(self, rows: Sequence[EventRow]) -> list[Place | AuditError]:
        if any(row[3] == BAD for row in rows):
            raise DatabaseError(Fault.EVENT)
        for row in rows:
            if row[0] not in self._places:
                self._places[row[0]] = len(self.ids)
                self.ids.append(row[0])
        return [Place("audit", self._places[row[0]], b"") for row in rows]


class CommitterMachine(RuleBasedStateMachine):
    """One thread records, commits, withdraws and closes while the database does what it likes."""

    @initialize(patient=st.booleans(), batch_size=st.integers(1, 5))
    def begin(self, patient: bool, batch_size: int) -> None:
        self.database = MadeUpDatabase()
        self.queue = PendingQueue(1_000)
        self.patient = patient
        self.reported: list[AuditError] = []
        self.committer = Committer(
            self.queue,
            self.append,
            classify,
            batch_size=batch_size,
            busy_timeout=1.0,
            patient=patient,
            report=self.reported.append,
        )
        # The pauses between retries are of no interest here.
        self.committer._retrying.rest = lambda pause: None  # type: ignore[method-assign]
        self.script: deque[str] = deque()
        self.accepted: list[Receipt] = []
        self.ids: dict[int, str] = {}
        self.bad: set[str] = set()
        self.withdrawn: set[str] = set()
        self.unknown: set[str] = set()
        self.stopped = False

    # What the database does --------------------------------------------------------------------

    def append(self, rows: Sequence[EventRow]) -> Sequence[Place | AuditError]:
        step = self.script.popleft() if self.script else "work"
        note(f"append {len(rows)}: {step}")
        if step == "record inside":
            # A logging call inside the commit.
            receipt = self.accept("good")
            if not self.patient:
                assert self.committer.commit(receipt, 5.0) is False
            step = "work"
        if step == "interrupt before":
            raise KeyboardInterrupt
        if step in {"busy", "transient", "database"}:
            raise DatabaseError(Fault(step))
        result = self.database.append(rows)
        if step == "interrupt after":
            self.unknown.update(row[0] for row in rows)
            raise KeyboardInterrupt
        if step.startswith("lose the reply"):
            self.unknown.update(row[0] for row in rows)
            if step.endswith("and the database"):
                self.script.appendleft("database")
            raise DatabaseError(Fault.TRANSIENT)
        return result

    @rule(
        steps=st.lists(
            st.sampled_from(
                [
                    "work",
                    "busy",
                    "transient",
                    "database",
                    "record inside",
                    "interrupt before",
                    "interrupt after",
                    "lose the reply",
                    "lose the reply and the database",
                ]
            ),
            max_size=4,
        )
    )
    def plan(self, steps: list[str]) -> None:
        self.script.extend(steps)

    # What the application does -----------------------------------------------------------------

    def accept(self, action: str) -> Receipt:
        receipt = new_receipt(action)
        event_id = str(receipt.event_id)
        self.ids[id(receipt)] = event_id
        if action == BAD:
            self.bad.add(event_id)
        self.accepted.append(receipt)
        self.queue.force(receipt)
        return receipt

    @rule(actions=st.lists(st.sampled_from(["good", "good", "good", BAD]), max_size=6))
    def record(self, actions: list[str]) -> None:
        for action in actions:
            self.accept(action)

    @rule(action=st.sampled_from(["good", BAD]))
    def record_and_wait(self, action: str) -> None:
        receipt = self.accept(action)
        if self.patient:
            return
        try:
            assert self.committer.commit(receipt, 5.0) is True
        except KeyboardInterrupt:
            # Its caller knows nothing of it any more.
            if not receipt.done:
                self.withdrawn.add(self.ids[id(receipt)])
            return
        assert receipt.done

    @rule(patience=st.sampled_from([5.0, -1.0]))
    def commit_pending(self, patience: float) -> None:
        with suppress(KeyboardInterrupt):
            self.committer.commit_pending(time.monotonic() + patience)

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        if not self.accepted:
            return
        receipt = data.draw(st.sampled_from(self.accepted))
        event_id = self.ids[id(receipt)]
        if self.queue.remove(receipt):
            assert not receipt.done and event_id not in self.withdrawn
            self.withdrawn.add(event_id)
        else:
            assert receipt.done or event_id in self.withdrawn

    @rule()
    def stop(self) -> None:
        self.committer.stop(time.monotonic() + 5.0)

    # What is promised --------------------------------------------------------------------------

    @invariant()
    def everything_fits(self) -> None:
        in_database = set(self.database.ids)
        assert len(in_database) == len(self.database.ids)
        order = [self.ids[id(receipt)] for receipt in self.accepted]
        assert self.database.ids == [key for key in order if key in in_database], "out of order"
        assert not in_database & self.bad
        waiting = []
        for receipt in self.accepted:
            event_id = self.ids[id(receipt)]
            if receipt.place is not None:
                assert self.database.ids[receipt.place.seq] == event_id
            elif receipt.done:
                if event_id in in_database:
                    assert event_id in self.unknown
                    assert "is unknown" in str(receipt.error), receipt.error
                if event_id in self.bad:
                    refused = isinstance(receipt.error, EventRefusedError)
                    assert refused or not self.patient, receipt.error
            elif event_id in self.withdrawn:
                assert event_id not in in_database or event_id in self.unknown
            else:
                waiting.append(receipt)
        assert self.committer.pending() == waiting, "an event is lost, or there twice"
        assert not self.committer.leading
        assert not self.committer.in_flight()

    def teardown(self) -> None:
        if not hasattr(self, "committer"):
            return
        self.script.clear()
        self.committer.commit_pending(time.monotonic() + 5.0)
        self.everything_fits()
        for receipt in self.accepted:
            assert receipt.done or self.ids[id(receipt)] in self.withdrawn
        told = [receipt.error for receipt in self.accepted if receipt.error is not None]
        if self.patient:
            assert self.reported_refusals() == len(told)

    def reported_refusals(self) -> int:
        return sum(isinstance(error, EventRefusedError) for error in self.reported)


def check_machine() -> None:
    """Run the state machine; a failure shows the steps that lead to it."""
    configured = settings(
        max_examples=150,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    try:
        run_state_machine_as_test(CommitterMachine, settings=configured)
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        raise AssertionError(f"{type(error).__name__}: {error}\n{notes}") from error


@contextmanager
def _eager_threads() -> Iterator[None]:
    """Switch between threads as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def check_threads(threads: int, seeds: int = 4, events: int = 40) -> None:
    """Let threads commit through one committer while the database fails at random."""
    for seed in range(seeds):
        with _eager_threads(), mock.patch.object(retrying, "FIRST_DELAY", 0.0005):
            _commit_in_threads(random.Random(seed), threads, events)


def _commit_in_threads(chance: random.Random, threads: int, events: int) -> None:
    database, queue = MadeUpDatabase(), PendingQueue(1_000)
    appending = threading.Lock()

    def append(rows: Sequence[EventRow]) -> Sequence[Place | AuditError]:
        assert appending.acquire(blocking=False), "two threads lead at once"
        try:
            luck = chance.random()
            if luck < 0.1:
                raise DatabaseError(Fault.TRANSIENT)
            result = database.append(rows)
            if luck < 0.2:
                raise DatabaseError(Fault.TRANSIENT)
            return result
        finally:
            appending.release()

    committer = Committer(
        queue,
        append,
        classify,
        batch_size=7,
        busy_timeout=5.0,
        patient=False,
        report=lambda error: None,
    )
    recorded: list[list[Receipt]] = [[] for _ in range(threads)]
    bad = [{index for index in range(events) if chance.random() < 0.05} for _ in range(threads)]

    def record(number: int) -> None:
        for index in range(events):
            receipt = new_receipt(BAD if index in bad[number] else "good")
            recorded[number].append(receipt)
            queue.force(receipt)
            assert committer.commit(receipt, 20.0)
            assert receipt.done

    def one(number: int) -> Any:
        return lambda: record(number)

    values(race([one(number) for number in range(threads)]))
    assert len(queue) == 0
    good = 0
    for number, receipts in enumerate(recorded):
        places = [receipt.place for receipt in receipts]
        assert {index for index, place in enumerate(places) if place is None} == bad[number]
        seqs = [place.seq for place in places if place is not None]
        assert seqs == sorted(seqs), "a thread's events are out of order"
        good += len(seqs)
    assert len(database.ids) == good
    assert committer.counters.committed == good
    assert committer.counters.refused == sum(map(len, bad))


def check_pauses(least: float, most: float) -> None:
    """Look at the pauses of many outages of 100 attempts each."""
    outages = [
        [retrying.Retrying(patient=True, busy_timeout=1.0).pause(attempt) for attempt in range(100)]
        for _ in range(200)
    ]
    assert all(outage[0] < 0.05 for outage in outages)
    assert all(least <= pause <= most for outage in outages for pause in outage[10:])
    assert len({outage[-1] for outage in outages}) > 100, "processes do not part"


def check_withdrawals(events: int = 4_000) -> None:
    """Take events from a queue while other threads withdraw them."""
    queue = PendingQueue(events)
    receipts = [new_receipt() for _ in range(events)]
    taken: list[Receipt] = []
    withdrawn: list[list[Receipt]] = [[], []]
    done = threading.Event()
    first = threading.Event()

    def take() -> None:
        # Otherwise all may be put and taken before the others are given a turn.
        first.wait(10)
        while not done.is_set() or len(queue):
            batch: list[Receipt] = []
            queue.take(batch, most=3, most_bytes=1_000)
            taken.extend(batch)

    def put() -> None:
        for receipt in receipts:
            queue.force(receipt)
        done.set()

    def withdraw(number: int) -> None:
        # Always the one that the leader is about to take.
        while (not done.is_set() or len(queue)) and len(withdrawn[number]) < events // 4:
            oldest = queue.oldest()
            if oldest is not None and queue.remove(oldest):
                withdrawn[number].append(oldest)
                first.set()

    with _eager_threads():
        taking = Running([take])
        values(race([put, lambda: withdraw(0), lambda: withdraw(1)]))
        values(taking.join())
    fate = Counter(map(id, [*taken, *withdrawn[0], *withdrawn[1]]))
    assert set(fate) == set(map(id, receipts)), "an event is lost"
    assert set(fate.values()) == {1}, "an event was taken and withdrawn"
    assert taken, "nothing was taken"
    assert withdrawn[0] or withdrawn[1], "nothing was withdrawn"
