"""Which OCSF class and activity stands for which action: a table that callers can extend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from indelible.errors import ConfigurationError
from indelible.jsontext import read_json

__all__ = ["CLASSES", "DEFAULT_RULES", "OcsfClass", "OcsfMapping", "OcsfRule"]


@dataclass(frozen=True, slots=True)
class OcsfClass:
    """A class of OCSF 1.8.0 that events can be exported as.

    Attributes:
        uid: Its number.
        name: Its name, such as ``entity_management``.
        caption: Its name for people.
        category_uid: The number of its category.
        category: The category's name for people.
        activities: Its activities' captions by number, but for 0 (Unknown) and 99 (Other), which
            every class has.
        needs_target: Whether it cannot describe an event without a target.
    """

    uid: int
    name: str
    caption: str
    category_uid: int
    category: str
    activities: Mapping[int, str]
    needs_target: bool = False


OTHER: Final = 99
_COMMON: Final = {0: "Unknown", OTHER: "Other"}
_IAM: Final = (3, "Identity & Access Management")
_APPLICATION: Final = (6, "Application Activity")


def _numbered(*captions: str) -> dict[int, str]:
    return dict(enumerate(captions, 1))


CLASSES: Final[Mapping[int, OcsfClass]] = {
    found.uid: found
    for found in (
        OcsfClass(
            3001,
            "account_change",
            "Account Change",
            *_IAM,
            _numbered(
                "Create",
                "Enable",
                "Password Change",
                "Password Reset",
                "Disable",
                "Delete",
                "Attach Policy",
                "Detach Policy",
                "Lock",
                "MFA Factor Enable",
                "MFA Factor Disable",
                "Unlock",
            ),
        ),
        OcsfClass(
            3002,
            "authentication",
            "Authentication",
            *_IAM,
            _numbered(
                "Logon",
                "Logoff",
                "Authentication Ticket",
                "Service Ticket Request",
                "Service Ticket Renew",
                "Preauth",
                "Account Switch",
            ),
        ),
        OcsfClass(
            3004,
            "entity_management",
            "Entity Management",
            *_IAM,
            _numbered(
                "Create",
                "Read",
                "Update",
                "Delete",
                "Move",
                "Enroll",
                "Unenroll",
                "Enable",
                "Disable",
                "Activate",
                "Deactivate",
                "Suspend",
                "Resume",
            ),
            needs_target=True,
        ),
        OcsfClass(
            6001,
            "web_resources_activity",
            "Web Resources Activity",
            *_APPLICATION,
            _numbered("Create", "Read", "Update", "Delete", "Search", "Import", "Export", "Share"),
            needs_target=True,
        ),
        OcsfClass(
            6003,
            "api_activity",
            "API Activity",
            *_APPLICATION,
            _numbered("Create", "Read", "Update", "Delete"),
        ),
    )
}
"""The classes by number."""

_BY_NAME: Final = {found.name: found for found in CLASSES.values()}


@dataclass(frozen=True, slots=True)
class OcsfRule:
    """Says of some actions which class and activity they are.

    Attributes:
        action: A pattern: ``*`` stands for any characters, everything else for itself. A ``*.`` at
            the start may stand for nothing: ``*.login`` means ``login``, too.
        class_uid: One of `CLASSES`.
        activity_id: One of the class's activities, 0 for Unknown or 99 for Other.

    Raises:
        ConfigurationError: There is no such class or activity, or no pattern.
    """

    action: str
    class_uid: int
    activity_id: int

    def __post_init__(self) -> None:
        if not self.action:
            raise ConfigurationError("action", self.action, "pass a pattern, such as 'invoice.*'")
        known = CLASSES.get(self.class_uid) if type(self.class_uid) is int else None
        if known is None:
            raise ConfigurationError(
                "class_uid", self.class_uid, f"pass one of {', '.join(map(str, CLASSES))}"
            )
        if type(self.activity_id) is not int or self.activity_id not in (
            _COMMON.keys() | known.activities.keys()
        ):
            raise ConfigurationError(
                "activity_id",
                self.activity_id,
                f"{known.caption} has {_listed(known)}, 0 Unknown and 99 Other",
            )

    @property
    def expression(self) -> str:
        """The pattern as a regular expression."""
        optional = self.action.startswith("*.") and len(self.action) > len("*.")
        rest = self.action[len("*.") :] if optional else self.action
        return (r"(?:.*\.)?" if optional else "") + ".*".join(map(re.escape, rest.split("*")))

    @property
    def ocsf_class(self) -> OcsfClass:
        """The class."""
        return CLASSES[self.class_uid]

    @property
    def activity(self) -> str:
        """The activity's caption."""
        return {**self.ocsf_class.activities, **_COMMON}[self.activity_id]


