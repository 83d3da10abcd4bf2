"""Asking witnesses to cosign a checkpoint: ``add-checkpoint`` of C2SP tlog-witness over HTTP.

A witness remembers the last checkpoint of a log that it has cosigned, and cosigns a new one only
if a consistency proof shows that it continues that one.  So a log that has the cosignatures of
enough independent witnesses cannot show one history to one reader and another to the next.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from indelible.configuration import checked_count, checked_seconds, one_of
from indelible.errors import ConfigurationError, ProofError, shown
from indelible.merkle import (
    Checkpoint,
    CosignatureVerifier,
    Ed25519Verifier,
    NoteError,
    Signature,
    parse_note,
    parse_signatures,
    parse_verifier,
)
from indelible.merkle.strict import decode_decimal, encode_base64
from indelible.sealing.errors import SealingError

__all__ = ["Cosigned", "Witness", "WitnessPolicy", "as_witnesses", "cosign", "cosigners"]

DEFAULT_TIMEOUT: Final = 10.0
"""How long all witnesses together may take unless the policy says otherwise, in seconds."""

Prove: TypeAlias = Callable[[int], Sequence[bytes]]
"""Returns the consistency proof from an older size to the checkpoint's."""

_MOST_BYTES: Final = 64 * 1024
_ATTEMPTS: Final = 3
"""Requests to one witness: it may have been brought forward by another signer in between."""

_SCHEMES: Final = ("https", "http")

