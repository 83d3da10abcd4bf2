"""Proofs of single events, whole and broken."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from features.support.verification.auditing import victim
from features.support.verification.victim import ORIGIN, Victim
from indelible.errors import AuditError, ProofError
from indelible.merkle import (
    Checkpoint,
    generate_key,
    inclusion_proof,
    leaf_hash,
    sign_checkpoint,
    verify_consistency,
)
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.proof_file import HEADER, EventProof, build_proof, verify_proof
from indelible.verification.prove import prove_consistency, prove_event
from indelible.verification.trust import Trust, TrustLevel, trusted_keys

_UNKNOWN = "00000000-0000-7000-8000-000000000000"


def prove(log: Victim, number: int) -> EventProof:
    """Prove the event with a number."""
    with Session(log.engine) as session:
        event_id = session.execute(
            text("SELECT event_id FROM audit_event WHERE seq = :seq"), {"seq": number}
        ).scalar_one()
        return prove_event(session, Tables(), ORIGIN, str(event_id))


def check(kind: str, number: int, proof: str) -> None:
    """Verify a proof with nothing but the key."""
    verified = verify_proof(proof, victim(kind).trust, origin=ORIGIN)
    assert verified.index == number
    assert verified.event.details["number"] == number
    assert verified.checkpoint.size == 900
    assert verified.event.place is not None
    assert verified.event.place.log == ORIGIN


def check_lines(proof: str) -> None:
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == HEADER
    assert lines[1].startswith("extra eyJ")
    assert lines[2] == "index 123"
    assert len(lines[3:]) == 10, "a tree of 900 is 10 levels high"
    assert all(len(line) == 44 for line in lines[3:])
    assert note.startswith("audit\n900\n")
    assert note.rstrip("\n").split("\n")[-1].startswith("— example.com/audit ")


def check_bits(proof: str) -> None:
    """Flip every bit of the file, one at a time."""
    trust = victim("sqlite").trust
    assert verify_proof(proof, trust).index == 123
    data = proof.encode()
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            try:
                verify_proof(bytes(changed), trust)
            except ProofError:
                continue
            raise AssertionError(f"bit {bit} of byte {position} does not matter: {changed!r}")


def refusal(proof: str, problem: str) -> str:
    """Verify a proof with a problem, and return why it is refused."""
    lines = proof.split("\n")
    trust = victim("sqlite").trust
    origin = ORIGIN
    data: str | bytes = proof
    if problem == "another key":
        trust = Trust(TrustLevel.PINNED, trusted_keys(generate_key("x").verifier.vkey))
    elif problem == "another origin":
        origin = "other"
    elif problem == "a hash too many":
        data = "\n".join([*lines[:4], *lines[3:]])
    elif problem == "a hash too few":
        data = "\n".join([*lines[:3], *lines[4:]])
    elif problem == "no body":
        data = "\n".join([lines[0], *lines[2:]])
    elif problem == "no checkpoint":
        data = proof.partition("\n\n")[0]
    elif problem == "another header":
        data = proof.replace("@v1", "@v2")
    elif problem == "a signed index":
        data = proof.replace("index 123", "index +123")
    elif problem == "seventy hashes":
        data = "\n".join([*lines[:3], *[lines[3]] * 60, *lines[3:]])
    elif problem == "broken text":
        data = proof.encode("utf-16")
    else:
        raise AssertionError(problem)
    try:
        verify_proof(data, trust, origin=origin)
    except ProofError as error:
        return str(error)
    raise AssertionError("the proof was accepted")


def refusal_of_entry(body: bytes) -> str:
    """Prove an entry that was signed and is no event, verify, and return why it is refused."""
    signer = generate_key("example.com/audit")
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf_hash(body)), signer)
    proof = build_proof(0, body, (), note)
    try:
        verify_proof(proof, Trust(TrustLevel.PINNED, trusted_keys(signer.verifier)))
    except ProofError as error:
        return str(error)
    raise AssertionError("it was read as an event")


def failure(number: int | None) -> str:
    """Try to prove an event, and return why that cannot be done."""
    log = victim("sqlite")
    try:
        if number is None:
            with Session(log.engine) as session:
                prove_event(session, Tables(), ORIGIN, _UNKNOWN)
        else:
            prove(log, number)
    except AuditError as error:
        return str(error)
    raise AssertionError("it was proven")


def tiles_read(number: int) -> int:
    with Session(victim("sqlite").engine) as session:
        tiles = TreeReader(session, Tables(), ORIGIN)
        inclusion_proof(number, 900, tiles.fetch)
        return tiles.fetched


def check_consistency(size: int) -> None:
    log = victim("sqlite")
    log.restore()
    with Session(log.engine) as session:
        note = session.execute(
            text("SELECT note FROM audit_checkpoint WHERE size = :size"), {"size": size}
        ).scalar_one()
        old, _ = log.trust.open(note, ORIGIN)
        proof = prove_consistency(session, Tables(), ORIGIN, old)
    assert proof.size == 900
    verify_consistency(size, proof.size, old.root, proof.root, proof.hashes)


def inconsistency() -> str:
    log = victim("sqlite")
    try:
        with Session(log.engine) as session:
            prove_consistency(session, Tables(), ORIGIN, log.pin)
    except ProofError as error:
        return str(error)
    raise AssertionError("the fork is consistent")
