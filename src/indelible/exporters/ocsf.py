"""OCSF 1.8.0, one event a line."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

import msgspec

from indelible.event import Place
from indelible.exporters.members import (
    Exportable,
    Members,
    Named,
    Text,
    line_of,
    members_of,
    place_of,
    text_of,
    unreadable,
)
from indelible.exporters.ocsf_mapping import OTHER, USER_TYPES, OcsfMapping, OcsfRule
from indelible.exporters.writers import LineFormat

__all__ = ["OCSF_VERSION", "Ocsf"]

OCSF_VERSION: Final = "1.8.0"

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")
_MILLISECOND: Final = timedelta(milliseconds=1)
_SEVERITIES: Final = {
    None: (0, "Unknown"),
    "informational": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_STATUSES: Final = {
    "success": (1, "Success"),
    "failure": (2, "Failure"),
    "denied": (2, "Failure"),
    "unknown": (0, "Unknown"),
}
_ENTITY_TYPES: Final = {"device": 1, "user": 2, "group": 3, "organization": 4, "policy": 5}
_ENTITY_CAPTIONS: Final = {1: "Device", 2: "User", 3: "Group", 4: "Organization", 5: "Policy"}
_LONGEST_ADDRESS: Final = 40
_IP_ADDRESS: Final = 2
_USER_NAME: Final = 4

_ACCOUNT_CHANGE, _AUTHENTICATION, _ENTITY_MANAGEMENT = 3001, 3002, 3004
_WEB_RESOURCES, _API_ACTIVITY = 6001, 6003


class Ocsf(LineFormat):
    """OCSF 1.8.0 in JSON, one event a line.

    Args:
        mapping: Which class and activity stands for which action.
        product: The name of the product that the events come from.
    """

    name = "ocsf"
    media_type = "application/jsonl"
    suffix = ".ocsf.jsonl"

    def __init__(self, mapping: OcsfMapping | None = None, *, product: str = "Indelible") -> None:
        self._mapping = mapping or OcsfMapping()
        self._product = {
            "name": product,
            "vendor_name": "Indelible",
            "version": version("indelible"),
        }
        self._encode = msgspec.json.Encoder().encode

    def line(self, event: Exportable) -> bytes:
        """Return one event's line, its end included."""
        return line_of(event, self._encode(self.event(event)))

    def event(self, event: Exportable) -> dict[str, Any]:
        """Return one event as OCSF has it; what stands in it as `msgspec.Raw` is JSON text.

        Raises:
            ExportError: The event is not committed, or its stored text cannot be read.
        """
        place, members = place_of(event), members_of(event)
        try:
            return self._mapped(place, members)
        except ValueError as error:
            raise unreadable(event, str(error)) from error

    def _mapped(self, place: Place, members: Members) -> dict[str, Any]:
        action = text_of(members.action)
        rule = self._mapping.rule_for(action, has_target=members.target is not None)
        out = self._base(rule, members)
        out["metadata"] = _present(
            version=OCSF_VERSION,
            product=self._product,
            uid=members.event_id,
            sequence=place.seq,
            logged_time=_milliseconds(members.recorded_at),
            log_name=place.log,
            event_code=action,
            log_provider=_text(members.source),
            tenant_uid=_text(members.tenant),
            correlation_uid=_text(members.request_id),
        )
        unmapped = _unmapped(members)
        unmapped["leaf_hash"] = place.leaf_hash.hex()
        self._add_class(out, unmapped, rule, members)
        out["unmapped"] = unmapped
        observables = _observables(out)
        if observables:
            out["observables"] = observables
        return out

    def _base(self, rule: OcsfRule, members: Members) -> dict[str, Any]:
        kind = rule.ocsf_class
        severity_id, severity = _SEVERITIES[members.severity]
        status_id, status = _STATUSES[members.outcome]
        # 99 has no meaning of its own: there the caption is the source's own word.
        activity = text_of(members.action) if rule.activity_id == OTHER else rule.activity
        out = {
            "class_uid": kind.uid,
            "class_name": kind.caption,
            "category_uid": kind.category_uid,
            "category_name": kind.category,
            "activity_id": rule.activity_id,
            "activity_name": activity,
            "type_uid": kind.uid * 100 + rule.activity_id,
            "type_name": f"{kind.caption}: {rule.activity}",
            "time": _milliseconds(members.occurred_at),
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status_id,
            "status": status,
            "status_code": members.outcome,
        }
        if members.duration_us is not None:
            out["duration"] = members.duration_us // 1000
        if members.user_agent is not None:
            out["http_request"] = {"user_agent": text_of(members.user_agent)}
        if members.reason is not None:
            name = "comment" if kind.uid == _ENTITY_MANAGEMENT else "status_detail"
            out[name] = text_of(members.reason)
        if members.source_ip is not None:
            out["src_endpoint"] = _endpoint(text_of(members.source_ip))
        return out

    def _add_class(
        self, out: dict[str, Any], unmapped: dict[str, Any], rule: OcsfRule, members: Members
    ) -> None:
        """Add what the event's class has and others have not."""
        actor: dict[str, Any] = {"user": self._user(members.actor)}
        if members.session_id is not None:
            actor["session"] = {"uid": text_of(members.session_id)}
        targets = [] if members.target is None else [members.target, *members.targets]
        request = _text(members.request_id)
        if rule.class_uid == _WEB_RESOURCES:
            # The one class of these that has no place for who did it.
            unmapped["actor"] = actor
            out["web_resources"] = [_thing(target) for target in targets]
            return
        out["actor"] = actor
        if members.targets and rule.class_uid != _API_ACTIVITY:
            unmapped["targets"] = [_thing(target) for target in members.targets]
        if rule.class_uid == _API_ACTIVITY:
            out["api"] = _present(
                operation=text_of(members.action),
                service=None if members.source is None else {"name": text_of(members.source)},
                request=None if request is None else {"uid": request},
            )
            # The class demands one; that it is not known is said, not invented.
            out.setdefault("src_endpoint", {"name": "unknown"})
            if targets or members.targets:
                out["resources"] = [_thing(target) for target in targets or members.targets]
        elif rule.class_uid == _ENTITY_MANAGEMENT:
            out["entity"] = self._entity(targets[0])
        else:
            out["user"] = self._user(self._subject(rule, members))
            if rule.class_uid == _AUTHENTICATION:
                source = members.source
                name = self._product["name"] if source is None else text_of(source)
                out["service"] = {"name": name}
                if members.session_id is not None:
                    out["session"] = {"uid": text_of(members.session_id)}

    def _subject(self, rule: OcsfRule, members: Members) -> Named:
        """Return whose account it is: the target's, if that is one, or the actor's own."""
        target = members.target
        if target is None:
            return members.actor
        if rule.class_uid == _ACCOUNT_CHANGE or text_of(target.type) in self._mapping.user_types:
            return target
        return members.actor

    def _user(self, named: Named) -> dict[str, Any]:
        kind = text_of(named.type)
        type_id = self._mapping.user_types.get(kind, OTHER)
        caption = kind if type_id == OTHER else USER_TYPES[type_id]
        return _present(
            uid=text_of(named.id), name=_text(named.name), type_id=type_id, type=caption
        )

    def _entity(self, target: Named) -> dict[str, Any]:
        kind = text_of(target.type)
        type_id = _ENTITY_TYPES.get(kind, OTHER)
        caption = _ENTITY_CAPTIONS.get(type_id, kind)
        return _present(
            uid=text_of(target.id), name=_text(target.name), type_id=type_id, type=caption
        )


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _text(value: Text | None) -> str | None:
    return None if value is None else text_of(value)


