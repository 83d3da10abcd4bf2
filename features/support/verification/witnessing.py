"""A log that witnesses have cosigned, and verifications that ask for their cosignatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from features.support.command_line import CommandLine
from features.support.verification import tamperings
from features.support.verification.auditing import trust_named, victim
from features.support.verification.commands import changed_signature
from features.support.verification.victim import run
from indelible.errors import AuditError
from indelible.merkle import (
    CosignatureSigner,
    Ed25519Verifier,
    Signature,
    add_signatures,
    generate_key,
    parse_note,
)
from indelible.storage.engines import make_engine
from indelible.verification.report import VerificationReport
from indelible.verification.trust import Quorum, Trust, TrustLevel, quorum_of

_NAME: Final = "witness.example/"


@cache
def witness(name: str) -> CosignatureSigner:
    """The witness of this run with a name."""
    return CosignatureSigner(_NAME + name, generate_key(name).seed)


def cosign(connection: Connection, size: int, names: Iterable[str]) -> None:
    """Let witnesses cosign the stored checkpoint over so many events."""
    note = _note(connection, size)
    message = parse_note(note)[0].encode()
    made = [Signature(item.name, item.key_id, item.sign(message)) for item in map(witness, names)]
    _store(connection, size, add_signatures(note, made))


def _note(connection: Connection, size: int) -> str:
    wanted = text("SELECT note FROM audit_checkpoint WHERE size = :size")
    note: str = connection.execute(wanted, {"size": size}).scalar_one()
    return note


def _store(connection: Connection, size: int, note: str) -> None:
    statement = "UPDATE audit_checkpoint SET note = :note WHERE size = :size"
    assert run(connection, statement, note=note, size=size) == 1


def cosign_untouched() -> None:
    """Put the log back as it was recorded, and let w1 and w2 cosign it."""
    log = victim("sqlite")
    log.restore()
    with log.engine.begin() as connection:
        cosign(connection, 500, ("w1", "w2"))
        cosign(connection, 900, ("w1",))


def change_cosignature() -> None:
    """Change the last byte of w1's cosignature over 900 events."""
    with victim("sqlite").engine.begin() as connection:
        _store(connection, 900, changed_signature(_note(connection, 900)))


def take_signature_out() -> None:
    """Leave the cosignature alone under the checkpoint over 900 events."""
    with victim("sqlite").engine.begin() as connection:
        words, signatures = _note(connection, 900).split("\n\n")
        own, cosignature = signatures.splitlines()
        assert _NAME in cosignature
        assert _NAME not in own
        _store(connection, 900, f"{words}\n\n{cosignature}\n")


def rewrite(how: str) -> None:
    """Rewrite the log "with the key" or without it."""
    log = victim("sqlite")
    with log.engine.begin() as connection:
        tamperings.TAMPERINGS[f"edit an event and rebuild everything {how}"](connection, log)


def keep_cosigned(name: str) -> str:
    """Return the checkpoint over 900 events as it was kept, with one cosignature."""
    with victim("sqlite").engine.begin() as connection:
        words, signatures = _note(connection, 900).split("\n\n")
    own = "\n".join(line for line in signatures.splitlines() if _NAME not in line)
    note = f"{words}\n\n{own}\n"
    item = witness(name)
    made = Signature(item.name, item.key_id, item.sign(parse_note(note)[0].encode()))
    return add_signatures(note, [made])


def verify_with_kept(note: str, names: str, required: int) -> VerificationReport:
    """Verify with a note that was kept, and some witnesses."""
    quorum = quorum_of([witness(name).verifier for name in names.split(", ")], required)
    trust = trust_named(victim("sqlite"), "pinned key")
    pin = Trust(trust.level, trust.keys, quorum).keep(note, "audit")
    return _asking(quorum, pins=(pin,))


def _asking(quorum: Quorum | None, *, pins: Any = ()) -> VerificationReport:
    log = victim("sqlite")
    trust = trust_named(log, "pinned key")
    return log.verify(trust=Trust(trust.level, trust.keys, quorum), pins=pins)


def verify(names: str, required: int, *, pinned: bool = False) -> VerificationReport:
    """Verify with the log's key and some witnesses, of whom so many must have cosigned."""
    keys = [witness(name).verifier for name in names.split(", ")]
    pins = (victim("sqlite").pin,) if pinned else ()
    return _asking(quorum_of(keys, required), pins=pins)


def verify_with_signer_key() -> VerificationReport:
    """Verify with w1's key as a string of type 0x01."""
    key = witness("w1")
    published = Ed25519Verifier(key.name, key.verifier.public_key).vkey
    return _asking(quorum_of([published]))


def check_witnessed(report: VerificationReport, size: int, names: str) -> None:
    wanted = tuple(_NAME + name for name in names.split(", ") if name)
    assert report.witnessed is not None
    assert (report.witnessed.size, report.witnessed.cosigners) == (size, wanted), report.witnessed


def check_silent(report: VerificationReport) -> None:
    assert report.witnessed is None
    assert report.members()["witnessed"] is None
    sentences = " ".join([*report.proven(), *report.unproven()])
    assert "cosign" not in sentences, sentences


def refusal(what: str) -> str:
    """Name witnesses in a way that makes no sense, and return what is said about it."""
    first, second = witness("w1").verifier, witness("w2").verifier
    alias = CosignatureSigner("other.example/w1", witness("w1").seed).verifier
    attempts: dict[str, Callable[[], object]] = {
        "three of two": lambda: quorum_of([first, second], 3),
        "none of two": lambda: quorum_of([first, second], 0),
        "one of none": lambda: quorum_of([], 1),
        "one witness under two names": lambda: quorum_of([first, alias]),
        "witnesses without a key of the log": lambda: Trust(
            TrustLevel.NONE, (), quorum_of([first])
        ),
    }
    try:
        attempts[what]()
    except AuditError as error:
        return str(error)
    raise AssertionError(f"{what} is accepted")


def cosign_for_command(line: CommandLine, url: str, file: str) -> None:
    """Let w1 and w2 cosign the command line's log, and write their keys into a file."""
    engine = make_engine(url, busy_timeout=5)
    with engine.begin() as connection:
        cosign(connection, 280, ("w1", "w2"))
    engine.dispose()
    (path,) = line.words(file)
    keys = [witness(name).verifier.vkey for name in ("w1", "w2")]
    Path(path).write_text("# those whom I know\n" + "\n".join(keys) + "\n")
    w1, w2 = witness("w1").verifier, witness("w2").verifier
    line.names.update(
        STRANGER=witness("w3").verifier.vkey,
        FIRST=w1.vkey,
        SECOND=w2.vkey,
        PUBLISHED=Ed25519Verifier(w1.name, w1.public_key).vkey,
    )


def keep_and_take_out(line: CommandLine, url: str, file: str) -> None:
    """Write the command line's checkpoint into a file, and leave the log's signature in the log."""
    engine = make_engine(url, busy_timeout=5)
    with engine.begin() as connection:
        note = _note(connection, 280)
        words, signatures = note.split("\n\n")
        own = [item for item in signatures.splitlines() if _NAME not in item]
        _store(connection, 280, "\n".join([f"{words}\n", *own, ""]))
    engine.dispose()
    (path,) = line.words(file)
    Path(path).write_text(note)


def change_file(path: Path) -> None:
    """Change the last signature in a file that ends with a note."""
    path.write_text(changed_signature(path.read_text()))
