"""Redaction: what never reaches the database, decided in the caller's thread.

Two kinds of rules apply to everything inside ``details``, ``before`` and ``after``.  A *key* rule
looks at names: the value of a key that sounds like a secret is replaced whole.  A *pattern* looks
at text: what looks like a credential is masked where it stands, in exceptions' texts too.  Both are
on by default and both err on the side of masking: an audit log outlives the systems whose
credentials would lie in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from indelible.encoding import (
    LONE_SURROGATE,
    KeyRule,
    KeyTable,
    RefusedValueError,
    ValueEncoder,
    to_json,
)
from indelible.errors import ConfigurationError, RedactionError, shown
from indelible.values import REDACTED

__all__ = ["DEFAULT_KEYS", "MASK", "RedactRule", "Redaction"]

MASK: Final = "[redacted]"
"""What replaces a credential inside a text."""

RedactRule = str | re.Pattern[str] | Callable[[str, object], object]
"""A key's name, a pattern for text, or a callable ``(path, value) -> value``."""

DEFAULT_KEYS: Final = frozenset(
    {
        "accesskey",
        "accesskeys",
        "apikey",
        "apikeys",
        "authorization",
        "clientkey",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "cvc",
        "cvv",
        "encryptionkey",
        "jwt",
        "mfacode",
        "otp",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pin",
        "privatekey",
        "privatekeys",
        "pwd",
        "secret",
        "secretkey",
        "secretkeys",
        "secrets",
        "sessionid",
        "sessionkey",
        "signingkey",
        "token",
        "tokens",
    }
)
"""Names whose values are redacted, without separators and in lower case."""

# Too short to be looked for at the end of a longer name: "shipping" is no "pin".
_WHOLE_WORDS_ONLY: Final = frozenset({"cvc", "cvv", "jwt", "otp", "pin", "pwd"})

# Names that contain one of the above and hold no secret.
_HARMLESS: Final = frozenset(
    {
        "completiontokens",
        "cookieconsent",
        "inputtokens",
        "maxtokens",
        "outputtokens",
        "prompttokens",
        "tokencount",
        "tokenlimit",
        "tokentype",
        "tokensused",
        "totaltokens",
    }
)