def _listed(known: OcsfClass) -> str:
    return ", ".join(f"{number} {caption}" for number, caption in known.activities.items())


def _rules(class_uid: int, table: Mapping[int, str]) -> tuple[OcsfRule, ...]:
    return tuple(
        OcsfRule(action, class_uid, activity)
        for activity, actions in table.items()
        for action in actions.split()
    )


_CREATE: Final = "*.create *.add *.insert *.register"
_READ: Final = "*.read *.view *.get *.list *.search *.download *.export"
_UPDATE: Final = "*.update *.edit *.change *.modify *.set *.rename"
_DELETE: Final = "*.delete *.remove"

DEFAULT_RULES: Final[tuple[OcsfRule, ...]] = (
    *_rules(
        3002,
        {
            1: "*.login *.log_in *.logon *.signin *.sign_in *.authenticate *.login_failed",
            2: "*.logout *.log_out *.logoff *.signout *.sign_out",
            7: "*.impersonate *.switch_user",
        },
    ),
    *_rules(
        3001,
        {
            3: "*.password_change *.change_password *.password.change",
            4: "*.password_reset *.reset_password *.password.reset",
            10: "*.mfa_enable *.mfa.enable",
            11: "*.mfa_disable *.mfa.disable",
            1: "user.create user.register",
            2: "user.enable",
            5: "user.disable",
            6: "user.delete",
            9: "user.lock",
            12: "user.unlock",
        },
    ),
    *_rules(
        3004,
        {
            1: _CREATE,
            2: _READ,
            3: _UPDATE,
            4: _DELETE,
            5: "*.move",
            6: "*.enroll",
            7: "*.unenroll",
            8: "*.enable",
            9: "*.disable",
            10: "*.activate",
            11: "*.deactivate",
            12: "*.suspend",
            13: "*.resume",
        },
    ),
    *_rules(6003, {1: _CREATE, 2: _READ, 3: _UPDATE, 4: _DELETE, OTHER: "*"}),
)
"""The rules that hold unless a caller puts others in front; the first that fits counts.  Those of a
class that needs a target are passed over for events without one."""

DEFAULT_USER_TYPES: Final[Mapping[str, int]] = {"user": 1, "admin": 2, "system": 3, "service": 4}
USER_TYPES: Final = {0: "Unknown", 1: "User", 2: "Admin", 3: "System", 4: "Service", OTHER: "Other"}


