"""The schemas that other projects publish for the formats, as far as exports use them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator

DIRECTORY = Path(__file__).parent / "schemas"

ATTRIBUTE_NAME = re.compile(r"[a-z0-9]{1,20}")
"""What CloudEvents 1.0 allows, in the section "Attribute Naming Convention"."""

FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""What a string may not hold there, but for the last two of each further plane."""

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
URI_REFERENCE = re.compile(r"(?:[\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-F]{2})+", re.ASCII)


@cache
def _ocsf() -> dict[str, Draft202012Validator]:
    document = json.loads((DIRECTORY / "ocsf-1.8.0.json").read_text(encoding="utf-8"))
    return {
        uid: Draft202012Validator({"$defs": document["$defs"], **schema})
        for uid, schema in document["classes"].items()
    }


@cache
def _cloudevents() -> Draft7Validator:
    text = (DIRECTORY / "cloudevents-1.0.json").read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text))


def _problems(validator: Draft7Validator | Draft202012Validator, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def ocsf_problems(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an event of OCSF 1.8.0."""
    validator = _ocsf().get(str(event.get("class_uid")))
    if validator is None:
        return [f"no class of ours: {event.get('class_uid')}"]
    problems = _problems(validator, event)
    # What the schemas cannot say.
    if event.get("type_uid") != event["class_uid"] * 100 + event.get("activity_id", -1):
        problems.append(f"type_uid is {event.get('type_uid')}")
    return problems


def cloudevent_problems(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an event of CloudEvents 1.0."""
    problems = _problems(_cloudevents(), event)
    for name, value in event.items():
        if ATTRIBUTE_NAME.fullmatch(name) is None:
            problems.append(f"an attribute may not be called {name!r}")
        if name != "data" and (not isinstance(value, str) or not value or FORBIDDEN.search(value)):
            problems.append(f"{name} may not be {value!r}")
    for name in ("time", "recordedtime"):
        if RFC_3339.fullmatch(event[name]) is None:
            problems.append(f"{name} is {event[name]!r}")
    if URI_REFERENCE.fullmatch(event["source"]) is None:
        problems.append(f"source is {event['source']!r}")
    return problems
