"""Steps about the logs that benchmarks read; see features/support/bulk_logs.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from behave import given, then

from benchmarks.generator import LogStore, fill
from features.support import bulk_logs


@given("a log of {number:d} events made in bulk")
def given_bulk(context: Any, number: int) -> None:
    context.bulk_url = context.database_url()
    fill(context.bulk_url, number)


@given("a store of bulk logs")
def given_store(context: Any) -> None:
    context.store_directory = Path(context.tmp) / "kept"


@then("the first {number:d} events that benchmarks make are byte for byte what the library builds")
def then_same_events(context: Any, number: int) -> None:
    bulk_logs.check_bodies(number)


@then("their bodies have between {least:d} and {most:d} bytes")
def then_sizes(context: Any, least: int, most: int) -> None:
    bulk_logs.check_sizes(least, most)


@then("a log of {many:d} made events begins with the events of a log of {few:d}")
def then_prefix(context: Any, many: int, few: int) -> None:
    bulk_logs.check_prefix(many, few)


@then("the bulk log holds {number:d} events and is found intact")
def then_intact(context: Any, number: int) -> None:
    bulk_logs.check_intact(context.bulk_url, number)


@then("the bulk log has the indexes of one that the library has made")
def then_indexes(context: Any) -> None:
    bulk_logs.check_indexes(context.bulk_url)


@then("the bulk log takes a further event and is found intact")
def then_grows(context: Any) -> None:
    bulk_logs.check_growing(context.bulk_url)


@then("the store makes a log of {number:d} events once, and another one of {other:d} besides")
def then_kept(context: Any, number: int, other: int) -> None:
    bulk_logs.check_kept(context.store_directory, number, other)


@then("the store refuses a log that the disk has no room for")
def then_no_room(context: Any) -> None:
    bulk_logs.check_room(LogStore(context.store_directory))
