"""Credentials in every shape, and texts that only look like them."""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable

from hypothesis import given, note
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from indelible import Redaction
from indelible.redaction import MASK

_alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _of(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least + 20)


_token = _of(_alnum, 20)
_base64url = _of(_alnum + "-_", 24)
_password = _of(_alnum + "!$%^*+~._-", 8)

Credential = tuple[str, str]
"""A text with a credential in it, and the part that must not be left."""


def _whole(*prefixes: str, rest: st.SearchStrategy[str] = _token) -> st.SearchStrategy[Credential]:
    def joined(prefix: str, secret: str) -> Credential:
        return prefix + secret, secret

    return st.builds(joined, st.sampled_from(prefixes), rest)


def _around(
    before: str, after: str, secret: st.SearchStrategy[str]
) -> st.SearchStrategy[Credential]:
    return secret.map(lambda text: (before + text + after, text))


def _jwt(parts: int) -> st.SearchStrategy[Credential]:
    return st.lists(_base64url, min_size=parts - 1, max_size=parts - 1).map(
        lambda rest: (".".join(["eyJhbGciOiJIUzI1NiJ9", *rest]), rest[-1])
    )


def _basic(text: str) -> Credential:
    encoded = base64.b64encode(f"ada:{text}".encode()).decode()
    return f"Basic {encoded}", encoded.rstrip("=")


_WORDS = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "authorization",
    "cookie", "credential", "credentials", "api_key", "apikey", "api-key", "access_key",
    "accessKey", "private key", "secret_key", "signing_key", "encryption_key", "AccountKey",
    "signature", "sig",
)  # fmt: skip
_CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.capitalize, str.swapcase)
_SIGNS = ("=", ":", ": ", " = ", " : ", "=>", " => ", ":=", " := ", ":\n  ")
_QUOTES = (("", ""), ('"', '"'), ("'", "'"), ('\\"', '\\"'), ("\\\\'", "\\\\'"))


@st.composite
def _assignment(draw: st.DrawFn) -> Credential:
    word = draw(st.sampled_from(_CASES))(draw(st.sampled_from(_WORDS)))
    opening, closing = draw(st.sampled_from(_QUOTES))
    left, right = draw(st.sampled_from(_QUOTES))
    secret = draw(_token)
    if draw(st.booleans()) and opening in {'"', "'"}:
        # Quoted secrets may hold anything but the quote itself.
        secret = f"{secret} ,;&{secret}"
    prefix = draw(st.sampled_from(["", "x-", "my_", "?", "&", "{"]))
    return (
        f"{prefix}{left}{word}{right}{draw(st.sampled_from(_SIGNS))}{opening}{secret}{closing}",
        secret,
    )


def _cut_off(quote: str) -> st.SearchStrategy[Credential]:
    """A quoted secret whose closing quote was cut off: nothing may follow it."""
    return _token.map(lambda text: (f"password={quote}{text}", text))


def _pem(kind: str) -> st.SearchStrategy[Credential]:
    return _token.map(
        lambda text: (
            f"-----BEGIN {kind}-----\nMII{text}\nAA==\n-----END {kind}-----",
            text,
        )
    )


