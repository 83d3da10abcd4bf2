"""Small pages, each with one mistake, for the test of the tests: a check has to find its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A sample</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; }}
body {{ background: light-dark(oklch(98% 0.01 250), #101418); color: light-dark(#222, #eee); }}
a {{ color: light-dark(#0645ad, #8ab4f8); }}
</style>
</head>
<body>
<main>
<h1>A sample</h1>
<p><a href="#one">One</a> <button>Two</button> <label>Three <input type="date"></label></p>
{}
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Sample:
    """A page: its one peculiarity, and what it is sent with."""

    part: str
    headers: dict[str, str] = field(default_factory=dict)


SAMPLES = {
    "good": Sample("<p>Nothing is wrong with this one.</p>"),
    # What the browser logs.
    "error": Sample("<script>console.error('broken')</script>"),
    "warning": Sample("<script>console.warn('soon broken')</script>"),
    "exception": Sample("<script>undefined_function()</script>"),
    "dialog": Sample("<script>setTimeout(() => alert('hit'))</script>"),
    "missing": Sample("<img alt='a picture' src='/missing.png'>"),
    "foreign picture": Sample("<img alt='a picture' src='http://elsewhere.example/a.png'>"),
    "foreign style": Sample("<link rel='stylesheet' href='//elsewhere.example/a.css'>"),
    "foreign socket": Sample("<script>new WebSocket('ws://elsewhere.example/')</script>"),
    "another port": Sample("<img alt='a picture' src='http://127.0.0.1:9/a.png'>"),
    "forbidden": Sample(
        "<script>window.hit = 1</script>",
        {"Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'; img-src data:"},
    ),
    # What a reader sees.
    "weak text": Sample("<p style='color: #999'>Weak.</p>"),
    "weak in the dark": Sample("<p style='color: #222'>Dark on dark.</p>"),
    "weak by opacity": Sample("<div style='opacity: 0.4'><p>Weak.</p></div>"),
    "weak hint": Sample(
        "<style>::placeholder { color: #aaa }</style>"
        "<label>Find <input placeholder='a word'></label>"
    ),
    "bright in the dark": Sample("<style>body { background: #fff; color: #222 }</style>"),
    "wide": Sample("<div style='width: 1400px'>Wide.</div>"),
    "long word": Sample(f"<p>{'W' * 2000}</p>"),
    # What a keyboard and a screen reader find.
    "trap": Sample(
        "<button id='trap'>Trap</button><a href='#end'>End</a><script>"
        "trap.onkeydown = (event) => { if (event.key === 'Tab') event.preventDefault(); }"
        "</script>"
    ),
    "hidden focus": Sample("<style>:focus { outline: none }</style>"),
    "other order": Sample("<a href='#first' tabindex='1'>Last in the text, first by key</a>"),
    "nameless link": Sample("<a href='#x'><svg width='9' height='9'></svg></a>"),
    "nameless field": Sample("<input type='search'>"),
    "nameless picture": Sample("<img src='data:,'>"),
    "two headings": Sample("<h1>Another</h1>"),
    "same id": Sample("<p id='a'>One</p><p id='a'>Two</p>"),
    # What a stored value must not become.
    "element": Sample("<b id='injected'>Taken over</b>"),
    "handler": Sample("<p onclick='x()'>Click</p>"),
    "address": Sample("<a href=' javascript:x()'>Click</a>"),
    "style": Sample("<p style='position: fixed'>Over all</p>"),
    "script": Sample("<script>window.hit = 1</script>"),
    "frame": Sample("<iframe title='a frame' srcdoc='x'></iframe>"),
    "base": Sample("<base href='/elsewhere/'>"),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.strip("/").replace("-", " ")
        sample = SAMPLES.get(name)
        body = _FRAME.format(sample.part).encode() if sample else b"There is none.\n"
        self.send_response(200 if sample else 404)
        headers = sample.headers if sample else {}
        for header, value in {
            **headers, "Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)),
        }.items():  # fmt: skip
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: what is asked for is the browser's log to tell."""


class Samples:
    """A server of the samples in a thread of its own, at `address`."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), _Handler)
        self.address = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
