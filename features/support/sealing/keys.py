"""What the scenarios of sealing.keys.feature do and ask."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.sealing.logs import ORIGIN, SignedLog
from features.support.sealing.signing import KeylessSigner
from indelible.errors import ConfigurationError
from indelible.merkle import (
    Checkpoint,
    CheckpointError,
    Ed25519Signer,
    ProofError,
    consistency_proof,
    generate_key,
    join_tile,
    root_hash,
    sign_checkpoint,
    verify_consistency,
)
from indelible.sealing import (
    FileState,
    KeyPeriod,
    KeyRangeError,
    Keyring,
    MemoryState,
    SealingError,
    as_state,
    file_problems,
    generate_key_file,
    load_signer,
    read_key_file,
    verifier_of,
)

LETTERS = {
    letter: Ed25519Signer(f"key-{letter}", bytes([number]) * 32)
    for number, letter in enumerate("ABC", 1)
}


class KeyFile:
    """A key's file in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "keys"
        self.directory.mkdir(mode=0o755)
        self.directory.chmod(0o755)
        self.path = self.directory / "keyfile"
        self.signer: Ed25519Signer | None = None
        self.refusal = ""

    def generate(self, name: str) -> None:
        self.signer = generate_key_file(self.path, name)

    def spoil(self, problem: str) -> None:
        """Make one thing wrong with it; each is named in the feature."""
        path, signer = self.path, self.signer
        assert signer is not None
        modes = {
            "is readable by its group": 0o640,
            "is readable by all": 0o604,
            "is writable by all": 0o602,
        }
        contents = {
            "holds two lines": f"{signer.skey}\n{signer.skey}\n",
            "holds a changed key": signer.skey.replace("audit", "other"),
            "holds a verifier key": signer.verifier.vkey,
            "holds nothing": "",
            "holds a megabyte": signer.skey * 10_000,
        }
        if problem in modes:
            path.chmod(modes[problem])
        elif problem in contents:
            path.write_text(contents[problem], encoding="utf-8")
        elif problem == "belongs to somebody else":
            self._give_away()
        else:
            path.unlink()
            if problem == "is a directory":
                path.mkdir(mode=0o700)
            elif problem == "is a link to itself":
                path.symlink_to(path)
            elif problem == "is a pipe":
                os.mkfifo(path, 0o600)

    def _give_away(self) -> None:
        # Only root can really do it, so for others the process is somebody else instead.
        if os.geteuid() == 0:
            os.chown(self.path, 1234, -1)
            return
        real = os.fstat

        def fake(descriptor: int) -> os.stat_result:
            fields = list(real(descriptor))
            fields[stat.ST_UID] = 1234
            return os.stat_result(fields)

        patcher = patch("os.fstat", fake)
        patcher.start()

    def read(self) -> None:
        self.refusal = ""
        try:
            read_key_file(self.path)
        except ConfigurationError as error:
            self.refusal = str(error)

    def is_private(self) -> None:
        assert stat.S_IMODE(self.path.stat().st_mode) == 0o600
        text = self.path.read_text(encoding="utf-8")
        assert self.signer is not None
        assert text == f"{self.signer.skey}\n"
        assert text.startswith("PRIVATE+KEY+")
        assert read_key_file(self.path) == self.signer

    def signs(self) -> None:
        signer = read_key_file(self.path)
        assert signer.verifier.verify(b"text\n", signer.sign(b"text\n"))

    def stays(self) -> None:
        before = self.path.read_bytes()
        try:
            generate_key_file(self.path, "audit")
        except ConfigurationError as error:
            assert "a key is never written over" in str(error), error
        else:
            raise AssertionError("it was written over")
        assert self.path.read_bytes() == before

    def refuses_name(self, name: str) -> str:
        try:
            self.generate(name)
        except ConfigurationError as error:
            return str(error)
        raise AssertionError(f"{name!r} is the name of a key")

    def fails_to_be_written(self) -> None:
        with patch("os.write", side_effect=OSError(28, "disk full")):
            try:
                self.generate("audit")
            except OSError:
                return
        raise AssertionError("it was written")

    def problems(self) -> str:
        return " ".join(file_problems(self.path))