CREDENTIALS: dict[str, st.SearchStrategy[Credential]] = {
    "JWT": _jwt(3),
    "JWE": _jwt(5),
    "bearer": _whole("Bearer ", "bearer ", "BEARER  ", rest=_of(_alnum + "-._~+/", 12)),
    "basic": _of(_alnum, 6).map(_basic),
    "Authorization header": _whole(
        "Authorization: Bearer ",
        "Authorization: Token ",
        "authorization: Basic ",
        "AUTHORIZATION: ApiKey ",
        "Proxy-Authorization: Custom ",
        'authorization: Digest username="a", response="',
        "{'Authorization': 'Bearer ",
        '{"authorization": "Negotiate ',
        "-H 'Authorization: Token ",
    ),
    "cookies": st.builds(
        lambda text, frame: (frame.replace("?", text), text),
        _token,
        st.sampled_from(
            [
                "Cookie: sid=?",
                "Cookie: a=b; sid=?; c=d",
                "cookie: a=b;sid=?",
                "Set-Cookie: sid=?; Path=/; HttpOnly",
                "'Cookie': 'theme=dark; sid=?'",
                '"cookie":"a=b; sid=?"',
            ]
        ),
    ),
    "PEM": st.one_of(
        *map(
            _pem,
            (
                "PRIVATE KEY",
                "RSA PRIVATE KEY",
                "EC PRIVATE KEY",
                "OPENSSH PRIVATE KEY",
                "ENCRYPTED PRIVATE KEY",
                "PGP PRIVATE KEY BLOCK",
            ),
        )
    ),
    "PEM cut off": _token.map(lambda text: (f"-----BEGIN PRIVATE KEY-----\nMII{text}", text)),
    "PEM on one line": _token.map(
        lambda text: (f"-----BEGIN PRIVATE KEY-----\\nMII{text}\\n-----END PRIVATE KEY-----", text)
    ),
    "URL": st.builds(
        lambda frame, text: (frame.replace("?", text), text),
        st.sampled_from(
            [
                "postgresql://app:?@db.example.com:5432/audit",
                "https://ada:?@example.com/",
                "redis://:?@cache:6379/0",
                "amqp://u:?@h",
                "smtp://ada@example.com:?@mail",
                "mongodb+srv://u:?@a.example.com,b.example.com/db",
            ]
        ),
        _password,
    ),
    "URL with odd passwords": st.builds(
        lambda one, sign, two: (f"postgresql://app:{one}{sign}{two}@db/audit", two),
        _password,
        st.sampled_from(["@", "/", ":", "#", "?", "%40"]),
        _password,
    ),
    "AWS": _whole("AKIA", "ASIA", "ABIA", "ACCA", rest=_of(_alnum[:26] + "0123456789", 16, 16)),
    "Google": _whole("AIza", rest=_of(_alnum + "_-", 35, 35)),
    "Google OAuth": _whole("ya29.", rest=_base64url),
    "GitHub": _whole("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", rest=_of(_alnum, 36)),
    "GitLab": _whole("glpat-", rest=_base64url),
    "npm and others": _whole("npm_", "dop_v1_", "hf_", rest=_of(_alnum, 36)),
    "PyPI": _whole("pypi-AgE", rest=_base64url),
    "Slack": _whole("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", rest=_of("0123456789-abc", 12)),
    "Stripe": _whole("sk_live_", "rk_live_", "sk_test_", rest=_of(_alnum, 24)),
    "OpenAI": _whole("sk-", "sk-proj-", rest=_base64url),
    "SendGrid": st.tuples(_base64url, _base64url).map(lambda t: (f"SG.{t[0]}.{t[1]}", t[1])),
    "assignment": _assignment(),
    "assignment cut off": st.sampled_from(['"', "'", '\\"']).flatmap(_cut_off),
    "short assignment": _of("0123456789", 4, 4).map(lambda pin: (f"pwd={pin}", pin)),
}  # fmt: skip

_BEFORE = ("", "x ", "(", "[", "\n", "failed: ", "a, ", "é ", "the old one was ")
_AFTER = ("", " x", ")", "\n", ", b", "; c", "\t", " and more")


def check_credentials() -> None:
    """Each kind of credential is suspected and masked, in texts and when it is all there is."""
    redaction = Redaction()
    for word, case, sign in itertools.product(_WORDS, _CASES, _SIGNS):
        text = f"{case(word)}{sign}hunter2"
        assert redaction.suspicious(text), f"{text!r} is not suspected"
        assert redaction.scrub(text) == f"{case(word)}{sign}{MASK}"
    for kind, credentials in CREDENTIALS.items():
        # What was cut off is masked to the end, and so must be the last thing in its text.
        last = "cut off" in kind
        run_property(_is_masked(kind, credentials, ("",) if last else _AFTER), examples=25)


