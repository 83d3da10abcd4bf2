"""Verifying logs that were tampered with, and comparing what is found with what a table says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, text

from features.support.verification import tamperings
from features.support.verification.victim import Victim, count, record, run, seal
from indelible import Actor, AuditService, Target
from indelible.errors import AuditError
from indelible.merkle import EMPTY_ROOT, Checkpoint, generate_key
from indelible.storage.engines import make_engine
from indelible.storage.schema import Tables
from indelible.verification.database import Options, verify_database
from indelible.verification.report import VerificationReport
from indelible.verification.trust import NO_TRUST, Trust, TrustedKey, TrustLevel, trusted_keys


@cache
def victim(kind: str) -> Victim:
    """The log of this run on a database of a kind."""
    return Victim.recorded(kind)


def shown(report: VerificationReport) -> str:
    """Return all findings in one line: what, and the first bad number or its range."""
    found = []
    for item in report.findings:
        place = str(item.first) if item.exact else f"{item.first}-{item.last}"
        found.append(f"{item.kind} {place}")
    return "; ".join(found) or "nothing"


def check_table(kind: str, rows: Iterable[Any], **options: Any) -> None:
    """Do what each row says to the log, verify, and compare; tell of all wrong rows.

    Each time the log is as it was recorded before, and verified once more untouched at the end.
    """
    log = victim(kind)
    wrong = []
    for row in rows:
        name, wanted = row["tampering"], row["found"]
        tamperings.do(name, log)
        report = log.verify(**options)
        if shown(report) != wanted:
            wrong.append(f"{name}: {shown(report)} instead of {wanted}")
        outcome = "proven" if wanted == "nothing" else "tampered"
        if report.outcome != outcome:
            wrong.append(f"{name}: the outcome is {report.outcome}")
    log.restore()
    if shown(log.verify(**options)) != "nothing":
        wrong.append("the restored log has findings")
    assert not wrong, "\n".join(wrong)


def trust_named(log: Victim, name: str) -> Trust:
    """Return the keys that a row calls by name."""
    own = trusted_keys(log.signer.verifier)
    return {
        "pinned key": Trust(TrustLevel.PINNED, own),
        "key found beside the log": Trust(TrustLevel.FOUND, own),
        "none": NO_TRUST,
        "another key": Trust(TrustLevel.PINNED, trusted_keys(generate_key("x").verifier)),
    }[name]


def verify_with_range(first_size: int) -> VerificationReport:
    log = victim("sqlite")
    log.restore()
    key = TrustedKey(log.signer.verifier, first_size)
    return log.verify(trust=Trust(TrustLevel.PINNED, (key,)), pins=())


def verify_with_handover(*, rewritten: bool = False, alone: bool = False) -> VerificationReport:
    """Verify with the log's key up to 900 and another from there on, which has sealed the end.

    Args:
        rewritten: Whether the newer key has rewritten the history before it signed.
        alone: Whether it has signed at 900 in the place of the older one.
    """
    log = victim("sqlite")
    log.restore()
    newer = generate_key("example.com/audit")
    with log.engine.begin() as connection:
        if rewritten:
            tamperings.TAMPERINGS["edit an event and rebuild everything without the key"](
                connection, log
            )
            tamperings.TAMPERINGS["delete the checkpoints"](connection, log)
        if alone:
            run(connection, "DELETE FROM audit_checkpoint")
            seal(connection, newer, 900)
        seal(connection, newer, 1000)
    keys = (
        TrustedKey(log.signer.verifier, 0, 900),
        TrustedKey(newer.verifier, 900, None),
    )
    return log.verify(trust=Trust(TrustLevel.PINNED, keys), pins=())


def problem_with_foreign_pin() -> str:
    log = victim("sqlite")
    log.restore()
    return _problem(lambda: log.verify(pins=(Checkpoint("other", 5, bytes(32)),)))


def problem_with_two_pins() -> str:
    log = victim("sqlite")
    log.restore()
    other = Checkpoint(log.pin.origin, log.pin.size, bytes(32))
    return _problem(lambda: log.verify(pins=(log.pin, other)))


def verify_with_empty_pin() -> VerificationReport:
    """Verify without a key, and with a checkpoint over no event, as every log once had it."""
    log = victim("sqlite")
    log.restore()
    return log.verify(trust=NO_TRUST, pins=(Checkpoint(log.pin.origin, 0, EMPTY_ROOT),))


def problem_with_missing_log() -> str:
    log = victim("sqlite")
    return _problem(lambda: verify_database(log.engine, Tables(), "missing"))


def _problem(verify: Callable[[], object]) -> str:
    try:
        verify()
    except AuditError as error:
        return str(error)
    raise AssertionError("it was verified")


def verify_since(size: int) -> VerificationReport:
    """Verify from a checkpoint of the log as it was recorded."""
    log = victim("sqlite")
    with log.engine.connect() as connection:
        note = connection.execute(
            text("SELECT note FROM kept_audit_checkpoint WHERE size = :size"), {"size": size}
        ).scalar_one()
    checkpoint, _ = log.trust.open(note, "audit")
    return log.verify(since=checkpoint, pins=())


def check_levels_differ() -> None:
    log = victim("sqlite")
    log.restore()
    seen = set()
    for level in TrustLevel:
        report = log.verify(trust=trust_named(log, str(level)), pins=())
        seen.add((str(report.members()["trust"]), *report.proven(), *report.unproven()))
    assert len({item[1:] for item in seen}) == len(TrustLevel), seen


def beginning_engine(url: URL) -> Engine:
    """Make an engine as SQLAlchemy's page on SQLite shows it for transactions that hold."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def verify_through_beginning_engine() -> VerificationReport:
    log = victim("sqlite")
    log.restore()
    engine = beginning_engine(log.engine.url)
    try:
        return verify_database(engine, Tables(), "audit", Options(trust=log.trust))
    finally:
        engine.dispose()


