"""Steps about a service that proves and verifies; see features/support/verification/serving.py."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.verification import serving


def own(context: Any) -> serving.Own:
    """Return the scenario's signing service, as one whose log is proven."""
    found = context.signing_service
    found.__class__ = serving.Own
    result: serving.Own = found
    return result


@given("a signing service whose key is a signer that does not tell its verifier key")
def given_silent(context: Any) -> None:
    context.signing_service = serving.Own(context, signing_key=serving.SilentSigner())


@when("the signing service signs a checkpoint")
def when_signs(context: Any) -> None:
    own(context).service.checkpoint()


@when("the signing service hands over to a newer key and goes on with {number:d} events")
def when_hands_over(context: Any, number: int) -> None:
    own(context).hand_over(number)


@when("somebody rewrites the signing service's log and signs it with a key of his own")
def when_rewritten(context: Any) -> None:
    own(context).rewrite()


@when("the signing service verifies its log")
def when_verifies(context: Any) -> None:
    context.report = own(context).verify()


@when("the signing service verifies its log with its verifier key")
@when("the signing service verifies its log with the newer verifier key")
def when_verifies_with_key(context: Any) -> None:
    context.report = own(context).verify(keys=[own(context).vkey])


@when("the signing service verifies its log with {number:d} processes")
def when_verifies_with_processes(context: Any, number: int) -> None:
    context.report = own(context).verify(processes=number)


@then('the report rests on "{trust}"')
def then_rests(context: Any, trust: str) -> None:
    assert context.report.members()["trust"] == trust, context.report.trust


@then(
    "the signing service verifies its log from the checkpoint before, and with a witness whom "
    "nobody knows"
)
def then_options(context: Any) -> None:
    own(context).check_options()


@then("the signing service refuses to verify with 0 processes or a pin by another key")
def then_refusals(context: Any) -> None:
    own(context).check_refusals()


@then("the signing service proves event {number:d}, by the newest checkpoint and by the older one")
def then_proves(context: Any, number: int) -> None:
    own(context).check_proofs(number)


@then("the signing service proves that its log continues the older checkpoint")
def then_consistent(context: Any) -> None:
    own(context).check_consistency()


@then('the signing service cannot prove {what}, because "{message}"')
def then_cannot_prove(context: Any, what: str, message: str) -> None:
    said = own(context).failure(what)
    assert message in said, said


@then('a checkpoint asked for inside the first use fails with "{message}"')
def then_inside(context: Any, message: str) -> None:
    said = own(context).refusal_inside()
    assert message in said, said


@then('a checkpoint asked for while the table of checkpoints is gone fails with "{message}"')
def then_without_table(context: Any, message: str) -> None:
    said = own(context).refusal_without_table()
    assert message in said, said


@then('a checkpoint asked for after the service was closed fails with "{message}"')
def then_closed(context: Any, message: str) -> None:
    said = own(context).refusal_closed()
    assert message in said, said


@then('a checkpoint asked for while another process writes fails with "{message}"')
def then_blocked(context: Any, message: str) -> None:
    said = own(context).refusal_blocked()
    assert message in said, said