def _is_masked(
    kind: str, credentials: st.SearchStrategy[Credential], endings: tuple[str, ...]
) -> Callable[[], None]:
    redaction = Redaction()

    @given(credentials, st.sampled_from(_BEFORE), st.sampled_from(endings))
    def masked(credential: Credential, before: str, after: str) -> None:
        text, secret = credential
        text = before + text + after
        note(f"{kind}: {text!r}")
        assert len(text) > redaction.short_text
        assert redaction.suspicious(text), f"{kind}: {text!r} is not suspected"
        scrubbed = redaction.scrub(text)
        assert secret not in scrubbed, f"{kind}: {text!r} became {scrubbed!r}"
        assert MASK in scrubbed
        assert scrubbed.startswith(before)
        assert redaction.scrub(scrubbed) == scrubbed, f"{scrubbed!r} was masked again"

    return masked


FRAGMENTS = (
    *_WORDS, *_SIGNS, "PASSWORD",
    # Letters that regular expressions take for s, i and k when case does not matter.
    "\u017fecret", "s\u0131g", "to\u212aen", "author\u0131zation", "cook\u0131e", "ba\u017fic ",
    '"', "'", "\\", '\\"', " ", "\n", "\t", "\u00a0", "\u2003", "\0", MASK, "[", "]", "{", "}", "(",
    ",", ";", "&", "?", "#", "@", "/", "//", "://", "s://u:", "-", "--", "_", ".", "a", "xyz", "0",
    "ada", "1234", "12345678", "A" * 16, "x" * 20, "Y" * 36, "bearer ", "Bearer ", "BEARER\t",
    "bEaReR ", "basic ", "Basic ", "BASIC ", "dXNlcjpwYXNz", "digest ", "token ", "eyJ", "eyJabcd",
    "-----BEGIN ", "-----END ", "PRIVATE KEY", "PRIVATE KEY BLOCK", "-----", "AKIA", "ASIA", "AIza",
    "ya29.", "ghp_", "github_pat_", "glpat-", "npm_", "dop_v1_", "hf_", "pypi-", "pypi-AgE",
    "xoxb-", "sk_live_", "rk_test_", "sk-", "SG.", "é", "\U0001f600",
)  # fmt: skip
"""What the patterns are made of, and what lies next to it."""


def check_suspicion() -> None:
    """The quick test is true of every text that `scrub` changes; a second run changes nothing."""
    redaction = Redaction()
    texts = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=9).map("".join)

    @given(texts | st.text())
    def suspected(text: str) -> None:
        scrubbed = redaction.scrub(text)
        if scrubbed != text:
            assert len(text) > redaction.short_text, f"{text!r} is too short to be looked at"
            assert redaction.suspicious(text), f"{text!r} is changed and not suspected"
            again = redaction.scrub(scrubbed)
            assert again == scrubbed, f"{text!r} became {scrubbed!r} and then {again!r}"

    run_property(suspected, examples=1000)


SLOW = (
    "a.", "://a:", "://a:b@", "-eyJ", "eyJaaaa.", "cookie:", "cookie: a=b;", "authorization: x ",
    "authorization: digest ", 'password="', "password=\\'", "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----", "password ", "bearer ", "basic abcdefgh ", "sk-", "npm_",
    "xoxb-", "SG.", "\\", "password\\\\", "a", " ", "=", ":", "AKIA", "ya29.", "_", "api_key", "@",
    '"', "\n",
)  # fmt: skip


def check_time(seconds: float) -> None:
    """Each text is looked at in time that grows with its length alone, other processes aside."""
    redaction = Redaction()
    size = 32_768
    for fragment in SLOW:
        for before, after in (("", ""), ("password=x ", " pwd=x"), ("cookie: ", ""), ("eyJ", "")):
            text = before + fragment * (size // len(fragment)) + after
            start = time.thread_time()
            redaction.suspicious(text)
            redaction.scrub(text)
            spent = time.thread_time() - start
            assert spent < seconds, f"{before!r} {fragment!r} {after!r} took {spent:.1f} s"


def leaves_alone(text: str) -> str:
    """Return what redaction made of an innocent text, or "" if nothing."""
    scrubbed = Redaction().scrub(text)
    return "" if scrubbed == text else f"{text!r} became {scrubbed!r}"
