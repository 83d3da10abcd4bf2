"""Steps about proofs and verification; what they check is in features/support/verification."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.verification import auditing, large, proving, tamperings


@then("tampering with the log on {kind} is found and named")
def tampering_found(context: Any, kind: str) -> None:
    auditing.check_table(kind, context.table)


@then("tampering with the log on {kind} is found by {count:d} processes")
def tampering_found_by_processes(context: Any, kind: str, count: int) -> None:
    auditing.check_table(kind, context.table, processes=count)


@given('the log after "{tampering}"')
def log_after(context: Any, tampering: str) -> None:
    tamperings.do(tampering, auditing.victim("sqlite"))


@when('the untouched log is verified under "{trust}" with {pin}')
def verify_untouched(context: Any, trust: str, pin: str) -> None:
    auditing.victim("sqlite").restore()
    verify_under(context, trust, pin)


@when('the log is verified under "{trust}" with {pin}')
def verify_under(context: Any, trust: str, pin: str) -> None:
    log = auditing.victim("sqlite")
    pins = () if pin == "no pin" else (log.pin,)
    context.report = log.verify(trust=auditing.trust_named(log, trust), pins=pins)


@when("the untouched log is verified with its key valid from size {size:d} on")
def verify_with_range(context: Any, size: int) -> None:
    context.report = auditing.verify_with_range(size)


@when("the untouched log is verified with a key that hands over to another at size 900")
def verify_with_handover(context: Any) -> None:
    context.report = auditing.verify_with_handover()


@when(
    "the untouched log is verified with a key that hands over to another at size 900, which alone "
    "has signed there"
)
def verify_with_lone_handover(context: Any) -> None:
    context.report = auditing.verify_with_handover(alone=True)


@when("a checkpoint over no event is all that the untouched log is verified with")
def verify_with_empty_pin(context: Any) -> None:
    context.report = auditing.verify_with_empty_pin()


@when("the untouched log is verified with two pins of one size")
def verify_with_two_pins(context: Any) -> None:
    context.problem = auditing.problem_with_two_pins()


@when("the log is verified with events below {number:d} pruned")
def verify_pruned(context: Any, number: int) -> None:
    context.report = auditing.victim("sqlite").verify(pruned_before=number)


@when("a log of {events:d} events is verified after {what}, with {processes:d} processes")
def verify_large(context: Any, events: int, what: str, processes: int) -> None:
    context.report = large.verify_after(events, what, processes=processes)


@when("a log of {events:d} events is exported and verified from its files")
def verify_large_files(context: Any, events: int) -> None:
    large.export(events, context.tmp / "tiles")
    verify_large_files_again(context, events)


@when("the files of the log of {events:d} events are verified again")
def verify_large_files_again(context: Any, events: int) -> None:
    context.report = large.verify_exported(events, context.tmp / "tiles")


@then('the report\'s first finding is "{text}"')
def report_first_finding(context: Any, text: str) -> None:
    assert text in str(context.report.findings[0]), str(context.report.findings[0])


@then("the report lists {listed:d} findings and counts {more:d} more")
def report_counts(context: Any, listed: int, more: int) -> None:
    assert len(context.report.findings) == listed, len(context.report.findings)
    assert context.report.unlisted == more, context.report.unlisted


@then("the report counts {more:d} more findings")
def report_unlisted(context: Any, more: int) -> None:
    assert context.report.unlisted == more, context.report.unlisted


@then('the report finds, {times:d} times, "{found}"')
def report_finds_times(context: Any, times: int, found: str) -> None:
    shown = auditing.shown(context.report).split("; ")
    assert shown == [found] * times, shown


@when("the log is rewritten and sealed by the newer key alone")
def verify_after_rewriting(context: Any) -> None:
    context.report = auditing.verify_with_handover(rewritten=True)


@when("the untouched log is verified with a pin of another log")
def verify_with_foreign_pin(context: Any) -> None:
    context.problem = auditing.problem_with_foreign_pin()


@when("a log that does not exist is verified")
def verify_missing(context: Any) -> None:
    context.problem = auditing.problem_with_missing_log()


@then('the verification fails with "{text}"')
def verification_fails(context: Any, text: str) -> None:
    assert text in context.problem, context.problem


@when("the untouched log is verified since size {size:d}")
def verify_untouched_since(context: Any, size: int) -> None:
    auditing.victim("sqlite").restore()
    verify_since(context, size)


@when("the log is verified since size {size:d}")
def verify_since(context: Any, size: int) -> None:
    context.report = auditing.verify_since(size)


@then("the report's outcome is {outcome}")
def report_outcome(context: Any, outcome: str) -> None:
    assert context.report.outcome == outcome, context.report
    assert bool(context.report) == (outcome == "proven")


@then('the report says "{text}"')
def report_says(context: Any, text: str) -> None:
    sentences = context.report.proven() + context.report.unproven()
    assert any(text in sentence for sentence in sentences), sentences


@then('the report finds "{found}"')
def report_finds(context: Any, found: str) -> None:
    assert auditing.shown(context.report) == found, auditing.shown(context.report)


@then("the report read the events from {first:d} on")
def report_first(context: Any, first: int) -> None:
    assert context.report.first == first, context.report.first


@then("the reports on the untouched log differ between all levels of trust")
def reports_differ(context: Any) -> None:
    auditing.check_levels_differ()


@when("a log on {kind} is verified again and again while events are appended and sealed")
def verify_while_appending(context: Any, kind: str) -> None:
    context.reports = auditing.verify_while_appending(context.database_url(kind))


@then("none of the reports has a finding")
def no_findings(context: Any) -> None:
    found = {auditing.shown(report) for report in context.reports}
    assert found == {"nothing"}, found
    assert len({report.size for report in context.reports}) > 1, "nothing was appended meanwhile"


@when("the untouched log is verified through an engine that begins its transactions itself")
def verify_through_engine(context: Any) -> None:
    context.report = auditing.verify_through_beginning_engine()


@when("a log of events with odd names is verified")
def verify_odd_names(context: Any) -> None:
    context.report = auditing.verify_odd_names(context.database_url())


@then('the finding reads "{text}"')
def finding_reads(context: Any, text: str) -> None:
    (finding,) = context.report.findings
    assert str(finding) == text, str(finding)


@then('the finding expected "{expected}" and found "{found}"')
def finding_values(context: Any, expected: str, found: str) -> None:
    (finding,) = context.report.members()["findings"]
    assert (finding["expected"], finding["found"]) == (expected, found), finding


@when("the events {numbers} of the log on {kind} are proven")
def prove_events(context: Any, numbers: str, kind: str) -> None:
    log = auditing.victim(kind)
    log.restore()
    context.proofs = {
        int(number): proving.prove(log, int(number)).text() for number in numbers.split(", ")
    }


@then("each proof verifies with the key alone, and gives the event back")
def proofs_verify(context: Any) -> None:
    for number, text in context.proofs.items():
        proving.check(context.database_kind, number, text)


@when("the event {number:d} is proven")
def prove_event(context: Any, number: int) -> None:
    log = auditing.victim("sqlite")
    log.restore()
    context.proof = proving.prove(log, number).text()


@then("the proof's lines are the header, the body, the index, its hashes and the checkpoint")
def proof_lines(context: Any) -> None:
    proving.check_lines(context.proof)


@then("no proof with one changed bit verifies")
def proof_bits(context: Any) -> None:
    proving.check_bits(context.proof)


@then('the proof with {problem} is refused with "{message}"')
def proof_refused(context: Any, problem: str, message: str) -> None:
    said = proving.refusal(context.proof, problem)
    assert message in said, said


@then('proving the event {number:d} fails with "{message}"')
def proving_fails(context: Any, number: int, message: str) -> None:
    said = proving.failure(number)
    assert message in said, said


@then('proving an unknown event fails with "{message}"')
def proving_unknown_fails(context: Any, message: str) -> None:
    said = proving.failure(None)
    assert message in said, said


@then("{most:d} tiles were read for it")
def tiles_read(context: Any, most: int) -> None:
    assert proving.tiles_read(123) == most, proving.tiles_read(123)


@then("the log is consistent with its first {size:d} events")
def log_consistent(context: Any, size: int) -> None:
    proving.check_consistency(size)


@then("the log is not consistent with the checkpoint over 900 events")
def log_inconsistent(context: Any) -> None:
    said = proving.inconsistency()
    assert "does not continue" in said or "different roots" in said, said


@then('the proof of an entry that is no event is refused with "{message}"')
def proof_of_no_event(context: Any, message: str) -> None:
    said = proving.refusal_of_entry(b"{}")
    assert message in said, said
