"""Steps about what goes through a spool; see features/support/spool."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.spool import keeping, troubles
from features.support.spool.drains import Delivered, left_behind, recover, segments, some_records


@when(
    "{appends:d} appends of up to {most:d} records each go through a spool that is drained at times"
)
def when_traffic(context: Any, appends: int, most: int) -> None:
    context.spool, context.sent, context.result = keeping.random_traffic(context.tmp, appends, most)


@when("records of {first:d}, {second:d} and {third:d} bytes go through a spool of small segments")
def when_sizes(context: Any, first: int, second: int, third: int) -> None:
    context.sent, context.result = keeping.sizes(context.tmp, [first, second, third])


@when("one thread appends {count:d} records to a spool while another drains it")
def when_two_threads(context: Any, count: int) -> None:
    context.sent, context.result = keeping.two_threads(context.tmp, count)


@then("the spool has delivered each record once, in order")
def then_each_once(context: Any) -> None:
    assert context.result.records == context.sent
    assert context.result.numbers == list(range(len(context.sent)))


@then("a drained spool keeps the disk it needs and no more")
def then_little(context: Any) -> None:
    assert len(segments(context.spool.path)) == 1
    assert context.spool.bytes_on_disk == segments(context.spool.path)[0].stat().st_size


@then("an empty spool has nothing to read, and an empty append changes nothing")
def then_empty(context: Any) -> None:
    keeping.check_empty(context.tmp)


@then("chunks of a spool keep within the records and bytes that were asked for")
def then_chunks(context: Any) -> None:
    keeping.check_chunks(context.tmp)


@then("reading a spool of {size:d} MB takes less than {most:d} MB of memory")
def then_memory(context: Any, size: int, most: int) -> None:
    taken = keeping.memory_of_reading(context.tmp, size * 1_000_000)
    assert taken < most * 1_000_000, taken


@given("a spool with {count:d} records, of which {drained:d} are drained, whose process ends {how}")
def given_partly(context: Any, count: int, drained: int, how: str) -> None:
    context.left = keeping.partly_drained(context.tmp, count, drained, how)


@when("its directory is taken over")
def when_taken_over(context: Any) -> None:
    context.result = recover(context.tmp / "spools")


@then("the spool has delivered the other {count:d}, in order")
def then_others(context: Any, count: int) -> None:
    assert len(context.left) == count
    assert context.result.records == context.left
    assert not context.result.damages


@then("nothing is left of the spool")
def then_nothing_left(context: Any) -> None:
    assert not list((context.tmp / "spools").iterdir())


@then("a spool that is drained leaves nothing behind when it is closed")
def then_removed(context: Any) -> None:
    keeping.check_removed(context.tmp, killed=False)


@then("a drained spool of a killed process is removed by whoever looks")
def then_removed_later(context: Any) -> None:
    keeping.check_removed(context.tmp, killed=True)


@then("a spool that is drained by three processes in turn is delivered once")
def then_in_turns(context: Any) -> None:
    keeping.check_in_turns(context.tmp)


@then("a half-made spool is left alone when it is new, and removed when it is old")
def then_leftovers(context: Any) -> None:
    keeping.check_leftovers(context.tmp)


@given("a spool with {count:d} records that a dead process has left")
def given_left(context: Any, count: int) -> None:
    left_behind(context.tmp / "spools", some_records(count))
    context.before = keeping.snapshot(context.tmp / "spools")


@when("it is taken over for another log")
def when_other_log(context: Any) -> None:
    context.result = Delivered()


@then("that is refused, naming both logs, and its files stay as they were")
def then_mismatch(context: Any) -> None:
    keeping.check_other_log(context.tmp / "spools", context.before)


@then("a directory with another log's spool is refused beforehand")
def then_beforehand(context: Any) -> None:
    keeping.check_refused_beforehand(context.tmp / "spools")


@then("a spool never takes more than its bound, and has room again once it is drained")
def then_bound(context: Any) -> None:
    troubles.check_bound(context.tmp)


@then("a spool with {argument}={value:d} is refused")
def then_bound_refused(context: Any, argument: str, value: int) -> None:
    keeping.check_refused_bound(context.tmp, argument, value)


@then("the files of a spool have mode 0600 and its directories 0700, whatever the umask")
def then_modes(context: Any) -> None:
    keeping.check_modes(context.tmp)


@then("a spool tells what is pending, and since when")
def then_tells(context: Any) -> None:
    keeping.check_tells(context.tmp)


@then("looking at spools of living and dead processes tells what is in them and changes nothing")
def then_looking(context: Any) -> None:
    keeping.check_looking(context.tmp)


@then("any event's row comes back from bytes as it was")
def then_codec(context: Any) -> None:
    keeping.check_codec()


@then("what is no event's row is refused by the spool's codec, both ways")
def then_codec_refuses(context: Any) -> None:
    keeping.check_codec_refusals()