THREAD_NAME: Final = "audit-witness"
"""The name of the threads that ask witnesses, one for each."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: where it is, and the key by which its cosignatures are known.

    Attributes:
        url: Its submission prefix; requests go to ``<url>/add-checkpoint``.  With ``http`` the
            cosignatures are as good, but others can read along and hold requests back.
        key: Its verifier key, of type 0x04; as a string one of type 0x01 will do, as some witnesses
            publish theirs.
        ssl_context: How to judge its certificate, for ``https``: such as
            ``ssl.create_default_context(cafile=FILE)`` for a certificate authority of your own.
            None for the authorities that the system trusts, or the environment variable
            ``SSL_CERT_FILE`` names.
    """

    url: str
    key: CosignatureVerifier | str
    ssl_context: ssl.SSLContext | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no URL and no key, before anything is sent anywhere."""
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        except (ValueError, AttributeError, TypeError):
            usable = False
        if not usable or parts.query or parts.fragment or parts.username or parts.password:
            raise ConfigurationError(
                "witnesses",
                self.url,
                "use a witness's submission prefix such as https://witness.example.com/w1, "
                "without user, query and fragment",
            )
        context: object = self.ssl_context
        if context is not None and (
            parts.scheme != "https" or not isinstance(context, ssl.SSLContext)
        ):
            raise ConfigurationError(
                "ssl_context",
                context,
                "pass an ssl.SSLContext, and only for a witness whose URL begins with https",
            )
        if isinstance(self.key, str):
            object.__setattr__(self, "key", _verifier(self.key))

    @property
    def verifier(self) -> CosignatureVerifier:
        """The witness's key."""
        return self.key if isinstance(self.key, CosignatureVerifier) else _verifier(self.key)


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """How many witnesses must cosign, and what happens when they do not.

    Attributes:
        required: How many of the witnesses it takes; 0 makes all of them optional.
        when_unmet: ``'raise'``: the checkpoint is not published, and `WitnessPolicyError` says so;
            the next one tries again.  ``'publish'``: it is published with what cosignatures there
            are.  There is no default, because neither is right for everybody.
        timeout: How long all of them together may take, in seconds.
    """

    required: int
    when_unmet: Literal["raise", "publish"]
    timeout: float = DEFAULT_TIMEOUT

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        checked_count("required", self.required, least=0, most=99)
        one_of("when_unmet", self.when_unmet, "raise", "publish")
        checked_seconds("timeout", self.timeout)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What came of asking the witnesses.

    Attributes:
        signatures: The cosignatures that verify.
        problems: Why others did not cosign, one sentence for each.
    """

    signatures: tuple[Signature, ...]
    problems: tuple[str, ...]


def as_witnesses(
    witnesses: Iterable[Witness], policy: WitnessPolicy | None
) -> tuple[tuple[Witness, ...], WitnessPolicy | None]:
    """Check the witnesses of a log together with their policy.

    Raises:
        ConfigurationError: There are witnesses without a policy or the other way round, fewer than
            the policy demands, or two with one key, which are one.
    """
    some = tuple(witnesses)
    for witness in some:
        if not isinstance(witness, Witness):
            raise ConfigurationError(
                "witnesses", witness, "pass Witness(url, key) for each of them"
            )
    if not some and policy is None:
        return (), None
    if policy is None:
        raise ConfigurationError(
            "witness_policy",
            None,
            "say how many witnesses are needed and what happens without them, such as "
            "WitnessPolicy(required=1, when_unmet='publish')",
        )
    if policy.required > len(some):
        raise ConfigurationError(
            "witness_policy", policy.required, f"there are only {len(some)} witnesses"
        )
    if len({witness.verifier.public_key for witness in some}) != len(some):
        # The signed message does not hold the name, so one key under two names is one witness.
        raise ConfigurationError(
            "witnesses", [witness.url for witness in some], "two of them have the same key"
        )
    return some, policy


def cosigners(note: str, witnesses: Iterable[Witness]) -> tuple[str, ...]:
    """Return the names of the witnesses that have cosigned a note, each once."""
    text, signatures = parse_note(note)
    return tuple(
        witness.verifier.name
        for witness in witnesses
        if any(_is_by(witness, item, text) for item in signatures)
    )


def cosign(
    checkpoint: Checkpoint,
    note: str,
    witnesses: Sequence[Witness],
    prove: Prove,
    *,
    known: Callable[[Witness], int],
    timeout: float,
) -> Cosigned:
    """Ask witnesses for cosignatures, all at the same time.

    Args:
        checkpoint: The checkpoint.
        note: The same, signed by the log.
        witnesses: Whom to ask.
        prove: Makes consistency proofs.  It is called by one thread at a time, and no more once
            this function has returned.
        known: Returns the size that a witness is believed to have cosigned last, or 0.  A wrong one
            costs a request, because the witness then says the right one.
        timeout: How long to wait, in seconds.  An answer that comes later is not looked at.
    """
    deadline = time.monotonic() + timeout
    prover = _Prover(prove)
    answers: SimpleQueue[tuple[int, Signature | str]] = SimpleQueue()
    requests = [
        _Request(checkpoint, note, witness, prover, known(witness), deadline)
        for witness in witnesses
    ]
    for number, request in enumerate(requests):
        _in_thread(number, request, answers)
    outcomes: dict[int, Signature | str] = {}
    while len(outcomes) < len(requests):
        try:
            number, outcome = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        outcomes[number] = outcome
    prover.close()
    for number, request in enumerate(requests):
        if number not in outcomes:
            request.abort()
            outcomes[number] = f"it did not answer within {timeout:g} s"
    return Cosigned(
        tuple(item for _, item in sorted(outcomes.items()) if isinstance(item, Signature)),
        tuple(
            f"{witnesses[number].verifier.name} at {witnesses[number].url}: {item}"
            for number, item in sorted(outcomes.items())
            if isinstance(item, str)
        ),
    )


def _in_thread(
    number: int, request: _Request, answers: SimpleQueue[tuple[int, Signature | str]]
) -> None:
    """Run a request on a thread, so that not even a name server that hangs delays the others."""

    def run() -> None:
        answers.put((number, request.outcome()))

    try:
        threading.Thread(target=run, name=THREAD_NAME, daemon=True).start()
    except RuntimeError:
        # No thread can be started while the interpreter ends, which is when the last checkpoint
        # of an application that nobody closes is made.
        run()


class _Prover:
    """Makes proofs for several threads, in turn, until it is closed.

    `_lock` keeps the threads off each other's database session, and off one that is over.
    """

    def __init__(self, prove: Prove) -> None:
        self._lock = threading.Lock()
        self._prove: Prove | None = prove

    def __call__(self, size: int) -> Sequence[bytes]:
        with self._lock:
            if self._prove is None:
                raise SealingError("the time for the witnesses is over")
            return self._prove(size)

    def close(self) -> None:
        with self._lock:
            self._prove = None


class _Request:
    """One witness and what it is asked."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        note: str,
        witness: Witness,
        prover: _Prover,
        known: int,
        deadline: float,
    ) -> None:
        self._checkpoint = checkpoint
        self._note = note
        self._witness = witness
        self._prover = prover
        self._known = min(known, checkpoint.size)
        self._deadline = deadline
        self._connection: http.client.HTTPConnection | None = None

    def outcome(self) -> Signature | str:
        """Return the cosignature, or why there is none; never raises."""
        try:
            return self._cosignature()
        except ssl.SSLCertVerificationError as error:
            return (
                f"its certificate is not to be trusted: {error.verify_message}. Mend the URL; or, "
                "if a certificate authority of your own has made it, name that in ssl_context or "
                "SSL_CERT_FILE"
            )
        except (OSError, http.client.HTTPException) as error:
            return f"it cannot be reached: {str(error) or type(error).__name__}"
        except Exception as error:  # noqa: BLE001 - one witness must not take the others along
            return f"{type(error).__name__}: {error}"

    def abort(self) -> None:
        """Let a request that nobody waits for any more end."""
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(2)

    def _cosignature(self) -> Signature | str:
        old = self._known
        size = self._checkpoint.size
        for _ in range(_ATTEMPTS):
            status, content_type, body = self._post(self._body(old))
            if status == http.client.OK:
                return self._signature(body)
            if status != http.client.CONFLICT:
                return _refusal(status, body)
            if content_type.partition(";")[0].strip().lower() != "text/x.tlog.size":
                return _refusal(status, body)
            last = decode_decimal(body.decode("ascii", "replace").removesuffix("\n"))
            if last is None:
                return f"it answered 409 with {shown(body)} instead of a size"
            if last > size:
                return (
                    f"it has cosigned this log at size {last} already, and the checkpoint is of "
                    f"size {size}: another signer is ahead, or this database was set back"
                )
            if last == old:
                if last == size:
                    return (
                        f"it has cosigned another tree of the same size {size}: the log was forked "
                        "or rewritten"
                    )
                return f"it answered twice that its size is {last}"
            old = last
        return "another signer kept bringing it forward"

    def _body(self, old: int) -> bytes:
        """Return the request's body: the old size, the proof, and the checkpoint."""
        proof = self._prover(old) if 0 < old < self._checkpoint.size else ()
        lines = "".join(f"{encode_base64(item)}\n" for item in proof)
        return f"old {old}\n{lines}\n{self._note}".encode()

    def _signature(self, body: bytes) -> Signature | str:
        try:
            signatures = parse_signatures(body)
        except NoteError as error:
            return f"its answer is malformed: {error}"
        text = self._checkpoint.text()
        for item in signatures:
            if _is_by(self._witness, item, text):
                return item
        named = (self._witness.verifier.name, self._witness.verifier.key_id)
        if any((item.name, item.key_id) == named for item in signatures):
            return "its cosignature is wrong"
        return "it answered with cosignatures by other keys than its own"

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        parts = urlsplit(self._witness.url)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host,
                parts.port,
                timeout=left,
                context=self._witness.ssl_context or ssl.create_default_context(),
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=left)
        self._connection = connection
        try:
            connection.request(
                "POST",
                f"{parts.path.rstrip('/')}/add-checkpoint",
                body,
                {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "indelible"},
            )
            response = connection.getresponse()
            return response.status, response.headers.get("Content-Type", ""), self._read(response)
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        data = b""
        while chunk := response.read1(_MOST_BYTES + 1 - len(data)):
            data += chunk
            if len(data) > _MOST_BYTES:
                raise SealingError(f"its answer is longer than {_MOST_BYTES} bytes")
            if time.monotonic() > self._deadline:
                raise TimeoutError("timed out")
        return data


_MEANINGS: Final = {
    400: "it takes the request for malformed",
    403: "it does not know the key that has signed the checkpoint",
    404: "it does not know this log",
    409: "it has cosigned another tree of the same size: the log was forked or rewritten",
    422: "it does not accept the consistency proof: the log was forked or rewritten",
}


def _refusal(status: int, body: bytes) -> str:
    """Put an answer other than 200 into words."""
    said = shown(body.decode("utf-8", "replace").strip())
    meaning = _MEANINGS.get(status, "it failed")
    return f"{meaning} (HTTP {status}, {said})"


def _is_by(witness: Witness, item: Signature, text: str) -> bool:
    verifier = witness.verifier
    return (item.name, item.key_id) == (verifier.name, verifier.key_id) and verifier.verify(
        text.encode(), item.signature
    )


def _verifier(vkey: str) -> CosignatureVerifier:
    try:
        key = parse_verifier(vkey)
    except ProofError as error:
        raise ConfigurationError("witnesses", vkey, str(error)) from error
    if isinstance(key, Ed25519Verifier):
        return CosignatureVerifier(key.name, key.public_key)
    return key