_SEPARATORS: Final = re.compile(r"[\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _names_secret(key: str, names: frozenset[str]) -> bool:
    """Tell whether a key, in any case and with any separators, is or ends in one of the names."""
    words = [word.lower() for part in _SEPARATORS.split(key) for word in _CAMEL.split(part) if word]
    # Forms number their fields: password1, password2.
    unnumbered = [word.rstrip("0123456789") for word in words]
    return _are_secret(words, names) or _are_secret(unnumbered, names)


def _are_secret(words: list[str], names: frozenset[str]) -> bool:
    whole = "".join(words)
    if whole in _HARMLESS:
        return False
    if any(whole.endswith(name) for name in names - _WHOLE_WORDS_ONLY):
        return True
    neighbours = {first + second for first, second in pairwise(words)}
    return not names.isdisjoint({whole, *words, *neighbours})


def _mask_basic(found: re.Match[str]) -> str:
    """Mask HTTP Basic credentials, and leave prose such as "Basic troubleshooting" alone."""
    try:
        decoded = base64.b64decode(found["token"], validate=True)
    except binascii.Error:
        return found[0]
    return found["kept"] + MASK if b":" in decoded else found[0]


_NAMES_IN_TEXT: Final = (
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|authorization|cookie|credentials?"
    r"|(?:api|access|private|secret|signing|encryption|account)[-_ ]?key|signature|sig)"
)

_ASSIGNED: Final = r"""(?:\\*["'])?\s*(?>=>|:=|[=:])\s*"""
_MASKED: Final = r"(?:(?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s+)?\[redacted\]"

# Each is a whole credential, or has the group "kept" for what stands before it and is left.  Texts
# come from anybody, so none may take quadratic time: what can be repeated is bounded, or cannot
# start again inside what it has read.
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
        ),
        MASK,
    ),
    # RFC 7519 tokens, and RFC 7516 ones with their five parts.
    (re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*){2,4}"), MASK),
    # RFC 6750 and RFC 7617, as they stand in an Authorization header.
    (
        re.compile(r"(?P<kept>\b(?:[Bb]earer|BEARER)\s+)(?!\[)[A-Za-z0-9\-._~+/]{6,}=*"),
        rf"\g<kept>{MASK}",
    ),
    (
        re.compile(r"(?P<kept>\b(?:[Bb]asic|BASIC)\s+)(?P<token>[A-Za-z0-9+/]{6,}={0,2})"),
        _mask_basic,
    ),
    # The password in a URL's user information (RFC 3986, section 3.2.1), and one with a slash in
    # it, which makes the URL invalid and its user look for the error message.
    (
        re.compile(r"""(?P<kept>://[^\s/:"'<>]{0,256}:)[^\s/"'<>]{1,256}(?=@)"""),
        rf"\g<kept>{MASK}",
    ),
    (
        re.compile(
            r"""(?P<kept>://[^\s/:@"'<>]{0,256}:)(?!\[redacted\]|\d{1,5}[/?#])"""
            r"""[^\s@"'<>]{1,256}(?=@)"""
        ),
        rf"\g<kept>{MASK}",
    ),
    # Keys that cloud providers and code hosts issue, by their published prefixes.
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{35}"), MASK),
    (re.compile(r"\bya29\.[A-Za-z0-9_-]{20,}"), MASK),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"), MASK),
    (re.compile(r"\b(?:glpat-[A-Za-z0-9_-]{20,}|(?:npm_|dop_v1_|hf_)[A-Za-z0-9]{20,})"), MASK),
    (re.compile(r"\bpypi-AgE[A-Za-z0-9_-]{20,}"), MASK),
    (re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"), MASK),
    (re.compile(r"\b(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|sk-[A-Za-z0-9_-]{20,})"), MASK),
    (re.compile(r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"), MASK),
    # RFC 9110 credentials of any scheme, and cookies, of which each may be the secret one.
    (
        re.compile(
            rf"""(?P<kept>(?i:authorization){_ASSIGNED}\\*["']?)(?!{_MASKED})"""
            r"""(?:(?i:digest|hawk|oauth|aws4-hmac-sha256)\s[^\r\n]*"""
            r"""|(?i:bearer|basic|token|api-?key|negotiate|ntlm)\s+[^\s,;"'\\]+"""
            r"""|[^\s,;"'\\}\])]+(?:[ \t]+[^\s,;"'\\]{16,})?)"""
        ),
        rf"\g<kept>{MASK}",
    ),
    (
        re.compile(
            rf"""(?P<kept>(?i:cookie){_ASSIGNED}\\*["']?)(?!{_MASKED})"""
            r"""[^\s=;,"'\\]{1,128}=[^\s;"'\\]*(?:;\s*[^\s=;,"'\\]{1,128}(?:=[^\s;"'\\]*)?)*"""
        ),
        rf"\g<kept>{MASK}",
    ),
    # "password=hunter2", '"api_key": "…"', "?access_token=…" inside a longer text.  The last quote
    # may be missing where a text was cut, and quotes are escaped where JSON stands in JSON.
    (
        re.compile(
            rf"""(?P<kept>(?i:{_NAMES_IN_TEXT}){_ASSIGNED})(?!\s|{_MASKED})"""
            r"""(?:\\+["'].*?(?:\\+["']|\Z)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)"""
            r"""|'(?:[^'\\]|\\.)*(?:'|\\?\Z)|[^\s,;&"'}\])]+)""",
            re.DOTALL,
        ),
        rf"\g<kept>{MASK}",
    ),
)

# What every match of the patterns above contains: one of these characters, or one of a few words.
# Scanning for single characters is several times as fast as any alternation, and most texts end
# here.
_RARE: Final = re.compile(r"[=:_.AB]").search

_SHORT: Final = 8

# True of every text in which one of the patterns above could match; looks behind and ahead only at
# the few characters with which an alternative starts.
_LIKELY: Final = re.compile(
    r"[=:](?://|(?<=[\"'\s].)|(?<=(?i:rd|wd|se|de|et|en|on|ie|ls|al|ey|re|ig).))"
    r"|_(?:(?<=h[pousr]_)|(?<=(?:npm|_v1)_)|(?<=hf_)|pat_|live_|test_)"
    r"|-(?:----B|(?<=glpat-)|(?<=pypi-)|(?<=xox.-)|(?<=sk-))"
    r"|y(?:J|a29\.)|SG\.|A(?:Iza|KIA|SIA|BIA|CCA)"
    r"|(?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s"
).search


def _suspicious(text: str) -> bool:
    if len(text) <= _SHORT:
        # Only "pwd=1234" and its like are as short.
        if "=" not in text and ":" not in text:
            return False
    elif (
        _RARE(text) is None
        and "bearer" not in text
        and "basic" not in text
        and (
            "-" not in text
            or not ("sk-" in text or "xox" in text or "at-" in text or "pypi-" in text)
        )
    ):
        return False
    return _LIKELY(text) is not None


class Redaction:
    """The redaction rules of one service; immutable once made, and safe to share between threads.

    Args:
        rules: Further rules.  A string names a key, matched like the default ones: in any case
            and with any of ``-_.`` in it, alone or at the end of a longer name.  A compiled
            pattern masks what it matches in every text.  A callable ``(path, value) -> value``
            sees each value that is not a dict or list, with its path such as ``details.card.iban``,
            and returns it, another one, or `REDACTED`.
        keyed_hash: Names of keys whose values are replaced by their HMAC-SHA-256 under
            `hash_key`, so that equal values stay findable (see `hash_value`).
        hash_key: The secret key for `keyed_hash`, at least 16 bytes.
        allow: Names of keys that are never redacted, spelled exactly.
        defaults: Whether the default keys and patterns apply.

    Raises:
        ConfigurationError: A rule is of another kind, or `keyed_hash` has no key.
    """

    short_text: int

    def __init__(
        self,
        rules: Iterable[RedactRule] = (),
        *,
        keyed_hash: Iterable[str] = (),
        hash_key: bytes | None = None,
        allow: Iterable[str] = (),
        defaults: bool = True,
    ) -> None:
        names = set(DEFAULT_KEYS) if defaults else set()
        self._own_patterns: list[re.Pattern[str]] = []
        self._transforms: list[Callable[[str, object], object]] = []
        for rule in _several("redact", rules):
            if isinstance(rule, str) and _folded(rule):
                names.add(_folded(rule))
            elif isinstance(rule, re.Pattern) and isinstance(rule.pattern, str):
                self._own_patterns.append(rule)
            elif callable(rule):
                self._transforms.append(rule)
            else:
                raise ConfigurationError(
                    "redact",
                    rule,
                    "a rule is a key's name, a compiled pattern for str, "
                    "or a callable (path, value) -> value",
                )
        hashed = {_folded(name) for name in _several("keyed_hash", keyed_hash)}
        if hashed and (not isinstance(hash_key, bytes) or len(hash_key) < _MIN_HASH_KEY):
            # The key itself is a secret and is not shown.
            raise ConfigurationError(
                "hash_key",
                None if hash_key is None else REDACTED,
                f"keyed_hash needs a secret key of at least {_MIN_HASH_KEY} bytes; "
                "make one with secrets.token_bytes(32) and keep it",
            )
        self._hash_key = hash_key or b""
        self._names = frozenset(names)
        self._hashed = frozenset(hashed)
        self._allowed = frozenset(_several("allow", allow))
        self._defaults = defaults
        self.keys = KeyTable(self._decide, self._clean)
        # "pwd=1" is the shortest text that a default pattern matches; a caller's own may match any.
        self.short_text = 0 if self._own_patterns or not defaults else 4
        self.suspicious: Callable[[str], object] = self._find_suspicion()

    @property
    def transforms(self) -> bool:
        """Whether `transform` has anything to do."""
        return bool(self._transforms)

    def scrub(self, text: str) -> str:
        """Return the text with every credential in it masked."""
        if self._defaults:
            for pattern, replacement in _PATTERNS:
                text = pattern.sub(replacement, text)
        for pattern in self._own_patterns:
            text = pattern.sub(MASK, text)
        return text

    def transform(self, path: str, value: Any) -> Any:
        """Apply the caller's callables to each value inside `value`.

        Args:
            path: The argument's name; grows by ``.key`` and ``[index]`` on the way in.
            value: A dict, a list or anything else; dicts and lists are copied, not changed.

        Raises:
            RedactionError: A callable raised; the event must not be stored.
        """
        return self._transform(path, value, 0)

    def hash_value(self, value: object) -> str:
        """Return the digest that stands for a value under a `keyed_hash` key.

        Args:
            value: Any value that an event may hold.

        Returns:
            HMAC-SHA-256 (RFC 2104) of the value's canonical JSON, 64 hexadecimal digits.

        Raises:
            ConfigurationError: The service has no `hash_key`.
        """
        if not self._hash_key:
            raise ConfigurationError("hash_key", None, "pass hash_key= to look hashed values up")
        try:
            return self._digest(_PLAIN.encode("value", value))
        except RefusedValueError as refused:
            raise refused.located("value") from None

    def _clean(self, text: str) -> str:
        suspect = len(text) > self.short_text and self.suspicious(text)
        return self.scrub(text) if suspect else text

    def _decide(self, key: str) -> KeyRule | None:
        if key in self._allowed:
            return None
        if _folded(key) in self._hashed:
            return self._hash
        return _redact if _names_secret(key, self._names) else None

    def _hash(self, value: object) -> object:
        return None if value is None else {"$hmac": self._digest(_PLAIN.value(value))}

    def _digest(self, plain: object) -> str:
        try:
            encoded = to_json(plain)
        except UnicodeEncodeError:
            raise RefusedValueError(f"a text to be hashed {LONE_SURROGATE}") from None
        return hmac.new(self._hash_key, encoded, hashlib.sha256).hexdigest()

    def _find_suspicion(self) -> Callable[[str], object]:
        searches: list[Callable[[str], object]] = [pattern.search for pattern in self._own_patterns]
        if self._defaults:
            searches.append(_suspicious)
        if len(searches) == 1:
            return searches[0]
        return lambda text: any(search(text) for search in searches)

    def _transform(self, path: str, value: Any, depth: int) -> Any:
        # Deeper nesting than this is refused by the encoder, which says so better.
        if depth <= _TRANSFORM_DEPTH:
            if isinstance(value, Mapping):
                return {
                    key: self._transform(f"{path}.{key}", item, depth + 1)
                    for key, item in value.items()
                }
            if isinstance(value, list):
                return [
                    self._transform(f"{path}[{index}]", item, depth + 1)
                    for index, item in enumerate(value)
                ]
        for transform in self._transforms:
            try:
                value = transform(path, value)
            except Exception as error:
                raise RedactionError(
                    path,
                    f"the redaction rule {shown(transform)} raised {type(error).__name__}, so the "
                    "event is refused: nothing is stored that a rule has not seen. Mend the rule",
                ) from error
        return value


_MIN_HASH_KEY: Final = 16
_TRANSFORM_DEPTH: Final = 65
_PLAIN: Final = ValueEncoder()


def _redact(value: object) -> object:
    # That there is no value, or a yes or no, is no secret, and often just what an auditor asks.
    return value if value is None or isinstance(value, bool) else {"$redacted": True}


def _folded(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()


def _several(argument: str, values: Any) -> list[Any]:
    """Return the values as a list; a lone string is almost always a forgotten bracket."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ConfigurationError(argument, values, "pass a list, even for a single rule")
    return list(values)
