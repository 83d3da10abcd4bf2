"""Private keys: made, kept in files that only their owner may read, and loaded again.

A key file holds one line, a C2SP signer key string: ``PRIVATE+KEY+<name>+<key ID>+<base64>``.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, Final

from indelible.errors import ConfigurationError
from indelible.merkle import Ed25519Signer, NoteError, Signer, Verifier, generate_key
from indelible.sealing.files import create_private

__all__ = [
    "SIGNER_KEY_PREFIX",
    "file_problems",
    "generate_key_file",
    "load_signer",
    "read_key_file",
    "verifier_of",
]

SIGNER_KEY_PREFIX: Final = "PRIVATE+KEY+"
"""How a C2SP signer key string begins."""

_MOST_BYTES: Final = 4096
"""Most bytes of a key file that are read; a key with a name of 255 characters has 1,100."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def generate_key_file(path: str | Path, name: str) -> Ed25519Signer:
    """Make a new key and keep it in a new file of mode 0600.

    Args:
        path: The file, which must not exist; its directory must.
        name: The key's name: that of the log that it is to sign.

    Returns:
        The key; ``verifier.vkey`` is what to publish.

    Raises:
        ConfigurationError: The file exists, or the name cannot be that of a key.
        OSError: It cannot be written.
    """
    path = Path(path)
    try:
        signer = generate_key(name)
    except NoteError as error:
        raise ConfigurationError("name", name, str(error)) from error
    try:
        create_private(path, f"{signer.skey}\n".encode())
    except FileExistsError as error:
        raise ConfigurationError(
            "file",
            str(path),
            "it exists, and a key is never written over. Choose another name; to see whose key it "
            "is, run: indelible keys show FILE",
        ) from error
    except FileNotFoundError as error:
        raise ConfigurationError(
            "file", str(path), "its directory does not exist. Make it first"
        ) from error
    return signer


def load_signer(key: str | Path | Signer, *, argument: str = "signing_key") -> Signer:
    """Return the signer that an argument stands for.

    Args:
        key: A key file's path; the key string itself, as an environment variable may hold it; or
            an object with ``name``, ``key_id`` and ``sign``, whose key may lie in a KMS or an HSM.
        argument: Name of the argument, for errors.

    Returns:
        The signer.

    Raises:
        ConfigurationError: It is none of these, or the file must not be used as it is.
    """
    if isinstance(key, Path) or (isinstance(key, str) and not key.startswith(SIGNER_KEY_PREFIX)):
        return read_key_file(key, argument=argument)
    if isinstance(key, str):
        return _parsed(key, "…", argument)
    candidate: Any = key
    if (
        isinstance(getattr(candidate, "name", None), str)
        and isinstance(getattr(candidate, "key_id", None), int)
        and callable(getattr(candidate, "sign", None))
    ):
        return key
    raise ConfigurationError(
        argument,
        type(candidate).__name__,
        "pass the path of a key file, or an object with name, key_id and sign(message), such as "
        "indelible.merkle.Ed25519Signer. To make a key, run: indelible keys generate FILE",
    )


def read_key_file(path: str | Path, *, argument: str = "signing_key") -> Ed25519Signer:
    """Read a private key from its file.

    Args:
        path: The file.
        argument: Name of the argument, for errors.

    Returns:
        The key.

    Raises:
        ConfigurationError: It does not exist, others than its owner can read or write it, it
            belongs to somebody else, or holds no key.  No message repeats what stands in it.
    """
    where = str(path)
    try:
        # What is judged below is the file that is read, whatever the name means by then. A pipe
        # would block the opening.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise ConfigurationError(
            argument, where, "there is no such file. To make one, run: indelible keys generate FILE"
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(argument, where, f"it cannot be read: {error}") from error
    try:
        problem = _problem(os.fstat(descriptor), where)
        if problem is not None:
            raise ConfigurationError(argument, where, problem)
        data = os.read(descriptor, _MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    text = data.decode("utf-8", "replace").removesuffix("\n")
    if len(data) > _MOST_BYTES or "\n" in text or "\r" in text:
        raise ConfigurationError(
            argument, where, "it is no key file: that is one line which begins with PRIVATE+KEY+"
        )
    return _parsed(text, where, argument)


def file_problems(path: str | Path) -> list[str]:
    """Tell what is wrong with how a key file is kept; an empty list means nothing.

    Args:
        path: The file.

    Returns:
        Sentences, each with its mend.  The directory counts too: who may write to it can put
        another file in the key's place.
    """
    try:
        problems = [_problem(os.stat(path), str(path))]  # noqa: PTH116 - a name that is no Path
        directory = os.stat(Path(path).resolve().parent)  # noqa: PTH116
    except OSError as error:
        return [f"it cannot be looked at: {error}"]
    sticky = directory.st_mode & stat.S_ISVTX
    if directory.st_mode & _OTHERS_WRITE and not sticky:
        problems.append(
            f"its directory has mode {stat.S_IMODE(directory.st_mode):04o}, so that others can put "
            "another file in its place. Run: chmod go-w on the directory"
        )
    return [problem for problem in problems if problem is not None]


def verifier_of(signer: Signer) -> Verifier | None:
    """Return the public key of a signer, or None for one that does not tell.

    Args:
        signer: The signer; one of the caller's own tells by an attribute ``verifier``.
    """
    candidate: Any = getattr(signer, "verifier", None)
    if candidate is None or not callable(getattr(candidate, "verify", None)):
        return None
    verifier: Verifier = candidate
    if (verifier.name, verifier.key_id) != (signer.name, signer.key_id):
        raise ConfigurationError(
            "signing_key",
            f"{signer.name}+{signer.key_id:08x}",
            f"its verifier is that of another key, {verifier.name}+{verifier.key_id:08x}",
        )
    return verifier


def _problem(status: os.stat_result, where: str) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    mode = stat.S_IMODE(status.st_mode)
    if mode & _OTHERS:
        return (
            f"its mode is {mode:04o}, so that others than its owner can get at the private key. "
            f"Run: chmod 600 {where}; if others may have read it already, make a new key"
        )
    if status.st_uid not in {os.geteuid(), 0}:
        return (
            f"it belongs to the user {status.st_uid}, who could change it, and this process runs "
            f"as {os.geteuid()}. Run: chown {os.geteuid()} {where}"
        )
    return None


def _parsed(text: str, where: str, argument: str) -> Ed25519Signer:
    try:
        return Ed25519Signer.parse(text)
    except NoteError as error:
        # The error does not repeat the key, and neither is it repeated here.
        raise ConfigurationError(argument, where, str(error)) from None