def secret_of(signer: Ed25519Signer) -> str:
    """The part of a key string that nobody may see; it may hold plus signs itself."""
    return signer.skey.split("+", 4)[4]


def load_from(key_file: KeyFile, form: str) -> None:
    signer = key_file.signer
    assert signer is not None
    keyless = KeylessSigner(signer)
    given_as: dict[str, Any] = {
        "the path as text": str(key_file.path),
        "the path": key_file.path,
        "the text of the key": signer.skey,
        "a Signer object": signer,
        "a Signer with no verifier": keyless,
    }
    loaded = load_signer(given_as[form])
    assert (loaded.name, loaded.key_id) == (signer.name, signer.key_id)
    assert loaded.sign(b"x") == signer.sign(b"x")
    assert (verifier_of(loaded) is None) == (form == "a Signer with no verifier")


class _Liar(KeylessSigner):
    @property
    def verifier(self) -> Any:
        return LETTERS["C"].verifier


def refused(what: str) -> str:
    things: dict[str, Any] = {
        "a number": 7,
        "a verifier key object": LETTERS["A"].verifier,
        "a key string with a typo": LETTERS["A"].skey.replace("key-A", "key-B"),
        "a Signer with another verifier": _Liar(LETTERS["A"]),
    }
    try:
        verifier_of(load_signer(things[what]))
    except ConfigurationError as error:
        assert secret_of(LETTERS["A"]) not in str(error)
        return str(error)
    raise AssertionError(f"{what} was loaded")


def default_state(key: str) -> str:
    path = Path("/somewhere/keyfile")
    cases: dict[str, tuple[Any, str]] = {
        'a key file for "a/b"': (path, "a/b"),
        "a key file for a long name": (path, "x" * 255),
        "a Signer object": (LETTERS["A"], "audit"),
        "a key string": (LETTERS["A"].skey, "audit"),
    }
    state = as_state(None, *cases[key])
    if isinstance(state, MemoryState):
        return "in memory"
    assert isinstance(state, FileState)
    assert state.path.parent == path.parent
    if state.path.name == "keyfile.a%2Fb.state":
        return "beside it, in keyfile.a%2Fb.state"
    assert len(state.path.name) < 60
    return "beside it, under a short name"


# Keyrings ----------------------------------------------------------------------------------------


def keyring(lines: str) -> Keyring:
    """The keyring of lines such as `A 0 10, B 10 -`, in which letters stand for keys."""
    text = "# a comment\n\n"
    for line in lines.split(", "):
        word, _, rest = line.partition(" ")
        text += f"{LETTERS[word].verifier.vkey if word in LETTERS else word} {rest} # {word}\n"
    return Keyring.parse(text)


def keyring_refusal(lines: str) -> str:
    try:
        keyring(lines)
    except ConfigurationError as error:
        return str(error)
    raise AssertionError(f"{lines} is a keyring")


def keyring_file_refusal(directory: Path, what: str) -> str:
    path = directory / "ring"
    if what == "a directory":
        path.mkdir()
    elif what == "a file that holds no text":
        path.write_bytes(b"\xff\xfe\x00")
    try:
        Keyring.load(path)
    except ConfigurationError as error:
        assert error.argument == "keyring"
        return str(error)
    raise AssertionError(f"{what} is a keyring")


def verdict(lines: str, size: int, keys: str) -> str:
    root = root_hash([bytes([number % 256]) * 32 for number in range(size)])
    signers = [LETTERS[letter] for letter in keys.split()]
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root), *signers)
    try:
        checkpoint, _ = keyring(lines).open(note, origin=ORIGIN)
    except KeyRangeError as error:
        assert error.size == size
        return "out of range"
    assert checkpoint.size == size
    return "good"


def comes_back() -> None:
    sizes = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5, unique=True).map(sorted)

    @given(sizes, st.booleans())
    def prop(bounds: list[int], is_open: bool) -> None:
        firsts = [0, *bounds]
        periods = tuple(
            KeyPeriod(Ed25519Signer("k", bytes([n]) * 32).verifier, first, last)
            for n, (first, last) in enumerate(
                zip(firsts, [*bounds, None if is_open else bounds[-1]], strict=True)
            )
        )
        ring = Keyring(periods)
        assert Keyring.parse(ring.text()) == ring
        assert [item.size for item in ring.handovers] == bounds

    run_property(prop)


