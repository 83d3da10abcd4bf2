"""A small real witness on the loopback interface: C2SP tlog-witness, add-checkpoint only.

It checks everything that a witness must check, by its own means: the log's signature, the old size,
the consistency proof.  `mood` makes it misbehave on purpose.
"""

from __future__ import annotations

import base64
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from indelible.merkle import (
    EMPTY_ROOT,
    CosignatureSigner,
    Ed25519Verifier,
    NoteError,
    ProofError,
    Signature,
    generate_key,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    verify_consistency,
)

MOODS = ("honest", "slow", "broken", "liar", "impostor", "babbling", "endless", "dripping")

CONFLICTS = {
    "409 without a size": ("text/plain", ["busy"]),
    "409 with a word for a size": ("text/x.tlog.size", ["many"]),
    "409 with the same size twice": ("text/x.tlog.size; charset=utf-8", ["100", "100"]),
    "409 with another size each time": ("text/x.tlog.size", ["100", "200", "100"]),
}
"""How a witness may answer that it is elsewhere, by its mood: content type, and one body each."""


class WitnessDouble:
    """One witness, serving until it is closed.

    Attributes:
        mood: ``honest``, or how it misbehaves, one of `MOODS` or of `CONFLICTS`.
        answered: How many requests it has answered by its mood in `CONFLICTS`.
        requests: The old size of each request, in order.
        latest: The size and root that it has cosigned last.
    """

    def __init__(
        self,
        name: str,
        origin: str,
        log: Ed25519Verifier,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.key = CosignatureSigner(name, generate_key(name).seed)
        self.origin = origin
        self.log = log
        self.mood = "honest"
        self.answered = 0
        self.requests: list[int] = []
        self.latest = (0, EMPTY_ROOT)
        self._lock = threading.Lock()
        witness = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                witness.serve(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._closed = threading.Event()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}/prefix"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if request.path != "/prefix/add-checkpoint":
            self._answer(request, 404, b"not here\n")
        elif self.mood == "slow":
            self._closed.wait(30)
        elif self.mood in CONFLICTS:
            kind, bodies = CONFLICTS[self.mood]
            self._answer(request, 409, f"{bodies[self.answered]}\n".encode(), kind)
            self.answered += 1
        elif self.mood == "broken":
            self._answer(request, 500, b"out of order\n")
        elif self.mood == "endless":
            self._answer(request, 200, b"x" * 200_000)
        elif self.mood == "dripping":
            self._drip(request)
        else:
            with self._lock:
                status, answer = self.judge(body)
            self._answer(request, status, answer)

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(1000):
            if self._closed.wait(0.05):
                return
            try:
                request.wfile.write(b"x")
            except OSError:
                return

    def _answer(
        self, request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = ""
    ) -> None:
        request.send_response(status)
        size = status == 409 and body.strip().isdigit()
        kind = kind or ("text/x.tlog.size" if size else "text/plain")
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def judge(self, body: bytes) -> tuple[int, bytes]:
        """Check a request as the specification demands, and answer it."""
        head, separator, note = body.decode().partition("\n\n")
        lines = head.split("\n")
        if not separator or not lines[0].startswith("old "):
            return 400, b"malformed\n"
        old = int(lines[0].removeprefix("old "))
        if lines[0] != f"old {old}" or old < 0 or len(lines) > 64:
            return 400, b"malformed\n"
        self.requests.append(old)
        proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
        try:
            origin = parse_checkpoint(parse_note(note)[0]).origin
            if origin != self.origin:
                return 404, b"unknown log\n"
            checkpoint, opened = open_checkpoint(note, [self.log])
        except NoteError as error:
            return 403, f"{error}\n".encode()
        if old > checkpoint.size:
            return 400, b"old size above the checkpoint's\n"
        size, root = self.latest
        if old != size:
            return 409, f"{size}\n".encode()
        if size == checkpoint.size and root != checkpoint.root:
            return 409, f"{size}\n".encode()
        if old in {0, checkpoint.size} and proof:
            return 422, b"a proof where none belongs\n"
        try:
            verify_consistency(size, checkpoint.size, root, checkpoint.root, proof)
        except ProofError as error:
            return 422, f"{error}\n".encode()
        self.latest = (checkpoint.size, checkpoint.root)
        return 200, self._lines(opened.text).encode()

    def _lines(self, text: str) -> str:
        key = self.key
        if self.mood == "babbling":
            return "I have seen it\n"
        if self.mood == "impostor":
            key = CosignatureSigner("somebody.example/else", generate_key("else").seed)
        signature = key.sign(text.encode())
        if self.mood == "liar":
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        other = CosignatureSigner("other.example/w", generate_key("other").seed)
        return (
            Signature(other.name, other.key_id, other.sign(text.encode())).line()
            + Signature(key.name, key.key_id, signature).line()
        )

    def cosigned_long_ago(self, size: int, root: bytes) -> None:
        """Let it have cosigned a tree, as if another signer had asked."""
        self.latest = (size, root)
