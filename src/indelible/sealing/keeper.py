"""What a service needs of sealing: its arguments checked, its sealer and thread, and forks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from indelible.configuration import checked_seconds
from indelible.errors import AuditError
from indelible.merkle import Signer
from indelible.sealing.keyfiles import load_signer, verifier_of
from indelible.sealing.sealer import OpenSession, SealedCheckpoint, Sealer
from indelible.sealing.sinks import Sink, as_sinks
from indelible.sealing.state import SignerState, as_state
from indelible.sealing.thread import DEFAULT_INTERVAL, SealerThread
from indelible.sealing.witness import Witness, WitnessPolicy, as_witnesses
from indelible.storage.schema import Tables

__all__ = ["NO_KEY", "Keeper"]

NO_KEY: Final = (
    "a checkpoint takes a key. Pass signing_key=FILE, which 'indelible keys generate FILE' makes, "
    "or a Signer. Without a key the log still keeps its tree, which finds damage; but whoever can "
    "write to the database can build it anew"
)
"""What is said where a checkpoint is asked for and there is no key."""

_LONGEST_INTERVAL: Final = 7 * 86_400.0


class Keeper:
    """Keeps one service's log sealed.

    Constructing one reads the key's file and checks every argument; it touches no database, and the
    thread starts with the first new events.

    Args:
        open_session: Opens short sessions on the log's database, on whatever thread.
        tables: The tables.
        origin: The log's name.
        report: Is told of errors that no caller sees.
        signing_key: As `load_signer` takes it.
        checkpoint_interval: Seconds from new events to their checkpoint; None to sign only at the
            end and when asked.
        checkpoint_sinks: As `as_sinks` takes them.
        signer_state: As `as_state` takes it.
        witnesses: Who is asked to cosign.
        witness_policy: How many of them must, and what happens otherwise.

    Attributes:
        verifier: The signer's public key; None if the signer does not tell.

    Raises:
        ConfigurationError: An argument cannot work.
    """

    def __init__(
        self,
        open_session: OpenSession,
        tables: Tables,
        origin: str,
        report: Callable[[AuditError], None],
        *,
        signing_key: str | Path | Signer,
        checkpoint_interval: float | None = DEFAULT_INTERVAL,
        checkpoint_sinks: str | Path | Sink | Iterable[str | Path | Sink] = (),
        signer_state: str | Path | SignerState | None = None,
        witnesses: Iterable[Witness] = (),
        witness_policy: WitnessPolicy | None = None,
    ) -> None:
        self._interval = (
            None
            if checkpoint_interval is None
            else checked_seconds("checkpoint_interval", checkpoint_interval, most=_LONGEST_INTERVAL)
        )
        self._open_session = open_session
        self._tables = tables
        self._origin = origin
        self._report = report
        self._signer = load_signer(signing_key)
        self.verifier = verifier_of(self._signer)
        self._state = as_state(signer_state, signing_key, origin)
        self._sinks = as_sinks(checkpoint_sinks)
        self._witnesses, self._policy = as_witnesses(witnesses, witness_policy)
        self.renew()

    def renew(self) -> None:
        """Make sealer and thread anew, as in a forked child; what the parent recorded it seals."""
        self._sealer = Sealer(
            self._open_session,
            self._tables,
            self._origin,
            self._signer,
            self._state,
            sinks=self._sinks,
            witnesses=self._witnesses,
            witness_policy=self._policy,
        )
        self._thread = SealerThread(self._sealer.seal, self._report, self._interval)

    def notify(self) -> None:
        """Say that events were committed; the commit path calls this and never waits in it."""
        self._thread.notify()

    def seal(self, timeout: float) -> SealedCheckpoint:
        """Sign what the log holds now; see `Sealer.seal`."""
        return self._sealer.seal(timeout=timeout)

    def stop(self, deadline: float) -> bool:
        """Seal what is left and end the thread; see `SealerThread.stop`."""
        return self._thread.stop(deadline)