def verify_while_appending(url: str) -> list[VerificationReport]:
    """Verify with a key while another thread records and seals."""
    signer = generate_key("example.com/audit")
    trust = Trust(TrustLevel.PINNED, trusted_keys(signer.verifier))
    stop = threading.Event()
    with AuditService(url, audit_async=True, batch_size=50) as service:
        record(service, 0)
        service.flush()
        engine = make_engine(url, busy_timeout=30)

        def append() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                record(service, number)
                if number % 150 == 0:
                    service.flush()
                    with engine.begin() as connection:
                        seal(connection, signer, count(connection))

        appender = threading.Thread(target=append)
        appender.start()
        try:
            reports = [
                verify_database(
                    engine, Tables(), "audit", Options(trust=trust, processes=1 + number // 5)
                )
                for number in range(6)
            ]
        finally:
            stop.set()
            appender.join()
    engine.dispose()
    return reports


def verify_odd_names(url: str) -> VerificationReport:
    """Verify events whose names, ids and times are hard on a column."""
    odd = ["a\0b", "ü\u2028'\"\\%s {}", "\u2400", "_Parts(text=['a', 'b'])", "𝄞 x", "0", "x" * 255]
    with AuditService(url, log="odd") as service:
        for name in odd:
            service.record(
                name,
                actor=Actor("user", name),
                target=Target(name[:60], name),
                tenant=name,
                request_id=name,
                trace_id=name,
                source_ip="fe80::1%eth0",
                outcome="denied",
                occurred_at=datetime(1000, 1, 1, tzinfo=UTC),
            )
            service.record(name, actor="user:1", occurred_at=datetime.max.replace(tzinfo=UTC))
    engine = make_engine(url, busy_timeout=5)
    try:
        return verify_database(engine, Tables(), "odd")
    finally:
        engine.dispose()
