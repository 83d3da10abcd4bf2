"""Verify a bundle of evidence from an audit log, with Python's standard library.

    python verify.py [--key VKEY] [--witness VKEY ...]        in the bundle's directory, or
    python BUNDLE.zip [--key VKEY] [--witness VKEY ...]       without unpacking it

For every event in the bundle it hashes the stored body, follows the inclusion proof to the root of
the log's Merkle tree (RFC 9162), and checks that this root is in the checkpoint that the log's key
has signed (C2SP signed-note, tlog-checkpoint, tlog-proof), and that the witnesses that you name
have cosigned it (C2SP tlog-cosignature).  Ed25519 itself is not in the standard library: signatures
are checked with the package `cryptography` if that is installed, and otherwise the script says that
they were not.

Exit codes: 0 all is proven, 1 something is false, 2 it could not be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = "c2sp.org/tlog-proof@v1"
ED25519 = 1
COSIGNATURE = 4
TIME_LENGTH = 8
KEY_LENGTH = 33
HASH_LENGTH = 32
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class WrongError(Exception):
    """Something in the bundle is false."""


class UncheckedError(Exception):
    """Something cannot be checked here."""


class Bundle:
    """The bundle's files, in a directory or in an archive."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._archive = None if place.is_dir() else zipfile.ZipFile(place)

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        try:
            if self._archive is not None:
                return self._archive.read(name)
            return (self._place / name).read_bytes()
        except (KeyError, OSError):
            raise WrongError(f"the bundle has no file {name}") from None

    def lines(self, name: str) -> Iterator[str]:
        """Yield a text file's lines."""
        yield from self.read(name).decode().splitlines()