def _thing(target: Named) -> dict[str, Any]:
    return _present(uid=text_of(target.id), name=_text(target.name), type=text_of(target.type))


def _milliseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def _endpoint(address: str) -> dict[str, Any]:
    """Return an address as an endpoint; one with a long zone does not fit OCSF's type for them."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return {"name": address}
    return {"ip": address} if len(address) <= _LONGEST_ADDRESS else {"name": address}


def _unmapped(members: Members) -> dict[str, Any]:
    """Return what OCSF has no place for."""
    out: dict[str, Any] = {}
    for name in ("details", "changes"):
        raw = getattr(members, name)
        if bytes(raw):
            out[name] = raw
    if members.on_behalf_of is not None:
        out["on_behalf_of"] = _thing(members.on_behalf_of)
    for name in ("trace_id", "span_id"):
        value = getattr(members, name)
        if value is not None:
            out[name] = text_of(value)
    return out


def _observables(out: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values that people look for across events: the address and the users' names."""
    found: list[dict[str, Any]] = []
    address = out.get("src_endpoint", {}).get("ip")
    if address is not None:
        found.append(_observable("src_endpoint.ip", _IP_ADDRESS, "IP Address", address))
    for path, user in (("actor.user", out.get("actor", {}).get("user")), ("user", out.get("user"))):
        if user is not None and "name" in user:
            found.append(_observable(f"{path}.name", _USER_NAME, "User Name", user["name"]))
    return found


def _observable(name: str, type_id: int, type_: str, value: str) -> dict[str, Any]:
    return {"name": name, "type_id": type_id, "type": type_, "value": value}
