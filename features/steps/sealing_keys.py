"""Steps about key files, keyrings and rotation; see features/support/sealing/keys.py."""

from __future__ import annotations

import os
from typing import Any

from behave import given, then, when

from features.support.sealing import keys


def key_file(context: Any) -> keys.KeyFile:
    found: keys.KeyFile | None = getattr(context, "key_file", None)
    if found is None:
        found = context.key_file = keys.KeyFile(context.tmp)
    return found


@given("umask {mask}")
def given_umask(context: Any, mask: str) -> None:
    # The directory first, which has to be made in an ordinary way.
    key_file(context)
    context.add_cleanup(os.umask, os.umask(int(mask, 8)))


@when('a key file is generated for the log "{name}"')
def when_generated(context: Any, name: str) -> None:
    key_file(context).generate(name)


@then("the key file has mode 0600 and holds one C2SP signer key")
def then_private(context: Any) -> None:
    key_file(context).is_private()


@then("the key file's key signs what its verifier key accepts")
def then_signs(context: Any) -> None:
    key_file(context).signs()


@then("the key file is not written over by another key")
def then_stays(context: Any) -> None:
    key_file(context).stays()


@then('no key file is generated for the log "{name}", because "{text}"')
def then_not_generated(context: Any, name: str, text: str) -> None:
    found = key_file(context).refuses_name(name)
    assert text in found, found


@when("a key file cannot be written to the end")
def when_disk_full(context: Any) -> None:
    key_file(context).fails_to_be_written()


@then("there is no key file")
def then_no_file(context: Any) -> None:
    assert list(key_file(context).directory.iterdir()) == []


@then('the key file is refused with "{text}"')
def then_file_refused(context: Any, text: str) -> None:
    key_file(context).read()
    assert text in key_file(context).refusal, key_file(context).refusal


@then("the key file's refusal does not repeat the key")
def then_secret(context: Any) -> None:
    signer = key_file(context).signer
    assert signer is not None
    assert keys.secret_of(signer) not in key_file(context).refusal


@then("the key file is kept well")
def then_kept_well(context: Any) -> None:
    assert key_file(context).problems() == ""


@when("the key file's directory is writable by all")
def when_directory_writable(context: Any) -> None:
    key_file(context).directory.chmod(0o777)


@then('the key file is not kept well, because "{text}"')
def then_kept_badly(context: Any, text: str) -> None:
    assert text in key_file(context).problems(), key_file(context).problems()


@when("the key file {problem}")
def when_spoilt(context: Any, problem: str) -> None:
    key_file(context).spoil(problem)


@then("the key is loaded from {form}")
def then_loaded(context: Any, form: str) -> None:
    keys.load_from(key_file(context), form)


@then('loading {what} as a key is refused with "{text}"')
def then_not_loaded(context: Any, what: str, text: str) -> None:
    assert text in keys.refused(what), keys.refused(what)


@then("the default state of {key} is {where}")
def then_default_state(context: Any, key: str, where: str) -> None:
    assert keys.default_state(key) == where


@then("any keyring comes back from its text")
def then_keyrings(context: Any) -> None:
    keys.comes_back()


@then('the keyring of "{lines}" is refused with "{text}"')
def then_keyring_refused(context: Any, lines: str, text: str) -> None:
    assert text in keys.keyring_refusal(lines), keys.keyring_refusal(lines)


@then('a keyring in {what} is refused with "{text}"')
def then_keyring_file_refused(context: Any, what: str, text: str) -> None:
    found = keys.keyring_file_refusal(context.tmp, what)
    assert text in found, found


@then('the keyring of "{lines}" takes a checkpoint of {size:d} by {signers} for {verdict}')
def then_verdict(context: Any, lines: str, size: int, signers: str, verdict: str) -> None:
    assert keys.verdict(lines, size, signers) == verdict


@when("the signer hands over to a newer key")
def when_handed_over(context: Any) -> None:
    one_state = getattr(context, "one_state", False)
    context.rotation = keys.Rotation(context.signed_log, one_state=one_state)


@then("the handover covers {number:d} events and is signed by both keys")
def then_both(context: Any, number: int) -> None:
    context.rotation.is_signed_by_both(number)


@then("the keyring says that the newer key begins at {number:d}")
def then_begins(context: Any, number: int) -> None:
    (handover,) = context.rotation.keyring.handovers
    assert handover.size == number
    assert handover.newer == context.rotation.newer.verifier


@when("the newer key seals")
def when_newer_seals(context: Any) -> None:
    context.signed_log.seal()


@then("the keyring finds the handover among the table's checkpoints")
def then_found(context: Any) -> None:
    rotation = context.rotation
    found = rotation.keyring.handover_checkpoints(
        context.signed_log.notes(), origin=rotation.handover.checkpoint.origin
    )
    assert found == {rotation.handover.size: rotation.handover.checkpoint}


@when("the newer key rewrites the log from its beginning and signs it")
def when_rewritten(context: Any) -> None:
    context.rotation.rewrite()


@then("the keyring takes the newer key's checkpoint alone")
def then_alone(context: Any) -> None:
    context.rotation.alone_is_taken()


@then("the handover in the keyring does not fit the rewritten log")
def then_no_fit(context: Any) -> None:
    context.rotation.handover_does_not_fit()


@when("the signer hands over to the newer key again")
def when_handed_over_again(context: Any) -> None:
    context.rotation.again()


@given("the newer key will use the signer's own state")
def given_one_state(context: Any) -> None:
    context.one_state = True


@then("a key that has handed over two trees of one size is found out")
def then_two_trees(context: Any) -> None:
    context.rotation.two_trees()


@when("the handover is taken away from the table")
def when_handover_gone(context: Any) -> None:
    context.signed_log.run("DELETE FROM audit_checkpoint")


@then("the keyring misses the handover of {size:d}")
def then_misses(context: Any, size: int) -> None:
    assert context.signed_log.notes() == []
    context.rotation.misses(size)


@then("the signer does not hand over to itself")
def then_not_itself(context: Any) -> None:
    keys.does_not_hand_over_to_itself(context.signed_log)


@then("the signer does not hand over to a key whose state is of another log")
def then_not_used(context: Any) -> None:
    keys.does_not_hand_over_into_used_state(context.signed_log)
