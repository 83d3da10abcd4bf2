"""What the steps about notes, keys, checkpoints and cosignatures check."""

from __future__ import annotations

import base64
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.merkle.trees import flip, is_refused, refusal
from indelible import merkle
from indelible.merkle import (
    Checkpoint,
    CosignatureSigner,
    CosignatureVerifier,
    Ed25519Signer,
    Ed25519Verifier,
    ProofError,
    note,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# The test keys of golang.org/x/mod/sumdb/note (BSD-3-Clause), which everybody may know.
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
PETER = Ed25519Signer.parse(PETER_SKEY)
WITNESS = CosignatureSigner("witness.example/w1", bytes(range(32)), clock=lambda: 1679315147.9)
TEXT = "example.com/log\n2\n" + base64.b64encode(bytes(range(32))).decode() + "\n"


class OwnSigner:
    """A signer as a caller would write one around a KMS: it has no key in memory to show."""

    name = "kms.example/audit"

    def __init__(self) -> None:
        self._elsewhere = Ed25519Signer(self.name, b"k" * 32)
        self.key_id = self._elsewhere.key_id
        self.vkey = self._elsewhere.verifier.vkey

    def sign(self, message: bytes) -> bytes:
        """Ask the key's holder."""
        return self._elsewhere.sign(message)


@dataclass(frozen=True)
class OtherVerifier:
    """A key that happens to have the name and ID of Peter's and is another."""

    name: str = "PeterNeumann"
    key_id: int = 0xC74F20A3

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Accept everything."""
        return bool(message and signature)


class BadSigner:
    """A signer with something wrong about it."""

    def __init__(self, name: str = "bad", key_id: int = 1, signature: bytes = b"x") -> None:
        self.name = name
        self.key_id = key_id
        self._signature = signature

    def sign(self, message: bytes) -> bytes:
        """Return what it was made with."""
        assert message
        return self._signature


# -- keys


def check_key_strings() -> None:
    """Every part of a key string, and every key string with one changed character, is refused."""
    parsers: tuple[tuple[str, Callable[[str], object]], ...] = (
        (PETER_VKEY, Ed25519Verifier.parse),
        (PETER_SKEY, Ed25519Signer.parse),
        (WITNESS.verifier.vkey, CosignatureVerifier.parse),
        (WITNESS.skey, CosignatureSigner.parse),
    )
    for text, parse in parsers:
        parse(text)
        for start in range(len(text)):
            for end in range(start, len(text) + 1):
                if (start, end) != (0, len(text)):
                    assert is_refused(parse, text[start:end]), text[start:end]
        for position, letter in enumerate(text):
            for other in {chr(ord(letter) + 1), "A", "=", "\n", " ", "é", "\ud800", ""} - {letter}:
                changed = text[:position] + other + text[position + 1 :]
                assert is_refused(parse, changed), changed
        for other in (f" {text}", f"{text}\n", f"{text}=", f"{text}+"):
            assert is_refused(parse, other), other


def check_key_round_trip() -> None:
    """A generated key comes back from its strings, and signs what its verifier accepts."""
    key = note.generate("example.com/audit")
    assert Ed25519Signer.parse(key.skey) == key
    verifier = Ed25519Verifier.parse(key.verifier.vkey)
    assert verifier == key.verifier
    assert merkle.parse_verifier(verifier.vkey) == verifier
    assert note.generate("example.com/audit") != key
    assert verifier.key_id == key.key_id == merkle.key_id(key.name, 1, verifier.public_key)
    opened = note.open(note.sign("text\n", key), [verifier])
    assert opened.text == "text\n"
    assert [item.name for item in opened.verified] == ["example.com/audit"]


def check_impossible_key() -> None:
    """A public key that is no point of the curve verifies nothing and fails in no other way."""
    for number in range(256):
        verifier = Ed25519Verifier("name", bytes((number,)) * 32)
        assert not verifier.verify(b"text\n", PETER.sign(b"text\n"))
        assert not verifier.verify(b"text\n", b"")


def refused_key(what: str) -> str:
    """Read a key that is wrong in a named way and return the refusal's message."""
    long = PETER.verifier.public_key + b"abc"
    calls: dict[str, Callable[[], object]] = {
        # The ID fits the damage in these two; the second is in the tests of golang.org/x/mod.
        "a key of 35 bytes": lambda: Ed25519Verifier.parse(
            f"PeterNeumann+{merkle.key_id('PeterNeumann', 1, long):08x}+"
            f"{base64.b64encode(bytes((1,)) + long).decode()}"
        ),
        "an unknown type": lambda: Ed25519Verifier.parse(
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        ),
        "a private key": lambda: Ed25519Verifier.parse(PETER_SKEY),
        "a public key for signing": lambda: Ed25519Signer.parse(PETER_VKEY),
        "a changed ID": lambda: Ed25519Verifier.parse(PETER_VKEY.replace("c74f", "c74e")),
        "a changed ID for signing": lambda: Ed25519Signer.parse(PETER_SKEY.replace("c74f", "c74e")),
        "an ID in capitals": lambda: Ed25519Verifier.parse(PETER_VKEY.replace("c74f", "C74F")),
        "another name": lambda: Ed25519Verifier.parse(PETER_VKEY.replace("Peter", "Petra")),
        "a witness's key for a log": lambda: Ed25519Verifier.parse(WITNESS.verifier.vkey),
        "a log's key for a witness": lambda: CosignatureVerifier.parse(PETER_VKEY),
        "a name with a space": lambda: note.generate("example com"),
        "a name with a no-break space": lambda: note.generate("example\u00a0com"),
        "a name with a plus": lambda: note.generate("a+b"),
        "an empty name": lambda: note.generate(""),
        "a key of 31 bytes": lambda: Ed25519Verifier("name", bytes(31)),
    }
    message = refusal(calls[what])
    assert "AYEKFALVFGyNhPJEMzD1QIDr" not in message, "the private key stands in the message"
    return message


# -- notes


def broken_note(damage: str) -> str | bytes:
    """Peter's signed note, damaged in a named way."""
    good = note.sign("one\n\ntwo\n", PETER)
    text, line = good.rsplit("\n\n", 1)
    line = line.rstrip("\n")
    name, encoded = line.removeprefix("— ").split(" ")
    damaged: dict[str, str | bytes] = {
        "empty": "",
        "only a text": "one\ntwo\n",
        "no signatures": "one\ntwo\n\n",
        "no newline at the end": good[:-1],
        "an empty line at the end": good + "\n",
        "a line that is no signature": good + "unexpected\n",
        "a hyphen instead of the dash": good.replace("—", "-"),
        "no space after the dash": good.replace("— ", "—"),
        "two spaces after the dash": good.replace("— ", "—  "),
        "no name": f"{text}\n\n— {encoded}\n",
        "a name with a plus": f"{text}\n\n— a+b {encoded}\n",
        "a name with two words": f"{text}\n\n— {name} x {encoded}\n",
        "a space at the end": f"{text}\n\n{line} \n",
        "base64 without padding": f"{text}\n\n{line.rstrip('=')}\n",
        "base64 with more padding": f"{text}\n\n{line}=\n",
        "base64 of the URL alphabet": f"{text}\n\n{line.replace('/', '_').replace('+', '-')}\n",
        "base64 with unused bits": f"{text}\n\n— x QUJDREV=\n",
        "only a key ID": f"{text}\n\n— {name} {base64.b64encode(b'abcd').decode()}\n",
        "a carriage return": good.replace("one", "one\r"),
        "a tab": good.replace("one", "o\tne"),
        "a NUL": good.replace("one", "o\0ne"),
        "a surrogate": good.replace("one", "o\ud800ne"),
        "invalid UTF-8": good.encode().replace(b"one", b"o\xffne"),
        "101 signatures": good + f"{line}\n" * 100,
    }
    return damaged[damage]


def check_note_bits() -> None:
    """A note of which any one bit was changed is refused, whether read as bytes or as text."""
    good = note.sign(TEXT, PETER).encode()
    verifiers = [PETER.verifier]
    assert note.open(good, verifiers).text == TEXT
    for bit in range(8 * len(good)):
        changed = flip(good, bit)
        assert is_refused(note.open, changed, verifiers), changed
        assert is_refused(note.open, changed.decode(errors="surrogateescape"), verifiers), changed


def check_note_garbage() -> None:
    """Whatever is read as a note, it is refused or taken apart into what writes the same again."""
    good = merkle.sign_checkpoint(Checkpoint("example.com/log", 1, bytes(32)), PETER, WITNESS)
    pieces = ["— ", "\n", "\n\n", "PeterNeumann", " ", "x08go/ZJ", "=", "\r", "\u2028", "\0", "0"]

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        text = data.draw(
            st.text(max_size=60)
            | st.lists(st.sampled_from(pieces), max_size=15).map("".join)
            | mutations(good),
            "note",
        )
        verifiers = [PETER.verifier, WITNESS.verifier]
        for value in (text, text.encode(errors="surrogatepass")):
            is_refused(note.open, value, verifiers)
            is_refused(merkle.open_checkpoint, value, verifiers)
        try:
            body, signatures = note.parse(text)
        except ProofError:
            return
        assert note.compose(body, signatures) == text

    run_property(prop, examples=800)

    @given(st.binary(max_size=80))
    def binary(data: bytes) -> None:
        is_refused(note.open, data, [PETER.verifier])
        is_refused(note.parse_signatures, data)
        is_refused(Ed25519Verifier.parse, data.decode("latin-1"))

    run_property(binary, examples=500)


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """The text with a few pieces removed, doubled, moved or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        middle = draw(st.text(max_size=3) | st.sampled_from(("", text[start:end] * 2, "\n", " ")))
        text = text[:start] + middle + text[end:]
    return text


def refused_signing(what: str) -> str:
    """Sign in a way that cannot be and return the refusal's message."""
    signature = note.make_signature("text\n", PETER)
    calls: dict[str, Callable[[], object]] = {
        "no newline at the end": lambda: note.sign("text", PETER),
        "no text": lambda: note.sign("", PETER),
        "a control character": lambda: note.sign("te\x07xt\n", PETER),
        "no signer": lambda: note.sign("text\n"),
        "a signer's name with a space": lambda: note.sign("text\n", BadSigner(name="a b")),
        "a signer's ID of 33 bits": lambda: note.sign("text\n", BadSigner(key_id=2**32)),
        "an empty signature": lambda: note.sign("text\n", BadSigner(signature=b"")),
        "101 signatures": lambda: note.compose("text\n", [signature] * 101),
    }
    return refusal(calls[what])


def check_errors_travel() -> None:
    """The errors of a note can be sent from one process to another."""
    for error in (
        note.BadSignatureError("name", 7),
        note.UnknownKeyError((note.Signature("name", 7, b"x"),)),
    ):
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in the line above
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        assert vars(copied) == vars(error)


# -- checkpoints


def check_checkpoint_texts() -> None:
    """A checkpoint has one text; a mutated text is refused or is that of another checkpoint."""
    line = st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=20).filter(
        lambda text: not any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in text)
    )

    @given(
        line,
        st.integers(1, 2**63 - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(line, max_size=3),
        st.data(),
    )
    def prop(
        origin: str, size: int, root: bytes, extensions: list[str], data: st.DataObject
    ) -> None:
        checkpoint = Checkpoint(origin, size, root, tuple(extensions))
        text = checkpoint.text()
        assert merkle.parse_checkpoint(text) == checkpoint
        mutated = data.draw(mutations(text), "mutated")
        try:
            other = merkle.parse_checkpoint(mutated)
        except ProofError:
            return
        assert other.text() == mutated
        assert (other == checkpoint) == (mutated == text)

    run_property(prop, examples=500)

    @given(st.text(max_size=80))
    def random(text: str) -> None:
        is_refused(merkle.parse_checkpoint, text)

    run_property(random, examples=300)


def root_spelling(name: str) -> str:
    """A root in base64, misspelt in a named way."""
    data = b"\xfb\xff" + bytes(30)
    good = base64.b64encode(data).decode()
    return {
        "right": good,
        "URL alphabet": base64.urlsafe_b64encode(data).decode(),
        "no padding": good.rstrip("="),
        "more padding": good + "=",
        "padding twice": good + "====",
        "unused bits set": good[:-2] + "B=",
        "a space after it": good + " ",
        "a space before it": " " + good,
        "a carriage return": good + "\r",
        "a space inside": good[:10] + " " + good[10:],
        "31 bytes": base64.b64encode(data[:31]).decode(),
        "33 bytes": base64.b64encode(data + b"\x00").decode(),
        "hexadecimal": data.hex(),
        "nothing": "",
    }[name]


def refused_checkpoint(what: str) -> str:
    """Read or make a checkpoint that is wrong in a named way; return the refusal's message."""
    root = base64.b64encode(bytes(32)).decode()
    text_root: Any = "x" * 32
    other = note.generate("example.com/other")
    calls: dict[str, Callable[[], object]] = {
        "no newline at the end": lambda: merkle.parse_checkpoint(f"o\n1\n{root}"),
        "two lines": lambda: merkle.parse_checkpoint("o\n1\n"),
        "nothing": lambda: merkle.parse_checkpoint(""),
        "no origin": lambda: merkle.parse_checkpoint(f"\n1\n{root}\n"),
        "an empty extension": lambda: merkle.parse_checkpoint(f"o\n1\n{root}\n\n"),
        "an empty line inside": lambda: merkle.parse_checkpoint(f"o\n1\n{root}\n\nx\n"),
        "a tab in the origin": lambda: merkle.parse_checkpoint(f"o\to\n1\n{root}\n"),
        "size 0, another root": lambda: merkle.parse_checkpoint(f"o\n0\n{root}\n"),
        "making a negative size": lambda: Checkpoint("o", -1, bytes(32)),
        "making a short root": lambda: Checkpoint("o", 1, bytes(31)),
        "making a root of text": lambda: Checkpoint("o", 1, text_root),
        "making two lines of origin": lambda: Checkpoint("o\no", 1, bytes(32)),
        "making an empty extension": lambda: Checkpoint("o", 1, bytes(32), ("",)),
        "another origin": lambda: merkle.open_checkpoint(
            merkle.sign_checkpoint(Checkpoint("example.com/a", 1, bytes(32)), PETER),
            [PETER.verifier],
            origin="example.com/b",
        ),
        "another key": lambda: merkle.open_checkpoint(
            merkle.sign_checkpoint(Checkpoint("example.com/a", 1, bytes(32)), other),
            [PETER.verifier],
        ),
        "a note that is none": lambda: merkle.open_checkpoint(
            note.sign("no checkpoint\n", PETER), [PETER.verifier]
        ),
    }
    return refusal(calls[what])


# -- cosignatures


def check_cosignature_bits() -> None:
    """A cosignature fits its checkpoint and time alone: no bit of either can be changed."""
    message = TEXT.encode()
    signature = WITNESS.sign(message)
    verifier = WITNESS.verifier
    assert verifier.verify(message, signature)
    for bit in range(8 * len(signature)):
        assert not verifier.verify(message, flip(signature, bit)), f"bit {bit} of the signature"
    for bit in range(8 * len(message)):
        assert not verifier.verify(flip(message, bit), signature), f"bit {bit} of the checkpoint"
    for wrong in (b"", signature[:-1], signature + b"\x00", signature[8:], signature[:8]):
        assert not verifier.verify(message, wrong)
    same_key = Ed25519Verifier(WITNESS.name, verifier.public_key)
    assert same_key.key_id != verifier.key_id
    assert not same_key.verify(message, signature[8:]), "taken for a signature of the log"


def refused_cosigning(what: str) -> str:
    """Cosign in a way that cannot be and return the refusal's message."""
    late = CosignatureSigner("w", bytes(32), clock=lambda: 2**63)
    early = CosignatureSigner("w", bytes(32), clock=lambda: -5)
    calls: dict[str, Callable[[], object]] = {
        "a text that is no checkpoint": lambda: note.sign("hello\n", WITNESS),
        "bytes that are no text": lambda: WITNESS.sign(b"\xff" + TEXT.encode()),
        "a time past 63 bits": lambda: note.sign(TEXT, late),
        "a time before 1970": lambda: note.sign(TEXT, early),
        "the time of a log's signature": lambda: merkle.cosignature_time(bytes(64)),
        "the time of 73 bytes": lambda: merkle.cosignature_time(bytes(73)),
        "the time of 64 bits": lambda: merkle.cosignature_time(b"\xff" * 72),
    }
    return refusal(calls[what])
