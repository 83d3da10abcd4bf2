"""What can be done to a log behind the library's back, by name."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, text

from features.support.verification.victim import (
    COLUMNS,
    SEALED,
    Victim,
    leaves,
    rebuild,
    renumber,
    run,
    seal,
    store,
)
from indelible.merkle import Ed25519Signer, TreeState, generate_key, leaf_hash

Tampering = Callable[[Connection, Victim], None]

_NEW_VALUES: Final[dict[str, Any]] = {
    "event_id": str(uuid.UUID(int=7)),
    "occurred_at": "2020-01-01 00:00:00.000001",
    "recorded_at": "2020-01-01 00:00:00.000001",
    "leaf_hash": bytes(32),
}
"""What to put into the columns that do not take a word."""


def do(name: str, victim: Victim) -> None:
    """Do what a row of the table names, to the log as it was recorded."""
    victim.restore()
    with victim.engine.begin() as connection:
        _find(name)(connection, victim)


def _find(name: str) -> Tampering:
    kind, _, argument = name.partition(" of event ")
    if kind.startswith("edit the column "):
        column = kind.removeprefix("edit the column ")
        return lambda connection, _: _edit(connection, column, int(argument))
    return TAMPERINGS[name]


def _edit(connection: Connection, column: str, seq: int) -> None:
    value = _NEW_VALUES.get(column, "denied")
    changed = run(
        connection,
        f"UPDATE audit_event SET {column} = {_cast(connection, column)} WHERE seq = :seq",
        value=value,
        seq=seq,
    )
    assert changed == 1


def _cast(connection: Connection, column: str) -> str:
    types = {"event_id": "uuid", "occurred_at": "timestamp", "recorded_at": "timestamp"}
    if connection.dialect.name == "postgresql" and column in types:
        return f"CAST(:value AS {types[column]})"
    return ":value"


def edit_body(connection: Connection, seq: int, *, rehash: bool = False) -> None:
    body = connection.execute(
        text("SELECT body FROM audit_event WHERE seq = :seq"), {"seq": seq}
    ).scalar_one()
    edited = body.replace('"number":', '"numbers":')
    assert edited != body
    run(connection, "UPDATE audit_event SET body = :body WHERE seq = :seq", body=edited, seq=seq)
    if rehash:
        leaf = leaf_hash(edited.encode())
        statement = "UPDATE audit_event SET leaf_hash = :leaf WHERE seq = :seq"
        run(connection, statement, leaf=leaf, seq=seq)


def _delete(connection: Connection, first: int, last: int) -> None:
    statement = "DELETE FROM audit_event WHERE seq BETWEEN :first AND :last"
    assert run(connection, statement, first=first, last=last) == last - first + 1


def _delete_renumbered(connection: Connection, seq: int) -> None:
    _delete(connection, seq, seq)
    renumber(connection, seq + 1, -1)


def _insert(connection: Connection, seq: int) -> None:
    """Insert a copy of event 5 with an id of its own, hashed as it should be."""
    body = connection.execute(text("SELECT body FROM audit_event WHERE seq = 5")).scalar_one()
    known = str(
        connection.execute(text("SELECT event_id FROM audit_event WHERE seq = 5")).scalar_one()
    )
    fresh = str(uuid.uuid4())
    body = body.replace(known, fresh)
    columns = COLUMNS.replace("seq", ":seq").replace("event_id", _cast_id(connection), 1)
    columns = columns.replace("body", ":body").replace("leaf_hash", ":leaf")
    run(
        connection,
        f"INSERT INTO audit_event ({COLUMNS}) SELECT {columns} FROM audit_event WHERE seq = 5",
        seq=seq,
        value=fresh,
        body=body,
        leaf=leaf_hash(body.encode()),
    )


def _cast_id(connection: Connection) -> str:
    return "CAST(:value AS uuid)" if connection.dialect.name == "postgresql" else ":value"


def _insert_renumbered(connection: Connection, seq: int) -> None:
    renumber(connection, seq, 1)
    _insert(connection, seq)


def _swap(connection: Connection, one: int, two: int) -> None:
    for old, new in ((one, -1), (two, one), (-1, two)):
        run(connection, "UPDATE audit_event SET seq = :new WHERE seq = :old", new=new, old=old)


def _tile(connection: Connection, column: str, level: int, value: bytes) -> None:
    statement = f"UPDATE audit_tile SET {column} = :value WHERE level = :level AND tile_index = 1"
    assert run(connection, statement, value=value, level=level) == 1


def _tile_with_a_wrong_hash(connection: Connection, *, root: bool) -> None:
    hashes = bytearray(
        connection.execute(
            text("SELECT hashes FROM audit_tile WHERE level = 0 AND tile_index = 1")
        ).scalar_one()
    )
    hashes[44 * 32] ^= 1
    _tile(connection, "hashes", 0, bytes(hashes))
    if root:
        parts = [bytes(hashes[start : start + 32]) for start in range(0, len(hashes), 32)]
        _tile(connection, "root", 0, TreeState.empty().extend(parts).state.root())


def _break_body(connection: Connection, seq: int) -> None:
    """Put something that is no event into a body, and hash it again."""
    statement = "UPDATE audit_event SET body = '{', leaf_hash = :leaf WHERE seq = :seq"
    run(connection, statement, leaf=leaf_hash(b"{"), seq=seq)


def _edit_two(connection: Connection) -> None:
    edit_body(connection, 123)
    _edit(connection, "actor", 124)


def _edit_three(connection: Connection) -> None:
    for seq in (800, 950, 997):
        edit_body(connection, seq, rehash=True)


def _leaf_and_tile(connection: Connection) -> None:
    """Change the stored hash of one event, and the tile that holds it, so that both agree."""
    _tile_with_a_wrong_hash(connection, root=False)
    hashes = connection.execute(
        text("SELECT hashes FROM audit_tile WHERE level = 0 AND tile_index = 1")
    ).scalar_one()
    statement = "UPDATE audit_event SET leaf_hash = :leaf WHERE seq = :seq"
    run(connection, statement, leaf=bytes(hashes[44 * 32 : 45 * 32]), seq=300)


def _insert_and(connection: Connection, then: Callable[[Connection], None]) -> None:
    _insert_renumbered(connection, 850)
    then(connection)


def _empty_body(connection: Connection, seq: int) -> None:
    run(connection, "UPDATE audit_event SET body = NULL WHERE seq = :seq", seq=seq)


def _cut_events(connection: Connection, size: int) -> None:
    """Cut events, tiles and head, and leave the checkpoints."""
    run(connection, "DELETE FROM audit_event WHERE seq >= :size", size=size)
    rebuild(connection)


def _delete_and_change_head(connection: Connection) -> None:
    _head(connection, [bytes(32), *leaves(connection)[1:]])
    _delete(connection, 123, 123)


def _delete_with_tile(connection: Connection) -> None:
    """Delete an event with the tile that remembers it, and renumber those after it."""
    _delete_renumbered(connection, 123)
    run(connection, "DELETE FROM audit_tile WHERE tile_index = 0")


def _forge_many(connection: Connection, victim: Victim) -> None:
    """Fill the table with checkpoints that nobody has signed."""
    note = connection.execute(text("SELECT note FROM audit_checkpoint WHERE size = 900"))
    forged = _resigned(note.scalar_one(), -1)
    for _ in range(120):
        store(connection, forged)


def _head(connection: Connection, leaves_: list[bytes]) -> None:
    state = TreeState.empty().extend(leaves_).state
    statement = "UPDATE audit_log SET size = :size, frontier = :frontier"
    run(connection, statement, size=state.size, frontier=state.frontier.to_bytes())


def _cut(connection: Connection, size: int) -> None:
    """Make of the log what it was at a smaller size, as an old dump would."""
    run(connection, "DELETE FROM audit_event WHERE seq >= :size", size=size)
    run(connection, "DELETE FROM audit_checkpoint WHERE size > :size", size=size)
    rebuild(connection)


def _fork(connection: Connection) -> None:
    """Go on otherwise after the first 500 events."""
    for seq in range(500, 1000):
        edit_body(connection, seq)
    run(connection, "DELETE FROM audit_checkpoint WHERE size > 500")
    rebuild(connection)


def _rewrite(connection: Connection, victim: Victim, signer: Ed25519Signer | None) -> None:
    """Edit one event and rebuild all that follows from it; sign it all again if there is a key."""
    edit_body(connection, 123)
    rebuild(connection)
    if signer is not None:
        run(connection, "DELETE FROM audit_checkpoint")
        for size in (500, SEALED, 1000):
            seal(connection, signer, size)


def _note(connection: Connection, change: Callable[[str], str]) -> None:
    note = connection.execute(
        text("SELECT note FROM audit_checkpoint WHERE size = 900")
    ).scalar_one()
    changed = change(note)
    assert changed != note
    run(connection, "UPDATE audit_checkpoint SET note = :note WHERE size = 900", note=changed)


def _resigned(note: str, where: int) -> str:
    """Change a byte of the signature line: the key's id is in the first four."""
    head, _, encoded = note.rstrip("\n").rpartition(" ")
    data = bytearray(base64.b64decode(encoded))
    data[where] ^= 1
    return f"{head} {base64.b64encode(data).decode()}\n"