class Rotation:
    """A log whose key hands over."""

    def __init__(self, log: SignedLog, *, one_state: bool = False) -> None:
        self.log = log
        self.older = log.key
        assert isinstance(self.older, Ed25519Signer)
        self.newer = generate_key(ORIGIN)
        self.sealer = log.sealer()
        self.state = None if one_state else FileState(log.directory / "newer-state")
        self.handover = self.sealer.hand_over(self.newer, self.state)
        ring = Keyring.of(self.older.verifier)
        self.keyring = ring.rotated(self.newer.verifier, self.handover.size)
        log.key, log.state = self.newer, self.state or log.state

    def again(self) -> None:
        """Hand over once more, as after a crash before the keyring was written."""
        before = self.handover
        self.handover = self.sealer.hand_over(self.newer, self.state)
        assert self.handover.note == before.note
        assert not self.handover.fresh

    def two_trees(self) -> None:
        assert isinstance(self.older, Ed25519Signer)
        other = sign_checkpoint(Checkpoint(ORIGIN, self.handover.size, b"\xaa" * 32), self.older)
        try:
            self.keyring.handover_checkpoints([self.handover.note, other], origin=ORIGIN)
        except CheckpointError as error:
            assert "has signed two different trees of size 300" in str(error), error
            return
        raise AssertionError("it is not found out")

    def is_signed_by_both(self, size: int) -> None:
        assert self.handover.size == size
        assert isinstance(self.older, Ed25519Signer)
        for key in (self.older, self.newer):
            Keyring.of(key.verifier).open(self.handover.note, origin=ORIGIN)

    def rewrite(self) -> None:
        """Let the newer key's owner rewrite everything, and sign it as if it were nothing."""
        self.log.damage("all is rebuilt after an edit")
        self.log.append(20)
        (self.log.directory / "newer-state").unlink()
        leaves = self.log.leaves()
        checkpoint = Checkpoint(ORIGIN, len(leaves), root_hash(leaves))
        self.rewritten = sign_checkpoint(checkpoint, self.newer)

    def alone_is_taken(self) -> None:
        self.keyring.open(self.rewritten, origin=ORIGIN)

    def handover_does_not_fit(self) -> None:
        handover = self.keyring.handover_checkpoints([self.handover.note], origin=ORIGIN)[300]
        checkpoint, _ = self.keyring.open(self.rewritten, origin=ORIGIN)
        leaves = self.log.leaves()
        proof = consistency_proof(
            300,
            checkpoint.size,
            lambda level, index, width: join_tile(
                leaves[index * 256 : index * 256 + width]
                if level == 0
                else [root_hash(leaves[n * 256 : n * 256 + 256]) for n in range(width)]
            ),
        )
        try:
            verify_consistency(300, checkpoint.size, handover.root, checkpoint.root, proof)
        except ProofError:
            return
        raise AssertionError("the rewritten log continues the handover")

    def misses(self, size: int) -> None:
        try:
            self.keyring.handover_checkpoints([self.rewritten, "no note"], origin=ORIGIN)
        except KeyRangeError as error:
            assert error.size == size
            return
        raise AssertionError("the handover is not missed")


def does_not_hand_over_to_itself(log: SignedLog) -> None:
    try:
        log.sealer().hand_over(log.key)
    except SealingError as error:
        assert "cannot hand over to itself" in str(error), error
    else:
        raise AssertionError("it has")


def does_not_hand_over_into_used_state(log: SignedLog) -> None:
    state = FileState(log.directory / "used")
    state.store("something else\n")
    published: list[str] = []
    sealer = log.sealer(sinks=[lambda sealed: published.append(sealed.note)])
    try:
        sealer.hand_over(generate_key(ORIGIN), state)
    except SealingError as error:
        assert "holds another checkpoint" in str(error), error
    else:
        raise AssertionError("it has")
    assert published == []
    assert state.load() == "something else\n"
