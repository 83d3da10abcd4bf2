"""Steps about the formats of exports; what they check is in features/support/exports/."""

from __future__ import annotations

import json
import sys
from typing import Any
from unittest.mock import patch

from behave import given, then, when

from features.support.command_line import at_path
from features.support.events.services import open_service
from features.support.exports import formats, schemas
from indelible import ConfigurationError, ExportError, MissingExtraError
from indelible.exporters import (
    CLASSES,
    CloudEvents,
    Csv,
    JsonLines,
    Ocsf,
    OcsfMapping,
    OcsfRule,
    ParquetWriter,
    lines,
)


@then("exports of any events as {name} hold what the events say")
def exports_any(context: Any, name: str) -> None:
    {
        "jsonl": formats.check_jsonl,
        "csv": formats.check_csv,
        "cloudevents": formats.check_cloudevents,
        "ocsf": formats.check_ocsf,
        "parquet": formats.check_parquet,
    }[name]()


@then("exports as {name} are the same by batch, by event and by line")
def exports_batches(context: Any, name: str) -> None:
    formats.check_batches(name)


@when("an export as {name} meets a body that {damage}")
def export_damaged(context: Any, name: str, damage: str) -> None:
    body = formats.example().body
    damaged = {
        "is no JSON": body[:-1],
        "is no object": "[1]",
        "has no actor": body.replace('"actor"', '"acter"'),
        "has an outcome of its own": body.replace('"success"', '"great"'),
        "has a time that is none": body.replace('"occurred_at":"2', '"occurred_at":"never 2'),
        "is of version 2": body.replace('"v":1', '"v":2'),
        "is of version 2 and looks different": '{"v":2}',
        "holds a line end": body.replace('"actor"', '\n"actor"'),
        "is empty": "",
    }[damage]
    assert damaged != body
    context.said = formats.refusal(name, damaged)


@then('the export is refused with "{text}"')
def export_refused(context: Any, text: str) -> None:
    assert text in context.said, context.said


@then("an event that is not committed cannot be exported as {name}")
def export_uncommitted(context: Any, name: str) -> None:
    event = formats.decoded(formats.example())
    bare = type(event)(
        event_id=event.event_id,
        action=event.action,
        actor=event.actor,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
    writer = formats.writer_for(name)
    try:
        formats.written(writer, [bare])
    except ExportError as error:
        assert "only events that are committed can be exported" in str(error), error
    else:
        raise AssertionError("it was exported")


@then("a Parquet file of {events:d} events of {size:d} bytes has row groups of {groups}")
def parquet_groups(context: Any, events: int, size: int, groups: str) -> None:
    found = formats.row_groups(events, size)
    wanted = [int(part) for part in groups.split(" and ")]
    assert sum(found) == events
    assert found == wanted or (len(wanted) == 1 and max(found) <= wanted[0]), found


@then("without pyarrow, Parquet is refused with the line that installs it")
def parquet_missing(context: Any) -> None:
    with patch.dict(sys.modules, {"pyarrow": None}):
        try:
            ParquetWriter()
        except MissingExtraError as error:
            assert "pip install 'indelible[parquet]'" in str(error), error
            assert error.extra == "parquet"
        else:
            raise AssertionError("it was made")


@then("a CSV file begins with a byte order mark if that is wished")
def csv_bom(context: Any) -> None:
    event = formats.example()
    with_mark, without = (b"".join(lines([event], Csv(bom=bom))) for bom in (True, False))
    assert with_mark == b"\xef\xbb\xbf" + without
    assert formats.read_csv(with_mark) == formats.read_csv(without)


@given("an OCSF mapping from {language}")
def ocsf_mapping(context: Any, language: str) -> None:
    read = {"TOML": OcsfMapping.from_toml, "JSON": OcsfMapping.from_json}[language]
    context.mapping = read(context.text)


@given('an OCSF mapping with the rule "{action}" for class {class_uid:d}, activity {activity:d}')
def ocsf_rule(context: Any, action: str, class_uid: int, activity: int) -> None:
    context.mapping = OcsfMapping().extended([OcsfRule(action, class_uid, activity)])


@then("events are exported to OCSF as")
def ocsf_rows(context: Any) -> None:
    form = Ocsf(getattr(context, "mapping", None))
    for row in context.table:
        more = {"target": row["target"]} if row["target"] else {}
        event = form.event(formats.example(action=row["action"], **more))
        found = f"{event['class_name']}: {event['activity_name']}"
        assert found == row["class and activity"], (row["action"], found)
        problems = schemas.ocsf_problems(json.loads(form.line(formats.example(**more))))
        assert not problems, problems


@then("this event is exported to {kind} with")
def exported_with(context: Any, kind: str) -> None:
    event = formats.example(**json.loads(context.text))
    form = Ocsf(getattr(context, "mapping", None)) if kind == "OCSF" else CloudEvents()
    context.exported = json.loads(form.line(event))


@then("there")
def exported_members(context: Any) -> None:
    for row in context.table:
        found = at_path(context.exported, row["member"])
        wanted = row["value"] if row["value"] == "<absent>" else json.loads(row["value"])
        assert found == wanted, f"{row['member']} is {found!r} in {context.exported}"


@then("these OCSF mappings are refused")
def ocsf_refused(context: Any) -> None:
    for row in context.table:
        read = (
            OcsfMapping.from_json if row["text"].startswith(("{", "[1")) else OcsfMapping.from_toml
        )
        try:
            read(row["text"].replace(r"\n", "\n"))
        except ConfigurationError as error:
            assert row["error"] in str(error), error
        else:
            raise AssertionError(f"{row['text']} was taken")


@then("the OCSF classes and activities are those of the schemas")
def ocsf_classes(context: Any) -> None:
    text = (schemas.DIRECTORY / "ocsf-1.8.0.json").read_text(encoding="utf-8")
    published = json.loads(text)["classes"]
    assert {str(uid) for uid in CLASSES} == published.keys()
    for uid, kind in CLASSES.items():
        properties = published[str(uid)]["properties"]
        assert set(properties["activity_id"]["enum"]) == {0, 99, *kind.activities}
        assert properties["category_uid"]["const"] == kind.category_uid


@then("CloudEvents refuses the source {text}")
def cloudevents_source(context: Any, text: str) -> None:
    try:
        CloudEvents(source=json.loads(text))
    except ConfigurationError as error:
        assert "pass a URI reference" in str(error), error
    else:
        raise AssertionError("it was taken")


@given("an exported log with an event of its own")
def exported_log(context: Any) -> None:
    context.service = open_service(context)
    receipt = context.service.record("invoice.update", actor="user:1", details={"a": "\u00e4"})
    context.event = context.service.get(receipt.event_id)


@then("the stream's stored batches hold it, and lines are made of them")
def exported_batches(context: Any) -> None:
    (batch,) = context.service.stream_stored(follow=False)
    assert (batch.log, batch.reached) == ("audit", 1)
    assert JsonLines().block(batch) == b"".join(lines([context.event], JsonLines()))
    (batch,) = context.service.stream_stored(follow=False, action="nothing")
    assert (batch.rows, batch.reached) == ([], 1)