def _other_checkpoint(connection: Connection, signer: Ed25519Signer, origin: str) -> None:
    run(connection, "DELETE FROM audit_checkpoint WHERE size = 900")
    seal(connection, signer, SEALED, origin)


def _statement(statement: str, **values: Any) -> Tampering:
    def tamper(connection: Connection, _: Victim) -> None:
        assert run(connection, statement, **values) > 0

    return tamper


TAMPERINGS: Final[dict[str, Tampering]] = {
    "do nothing": lambda c, v: None,
    "edit a body": lambda c, v: edit_body(c, 123),
    "edit a body after the last tile": lambda c, v: edit_body(c, 850),
    "edit a body that is not sealed": lambda c, v: edit_body(c, 950),
    "empty a body": _statement("UPDATE audit_event SET body = NULL WHERE seq = 123"),
    "break a body": _statement("UPDATE audit_event SET body = '{' WHERE seq = 123"),
    "break a body and hash it again": lambda c, v: _break_body(c, 123),
    "edit a body and the next event's actor": lambda c, v: _edit_two(c),
    "edit a body and hash it again": lambda c, v: edit_body(c, 123, rehash=True),
    "edit a body after the last tile and hash it again": lambda c, v: edit_body(
        c, 850, rehash=True
    ),
    "edit a body that is not sealed and hash it again": lambda c, v: edit_body(c, 950, rehash=True),
    "delete an event": lambda c, v: _delete(c, 123, 123),
    "delete the first ten events": lambda c, v: _delete(c, 0, 9),
    "edit and hash again in three subtrees": lambda c, v: _edit_three(c),
    "delete an event and change the head's tree": lambda c, v: _delete_and_change_head(c),
    "delete an event with its tile and renumber": lambda c, v: _delete_with_tile(c),
    "delete the last ten events": lambda c, v: _delete(c, 990, 999),
    "delete all events": lambda c, v: _delete(c, 0, 999),
    "delete an event and renumber": lambda c, v: _delete_renumbered(c, 123),
    "delete an event after the last tile and renumber": lambda c, v: _delete_renumbered(c, 850),
    "insert an event at the end": lambda c, v: _insert(c, 1000),
    "insert an event and renumber": lambda c, v: _insert_renumbered(c, 123),
    "insert an event after the last tile and renumber": lambda c, v: _insert_renumbered(c, 850),
    "insert an event, renumber and edit another": lambda c, v: _insert_and(
        c, lambda c: edit_body(c, 980, rehash=True)
    ),
    "insert an event, renumber and empty the last": lambda c, v: _insert_and(
        c, lambda c: _empty_body(c, 1000)
    ),
    "insert an event far beyond the end": lambda c, v: _insert(c, 5000),
    "insert an event before the first": lambda c, v: _insert(c, -5),
    "swap two events": lambda c, v: _swap(c, 123, 456),
    "swap two neighbours": lambda c, v: _swap(c, 255, 256),
    "swap two events after the last tile": lambda c, v: _swap(c, 800, 850),
    "swap two events in different subtrees": lambda c, v: _swap(c, 850, 950),
    "renumber the events from 123 on": lambda c, v: renumber(c, 123, 1),
    "move an event to the end": _statement("UPDATE audit_event SET seq = 1000 WHERE seq = 123"),
    "edit an event's log": _statement("UPDATE audit_event SET log_id = 2 WHERE seq = 123"),
    "change a hash in a tile": lambda c, v: _tile_with_a_wrong_hash(c, root=False),
    "change a hash in a tile and its root": lambda c, v: _tile_with_a_wrong_hash(c, root=True),
    "change a hash in a tile and beside the event": lambda c, v: _leaf_and_tile(c),
    "change the root of a tile": lambda c, v: _tile(c, "root", 0, bytes(32)),
    "cut a tile": lambda c, v: _tile(c, "hashes", 0, bytes(64)),
    "delete a tile": _statement("DELETE FROM audit_tile WHERE tile_index = 1"),
    "add a tile": _statement(
        "INSERT INTO audit_tile (log_id, level, tile_index, hashes, root) "
        "SELECT 1, 0, 3, hashes, root FROM audit_tile WHERE tile_index = 2"
    ),
    "move a tile to another level": _statement(
        "UPDATE audit_tile SET level = 1 WHERE tile_index = 1"
    ),
    "change the head's size": _statement("UPDATE audit_log SET size = 990"),
    "change the head's tree": lambda c, v: _head(c, [bytes(32), *leaves(c)[1:]]),
    "break the head's tree": _statement("UPDATE audit_log SET frontier = :b", b=b"\x01\x02"),
    "change the head's format": _statement("UPDATE audit_log SET format_version = 9"),
    "set the head back by ten": lambda c, v: _head(c, leaves(c)[:990]),
    "set the head back below the checkpoint": lambda c, v: _head(c, leaves(c)[:800]),
    "edit an event and rebuild everything without the key": lambda c, v: _rewrite(c, v, None),
    "edit an event and rebuild everything with another key": lambda c, v: _rewrite(
        c, v, generate_key("example.com/audit")
    ),
    "edit an event and rebuild everything with the key": lambda c, v: _rewrite(c, v, v.signer),
    "restore an old dump": lambda c, v: _cut(c, 600),
    "restore an old dump from before any checkpoint": lambda c, v: _cut(c, 0),
    "fork after the first 500": lambda c, v: _fork(c),
    "cut off the end and leave the checkpoints": lambda c, v: _cut_events(c, 600),
    "roll back to the checkpoint before": lambda c, v: _cut(c, 899),
    "delete the checkpoints": _statement("DELETE FROM audit_checkpoint"),
    "delete the log's row": _statement("DELETE FROM audit_log"),
    "change the signature": lambda c, v: _note(c, lambda note: _resigned(note, -1)),
    "change the key id": lambda c, v: _note(c, lambda note: _resigned(note, 0)),
    "change the key's name": lambda c, v: _note(
        c, lambda note: note.replace("— example.com/audit", "— example.com/other")
    ),
    "change the checkpoint's origin": lambda c, v: _note(
        c, lambda note: note.replace("audit\n", "other\n", 1)
    ),
    "sign the checkpoint with another key": lambda c, v: _other_checkpoint(
        c, generate_key("example.com/audit"), "audit"
    ),
    "sign a checkpoint of another log": lambda c, v: _other_checkpoint(c, v.signer, "other"),
    "change the checkpoint's size": lambda c, v: _note(
        c, lambda note: note.replace("\n900\n", "\n901\n")
    ),
    "change the checkpoint's root": lambda c, v: _note(
        c, lambda note: note.replace(note.split("\n")[2], base64.b64encode(bytes(32)).decode())
    ),
    "break the checkpoint": lambda c, v: _note(c, lambda note: note[:40]),
    "change the column size of the checkpoint": _statement(
        "UPDATE audit_checkpoint SET size = 899 WHERE size = 900"
    ),
    "change the column root of the checkpoint": _statement(
        "UPDATE audit_checkpoint SET root = :root WHERE size = 900", root=bytes(32)
    ),
    "swap the notes of two checkpoints": lambda c, v: _note(
        c,
        lambda _: c.execute(
            text("SELECT note FROM audit_checkpoint WHERE size = 500")
        ).scalar_one(),
    ),
    "forge a hundred and twenty checkpoints": _forge_many,
    "prune an event": _statement(
        "UPDATE audit_event SET body = NULL, event_id = NULL, occurred_at = NULL, "
        "recorded_at = NULL, action = NULL, outcome = NULL, actor = NULL, target = NULL, "
        "tenant = NULL, request_id = NULL, trace_id = NULL, source_ip = NULL WHERE seq = 123"
    ),
    "put a word into a number": _statement("UPDATE audit_event SET seq = 'x' WHERE seq = 123"),
    "put a fraction into a number": _statement(
        "UPDATE audit_event SET seq = 122.5 WHERE seq = 123"
    ),
    "put bytes that are no text into an actor": _statement(
        "UPDATE audit_event SET actor = CAST(x'ff61' AS TEXT) WHERE seq = 123"
    ),
    "put bytes that are no text into a body": _statement(
        "UPDATE audit_event SET body = CAST(x'ff61' AS TEXT) WHERE seq = 123"
    ),
    "put a number into a body": _statement("UPDATE audit_event SET body = 7 WHERE seq = 123"),
    "put a word into a leaf hash": _statement(
        "UPDATE audit_event SET leaf_hash = 'x' WHERE seq = 123"
    ),
    "put a number into a leaf hash": _statement(
        "UPDATE audit_event SET leaf_hash = 7 WHERE seq = 123"
    ),
    "put a word into a tile's number": _statement(
        "UPDATE audit_tile SET tile_index = 'x' WHERE tile_index = 1"
    ),
    "put a word into a tile": _statement("UPDATE audit_tile SET hashes = 'x' WHERE tile_index = 1"),
    "put a number into a tile": _statement(
        "UPDATE audit_tile SET hashes = 7, root = 7 WHERE tile_index = 1"
    ),
    "put a word into a checkpoint's size": _statement(
        "UPDATE audit_checkpoint SET size = 'x' WHERE size = 900"
    ),
    "put a fraction into a checkpoint's size": _statement(
        "UPDATE audit_checkpoint SET size = 899.5 WHERE size = 900"
    ),
    "put a number into a checkpoint": _statement(
        "UPDATE audit_checkpoint SET note = 7, root = 7 WHERE size = 900"
    ),
    "put bytes that are no text into a checkpoint": _statement(
        "UPDATE audit_checkpoint SET note = x'ff' WHERE size = 900"
    ),
    "put a word into the head": _statement("UPDATE audit_log SET size = 'x', frontier = 'x'"),
    "put a number into the head's tree": _statement("UPDATE audit_log SET frontier = 7"),
}
"""Every tampering by its name in the feature."""