@dataclass(frozen=True)
class OcsfMapping:
    """Rules, first match first, and what types of actors and targets are users.

    Attributes:
        rules: The rules; they should end with one for ``*``, or what none fits is API Activity with
            the activity 99, Other.
        user_types: OCSF's ``user.type_id`` by actor type.
    """

    rules: tuple[OcsfRule, ...] = DEFAULT_RULES
    user_types: Mapping[str, int] = field(default_factory=lambda: DEFAULT_USER_TYPES)

    @cached_property
    def _compiled(self) -> tuple[tuple[re.Pattern[str], OcsfRule], ...]:
        return tuple((re.compile(rule.expression, re.DOTALL), rule) for rule in self.rules)

    def extended(
        self, rules: Iterable[OcsfRule] = (), user_types: Mapping[str, int] | None = None
    ) -> OcsfMapping:
        """Return a mapping with further rules in front of these.

        Args:
            rules: The rules.
            user_types: Further user types, by actor type.
        """
        return OcsfMapping((*rules, *self.rules), {**self.user_types, **(user_types or {})})

    @cached_property
    def _found(self) -> dict[tuple[str, bool], OcsfRule]:
        return {}

    def rule_for(self, action: str, *, has_target: bool) -> OcsfRule:
        """Return the first rule that fits.

        Args:
            action: The event's action.
            has_target: Whether the event has a target.
        """
        # A log has few actions and many events, and there are a hundred patterns.
        key = (action, has_target)
        rule = self._found.get(key)
        if rule is None:
            rule = self._first(action, has_target=has_target)
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[key] = rule
        return rule

    def _first(self, action: str, *, has_target: bool) -> OcsfRule:
        for pattern, rule in self._compiled:
            if pattern.fullmatch(action) and (has_target or not rule.ocsf_class.needs_target):
                return rule
        return OcsfRule("*", 6003, OTHER)

    @classmethod
    def from_file(cls, path: str | Path) -> OcsfMapping:
        """Return the default mapping with the rules of a file in front.

        Args:
            path: A file of JSON if its name ends with ``.json``, of TOML otherwise. It holds a
                table ``[[rule]]`` for each rule with ``action``, ``class`` and ``activity``, the
                latter two as a name or a number, and perhaps a table ``[user_types]``; in JSON the
                same as ``{"rule": [{...}], "user_types": {...}}``.

        Raises:
            ConfigurationError: It cannot be read, or says what makes no sense.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError("mapping", str(path), f"it cannot be read: {error}") from error
        return cls.from_json(text) if str(path).endswith(".json") else cls.from_toml(text)

    @classmethod
    def from_toml(cls, text: str) -> OcsfMapping:
        """Return the default mapping with the rules of a TOML text in front; see `from_file`.

        Raises:
            ConfigurationError: It is no TOML, or says what makes no sense.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError("mapping", text, f"it is no TOML: {error}") from error
        return cls._from_document(document)

    @classmethod
    def from_json(cls, text: str) -> OcsfMapping:
        """Return the default mapping with the rules of a JSON text in front; see `from_file`.

        Raises:
            ConfigurationError: It is no JSON, or says what makes no sense.
        """
        try:
            document = read_json(text)
        except ValueError as error:
            raise ConfigurationError("mapping", text, f"it is {error}") from error
        return cls._from_document(document)

    @classmethod
    def _from_document(cls, document: Any) -> OcsfMapping:
        if not isinstance(document, dict):
            raise ConfigurationError("mapping", document, "it may hold rule and user_types")
        unknown = document.keys() - {"rule", "user_types"}
        if unknown:
            raise ConfigurationError("mapping", min(unknown), "it may hold rule and user_types")
        rules = document.get("rule", [])
        types = document.get("user_types", {})
        if not isinstance(rules, list) or not isinstance(types, dict):
            raise ConfigurationError(
                "mapping", document, "rule is a list of tables, and user_types one table"
            )
        return cls().extended(map(_rule, rules), {name: _user_type(types[name]) for name in types})


_REMEMBERED: Final = 4096
"""Actions whose rules are remembered; all are forgotten when there are more."""


def _rule(members: Any) -> OcsfRule:
    if not isinstance(members, dict) or members.keys() != {"action", "class", "activity"}:
        raise ConfigurationError("rule", members, "write action, class and activity")
    action, kind, activity = members["action"], members["class"], members["activity"]
    if not isinstance(action, str):
        raise ConfigurationError("action", action, "write a pattern, such as 'invoice.*'")
    known = CLASSES.get(kind) if type(kind) is int else _BY_NAME.get(str(kind))
    if known is None:
        raise ConfigurationError("class", kind, f"write one of {', '.join(_BY_NAME)}")
    if isinstance(activity, str):
        activity = _by_caption("activity", activity, {**known.activities, **_COMMON})
    return OcsfRule(action, known.uid, activity)


def _user_type(value: Any) -> int:
    if isinstance(value, str):
        return _by_caption("user_types", value, USER_TYPES)
    if type(value) is not int or value not in USER_TYPES:
        raise ConfigurationError("user_types", value, f"write one of {_names(USER_TYPES.values())}")
    return value


def _by_caption(argument: str, name: str, captions: Mapping[int, str]) -> int:
    for number, caption in captions.items():
        if name in {caption, caption.lower().replace(" ", "_")}:
            return number
    raise ConfigurationError(argument, name, f"write one of {_names(captions.values())}")


def _names(captions: Iterable[str]) -> str:
    names: Sequence[str] = [caption.lower().replace(" ", "_") for caption in captions]
    return ", ".join(names)