def unbase64(text: str) -> bytes:
    """Decode base64 in its one canonical form."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise WrongError(f"{text[:60]!r} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise WrongError(f"{text[:60]!r} is not canonical base64")
    return data


def number(text: str) -> int:
    """Read a decimal without sign or leading zero."""
    if not DECIMAL.fullmatch(text):
        raise WrongError(f"{text[:60]!r} is not a plain decimal number")
    return int(text)


def node(left: bytes, right: bytes) -> bytes:
    """Hash an inner node (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """Follow an inclusion proof to the root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise WrongError(f"there is no event {index} in a log of {size}")
    fn, sn, root = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise WrongError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            root = node(sibling, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise WrongError("the inclusion proof is too short")
    return root


def parse_key(vkey: str, *kinds: int) -> tuple[str, str, bytes, int]:
    """Return a verifier key's name and id, the key itself, and its kind (C2SP signed-note)."""
    name, identity, encoded = vkey.split("+", 2)
    key = unbase64(encoded)
    if len(key) != KEY_LENGTH or key[0] not in kinds:
        raise UncheckedError(f"the verifier key of {name} is not one of Ed25519")
    if key_id(name, key) != identity:
        raise WrongError("the verifier key does not match its own id: it was mistyped or changed")
    return name, identity, key[1:], key[0]


def key_id(name: str, key: bytes) -> str:
    """Return the id of a key, which begins with its kind, under a name."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex()


def signatures_of(note: str, name: str, identity: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the signatures of one key under a note, each with the text that is signed."""
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, signature = rest.partition(" ")
        data = unbase64(signature)
        if dash == "\u2014" and signer == name and data[:4].hex() == identity:
            yield data[4:], (text + "\n").encode()


def check_ed25519(key: bytes, signature: bytes, message: bytes, name: str) -> None:
    """Check one signature."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise UncheckedError(
            "the signature was NOT checked, because Python's standard library has no Ed25519. "
            "Install it (pip install cryptography) and run this again"
        ) from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise WrongError(f"the signature of {name} does not match the checkpoint") from None


def check_signature(note: str, vkey: str) -> None:
    """Check that a key has signed a note."""
    name, identity, key, _ = parse_key(vkey, ED25519)
    for signature, message in signatures_of(note, name, identity):
        check_ed25519(key, signature, message, name)
        return
    raise WrongError(f"the checkpoint is not signed by {name}+{identity}")


def check_witnesses(note: str, vkeys: list[str], required: int | None) -> list[str]:
    """Check that enough witnesses have cosigned a checkpoint; return the names of those who have.

    Some publish their key as one of an ordinary signature; it is the same key.
    """
    found = {}
    keys = set()
    for vkey in vkeys:
        name, _, key, _ = parse_key(vkey, ED25519, COSIGNATURE)
        keys.add(key)
        identity = key_id(name, bytes([COSIGNATURE]) + key)
        for signature, text in signatures_of(note, name, identity):
            moment = int.from_bytes(signature[:TIME_LENGTH], "big")
            message = f"cosignature/v1\ntime {moment}\n".encode() + text
            check_ed25519(key, signature[TIME_LENGTH:], message, name)
            found[key] = name
    if len(keys) < len(vkeys):
        raise UncheckedError("two of the witnesses have the same key: name each of them once")
    wanted = len(vkeys) if required is None else required
    if not 0 <= wanted <= len(vkeys) or (required is not None and required < 1):
        raise UncheckedError(f"{required} of {len(vkeys)} witnesses makes no sense")
    if len(found) < wanted:
        raise UncheckedError(
            f"{len(found)} of the {len(vkeys)} witnesses that you named have cosigned the "
            f"checkpoint, and {wanted} must have"
        )
    return list(found.values())


def signer_of(note: str, vkeys: list[str]) -> str:
    """Return the first of several keys that has signed a note."""
    reason = WrongError("there is no key")
    for vkey in vkeys:
        try:
            check_signature(note, vkey)
        except WrongError as error:
            reason = error
            continue
        return vkey
    raise reason


def check_proof(text: str, note: str) -> tuple[int, bytes]:
    """Check one proof file against the bundle's checkpoint; return the index and the body."""
    head, _, signed = text.partition("\n\n")
    lines = head.split("\n")
    if signed != note:
        raise WrongError("the proof is for another checkpoint than the bundle's")
    if lines[0] != HEADER or not lines[1].startswith("extra ") or lines[2][:6] != "index ":
        raise WrongError("this is no proof file")
    body, index = unbase64(lines[1][6:]), number(lines[2][6:])
    proof = [unbase64(line) for line in lines[3:]]
    if any(len(item) != HASH_LENGTH for item in proof):
        raise WrongError("the proof holds something else than hashes")
    size, root = number(note.split("\n")[1]), unbase64(note.split("\n")[2])
    leaf = hashlib.sha256(b"\x00" + body).digest()
    if root_of(index, size, leaf, proof) != root:
        raise WrongError(
            "it does not lead to the signed root: it was changed, or never was in the log"
        )
    return index, body


def said(body: bytes) -> str:
    """Return in short what an event says; the text is data and nothing a terminal should obey."""
    event = json.loads(body)

    def named(value: Any) -> str:
        return f"{value['type']}:{value['id']}" if isinstance(value, dict) else "-"

    text = (
        f"{event.get('occurred_at')}  {named(event.get('actor'))}  {event.get('action')}  "
        f"{named(event.get('target'))}  {event.get('outcome')}"
    )
    return "".join(char if char.isprintable() else "?" for char in text)


def verify(
    bundle: Bundle, key: str | None, witnesses: list[str], required: int | None, say: Any
) -> int:
    """Verify everything, and tell of it."""
    note = bundle.read("checkpoint").decode()
    manifest = json.loads(bundle.read("manifest.json"))
    lines = note.split("\n")
    if lines[0] != manifest["log"]:
        raise WrongError(
            f"the checkpoint is of {lines[0]!r} and the manifest of {manifest['log']!r}"
        )
    count = 0
    problems = 0
    seen: set[int] = set()
    for line in bundle.lines("events.jsonl"):
        entry = json.loads(line)
        count += 1
        try:
            index, body = check_proof(bundle.read(entry["proof"]).decode(), note)
            if index != entry["index"] or json.loads(body).get("event_id") != entry["event_id"]:
                raise WrongError("the list of events says something else about it")
            if index in seen:
                raise WrongError("the same event is listed twice")
            seen.add(index)
            say(f"in the log   {index}  {said(body)}")
        except (WrongError, ValueError, IndexError) as error:
            problems += 1
            say(f"FALSE        {entry.get('index')}  {error}")
    if count != manifest["events"]:
        problems += 1
        say(f"FALSE        the manifest counts {manifest['events']} events, the list {count}")
    say("")
    say(f"log          {lines[0]}, {lines[1]} events, root {lines[2]}")
    say(f"searched     events 0 to {number(lines[1]) - 1}")
    say(f"query        {json.dumps(manifest['query'], ensure_ascii=True)}")
    if problems:
        say(f"FALSE: {problems} of what the bundle says is false")
        return 1
    trust = "the key that you named"
    if key is None:
        key = bundle.read("vkey").decode()
        trust = "a key found in the bundle: whoever made the bundle could have made the key too"
    say(f"signed by    {signer_of(note, key.split())}")
    if witnesses or required is not None:
        names = check_witnesses(note, witnesses, required)
        say(f"cosigned by  {', '.join(names)}")
        trust += f", and {len(names)} of the witnesses that you named"
    say(f"trust        {trust}")
    say(f"PROVEN: each of the {count} events is in the log, exactly as shown")
    say("Not proven: that the query was this one, and that no other event matches it: that is the")
    say("word of whoever made the bundle. To be sure, verify the whole log and ask it yourself.")
    if not witnesses:
        say("Nor that everybody is shown this log: no witness was named, and the holder of the key")
        say("can sign another one.")
    return 0


def main() -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description="Verify a bundle of evidence from an audit log.")
    parser.add_argument("--key", metavar="VKEY", help="the log's verifier key, from elsewhere")
    parser.add_argument(
        "--witness",
        metavar="VKEY",
        action="append",
        default=[],
        help="the verifier key of a witness that must have cosigned; may be repeated",
    )
    parser.add_argument(
        "--witnesses-required",
        metavar="NUMBER",
        type=int,
        help="how many of the witnesses must have cosigned (default: all)",
    )
    options = parser.parse_args()

    def say(text: str) -> None:
        sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")

    try:
        bundle = Bundle(Path(__file__).parent)
        return verify(bundle, options.key, options.witness, options.witnesses_required, say)
    except WrongError as error:
        say(f"FALSE: {error}")
        return 1
    except (UncheckedError, ValueError, KeyError, IndexError, OSError) as error:
        say(f"NOT PROVEN: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
