"""Steps about notes and checkpoints; what they check is in features/support/merkle."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from behave import given, then, when

from features.support.merkle import notes, trees
from indelible import merkle
from indelible.merkle import Checkpoint, Ed25519Signer, note

if TYPE_CHECKING:
    from behave.runner import Context


def lines_by(context: Context, names: str) -> str:
    """The published signature lines of the named signers."""
    return "".join(f"— {name} {context.lines[name]}\n" for name in names.split(", "))


def keys_of(context: Context, names: str) -> list[merkle.Verifier]:
    """The verifiers of the named key strings."""
    return [merkle.parse_verifier(context.keys[name]) for name in names.split(", ")]


def names_of(signatures: tuple[merkle.Signature, ...]) -> str:
    """The names of signatures, in their order."""
    return ", ".join(item.name for item in signatures) or "nobody"


def open_note(context: Context, text: str, verifiers: list[merkle.Verifier]) -> None:
    """Open a note, and keep either what came of it or the refusal."""
    context.opened = context.refusal = None
    try:
        context.opened = note.open(text, verifiers)
    except merkle.ProofError as error:
        context.refused = error
        context.refusal = str(error)


@given("the note's keys")
def note_keys(context: Context) -> None:
    context.keys = {row["key"]: row["string"] for row in context.table}


@given("the note's text")
def note_text(context: Context) -> None:
    context.note_text = context.text + "\n"


@given("the note's signatures")
def note_signatures(context: Context) -> None:
    context.lines = {row["name"]: row["base64"] for row in context.table}


@when('the note\'s text is signed with "{key}"')
def note_signed(context: Context, key: str) -> None:
    context.signed = note.sign(context.note_text, Ed25519Signer.parse(context.keys[key]))


@then("the note has the text and the signature lines of {names}")
def note_is(context: Context, names: str) -> None:
    expected = context.note_text + "\n" + lines_by(context, names)
    assert context.signed == expected, context.signed


@when("the note by {names} is opened with the keys {keys}")
def note_opened(context: Context, names: str, keys: str) -> None:
    text = context.note_text + "\n" + lines_by(context, names)
    open_note(context, text, keys_of(context, keys))


@when("the note's line of {name} is made over another text")
def note_half_wrong(context: Context, name: str) -> None:
    # By another key, too, but with the name and the ID of this one.
    wrong = notes.PETER.sign(b"another text\n")
    key_id = base64.b64decode(context.lines[name])[:4]
    context.lines[name] = base64.b64encode(key_id + wrong).decode()


@when("the note with two lines of {name}, the second one changed, is opened with the keys {keys}")
def note_second_wrong(context: Context, name: str, keys: str) -> None:
    text = context.note_text + "\n" + lines_by(context, name) * 2
    open_note(context, text[:-5] + "A" + text[-4:], keys_of(context, keys))


@when("the note with {count:d} lines by others and one of {name} is opened with the keys {keys}")
def note_many(context: Context, count: int, name: str, keys: str) -> None:
    encoded = base64.b64encode(b"12345").decode()
    others = "".join(f"— other{number} {encoded}\n" for number in range(count))
    text = context.note_text + "\n" + others + lines_by(context, name)
    open_note(context, text, keys_of(context, keys))
    assert len(context.opened.unverified) == count


@then("the note's verified signatures are by {names}")
def note_verified(context: Context, names: str) -> None:
    assert context.opened is not None, context.refusal
    assert context.opened.text == context.note_text
    assert names_of(context.opened.verified) == names


@then("the note's unverified signatures are by {names}")
def note_unverified(context: Context, names: str) -> None:
    assert names_of(context.opened.unverified) == names


@then('the note\'s refusal says "{text}"')
def note_refusal(context: Context, text: str) -> None:
    assert context.refusal is not None, "it was accepted"
    assert text in context.refusal, context.refusal


@then("the note's refusal is an {kind}")
@then("the note's refusal is a {kind}")
def note_refusal_kind(context: Context, kind: str) -> None:
    assert context.refusal is not None, "it was accepted"
    assert type(context.refused).__name__ == kind


@when("the note's text is signed by a signer of the caller's")
def note_own_signer(context: Context) -> None:
    context.signer = notes.OwnSigner()
    context.signed = note.sign(context.note_text, context.signer)


@then("the note opens with the key of that signer alone")
def note_own_opens(context: Context) -> None:
    verifier = merkle.parse_verifier(context.signer.vkey)
    assert note.open(context.signed, [verifier]).text == context.note_text
    assert trees.is_refused(note.open, context.signed, [notes.PETER.verifier])


@when("the note by {names} takes on the line of {name}")
def note_takes_on(context: Context, names: str, name: str) -> None:
    text = context.note_text + "\n" + lines_by(context, names)
    context.signed = note.add_signatures(text, note.parse_signatures(lines_by(context, name)))


@then("the note opens with the keys {keys}")
def note_opens(context: Context, keys: str) -> None:
    opened = note.open(context.signed, keys_of(context, keys))
    assert len(opened.verified) == len(keys.split(", "))


@then("the note that takes on the line of {name} again is the same")
def note_takes_on_again(context: Context, name: str) -> None:
    again = note.add_signatures(context.signed, note.parse_signatures(lines_by(context, name)))
    assert again == context.signed


@when("the note by {names} is opened with Peter's key and another of the same name and ID")
def note_ambiguous(context: Context, names: str) -> None:
    text = context.note_text + "\n" + lines_by(context, names)
    open_note(context, text, [notes.PETER.verifier, notes.PETER.verifier, notes.OtherVerifier()])


@then("the note is refused for every changed bit")
def note_bits(context: Context) -> None:
    notes.check_note_bits()


@then("the note's readers raise nothing but ProofError on garbage")
def note_garbage(context: Context) -> None:
    notes.check_note_garbage()


@then("the note's errors survive pickling")
def note_errors(context: Context) -> None:
    notes.check_errors_travel()


@when("the note is opened that has {damage}")
def note_broken(context: Context, damage: str) -> None:
    text = notes.broken_note(damage)
    context.refusal = trees.refusal(note.open, text, [notes.PETER.verifier])


@when("the note is to be signed with {case}")
def note_signing_refused(context: Context, case: str) -> None:
    context.refusal = notes.refused_signing(case)


@then("the note's key strings are refused in part and with any changed character")
def note_key_strings(context: Context) -> None:
    notes.check_key_strings()


@then("the note's generated key signs what its verifier key accepts")
def note_key_round_trip(context: Context) -> None:
    notes.check_key_round_trip()


@then("the note's verifiers with impossible keys verify nothing")
def note_impossible_keys(context: Context) -> None:
    notes.check_impossible_key()


@then('the note\'s private key "{key}" is not in its repr')
def note_key_hidden(context: Context, key: str) -> None:
    signer = Ed25519Signer.parse(context.keys[key])
    for shown in (repr(signer), str(signer), repr(notes.WITNESS)):
        assert "seed" not in shown
        assert signer.seed.hex() not in shown
    assert repr(signer) == "Ed25519Signer(name='PeterNeumann')"


@when("the note's key is read that is {case}")
def note_key_refused(context: Context, case: str) -> None:
    context.refusal = notes.refused_key(case)


@given("the checkpoint")
def checkpoint_text(context: Context) -> None:
    context.signed = context.text + "\n"


@when('the checkpoint is opened as "{origin}" with the keys')
def checkpoint_opened(context: Context, origin: str) -> None:
    verifiers = [merkle.parse_verifier(row["key"]) for row in context.table]
    context.checkpoint, context.opened = merkle.open_checkpoint(
        context.signed, verifiers, origin=origin
    )
    assert context.checkpoint.origin == origin


@then("the checkpoint has size {size:d} and root {root}")
def checkpoint_is(context: Context, size: int, root: str) -> None:
    assert context.checkpoint.size == size
    assert context.checkpoint.root.hex() == root
    assert context.checkpoint.extensions == ()


@then("the checkpoint is verified by {names}")
def checkpoint_verified(context: Context, names: str) -> None:
    assert names_of(context.opened.verified) == names


@then("the checkpoint's text is written again as it was")
def checkpoint_written(context: Context) -> None:
    assert context.checkpoint.text() == context.signed.rpartition("\n\n")[0] + "\n"


@then("the checkpoint's cosignature by {name} is of {time:d}")
def checkpoint_cosignature(context: Context, name: str, time: int) -> None:
    (signature,) = [item for item in context.opened.verified if item.name == name]
    assert merkle.cosignature_time(signature.signature) == time


@then("the checkpoint's unchecked cosignature by {name} is of {time:d}")
def checkpoint_unchecked(context: Context, name: str, time: int) -> None:
    text, signatures = note.parse(context.signed)
    assert merkle.parse_checkpoint(text).text() == text
    (signature,) = [item for item in signatures if item.name == name]
    assert merkle.cosignature_time(signature.signature) == time


@given('the checkpoint of origin "{origin}", size {size:d} and extensions "{first}", "{second}"')
def checkpoint_given(context: Context, origin: str, size: int, first: str, second: str) -> None:
    context.checkpoint = Checkpoint(origin, size, bytes(32), (first, second))


@when("the checkpoint is signed and opened again")
def checkpoint_signed(context: Context) -> None:
    context.signed = merkle.sign_checkpoint(context.checkpoint, notes.PETER)
    context.opened_checkpoint, _ = merkle.open_checkpoint(context.signed, [notes.PETER.verifier])


@then("the checkpoint that was opened is the one that was signed")
def checkpoint_same(context: Context) -> None:
    assert context.opened_checkpoint == context.checkpoint


@then("the checkpoint with another extension is refused")
def checkpoint_extension_changed(context: Context) -> None:
    changed = context.signed.replace(context.checkpoint.extensions[0], "other")
    assert "does not match the note" in trees.refusal(
        merkle.open_checkpoint, changed, [notes.PETER.verifier]
    )


@then('the checkpoint of size "{size}" is refused as no plain decimal')
def checkpoint_size_refused(context: Context, size: str) -> None:
    size = size.replace("\\s", " ").replace("\\r", "\r")
    text = f"o\n{size}\n{notes.root_spelling('right')}\n"
    assert "is not a decimal from 0 to" in trees.refusal(merkle.parse_checkpoint, text)


@then("the checkpoint of a size of {digits:d} digits is refused as no plain decimal")
def checkpoint_size_long(context: Context, digits: int) -> None:
    checkpoint_size_refused(context, "9" * digits)


@then('the checkpoint of size "{size}" is read')
def checkpoint_size_read(context: Context, size: str) -> None:
    text = f"o\n{size}\n{notes.root_spelling('right')}\n"
    assert merkle.parse_checkpoint(text).size == int(size)


@then('the checkpoint of a root with the spelling "{spelling}" is read')
def checkpoint_root_read(context: Context, spelling: str) -> None:
    assert merkle.parse_checkpoint(f"o\n5\n{notes.root_spelling(spelling)}\n").size == 5


@then('the checkpoint of a root with the spelling "{spelling}" is refused')
def checkpoint_root_refused(context: Context, spelling: str) -> None:
    text = f"o\n5\n{notes.root_spelling(spelling)}\n"
    assert "bytes in standard base64" in trees.refusal(merkle.parse_checkpoint, text)


@then("the checkpoint's texts round-trip, and mutated ones are refused or others")
def checkpoint_texts(context: Context) -> None:
    notes.check_checkpoint_texts()


@when("the checkpoint is tried with {case}")
def checkpoint_case(context: Context, case: str) -> None:
    context.refusal = notes.refused_checkpoint(case)


@then('the checkpoint\'s refusal says "{text}"')
def checkpoint_refusal(context: Context, text: str) -> None:
    assert text in context.refusal, context.refusal


@then("the checkpoint's cosignature is refused for every changed bit")
def checkpoint_cosignature_bits(context: Context) -> None:
    notes.check_cosignature_bits()


@when("the checkpoint is signed by a log and cosigned by a witness at {time:d}")
def checkpoint_cosigned(context: Context, time: int) -> None:
    context.signed = merkle.sign_checkpoint(
        merkle.parse_checkpoint(notes.TEXT), notes.PETER, notes.WITNESS
    )


@when("the checkpoint is cosigned twice by a witness, a minute apart")
def checkpoint_cosigned_twice(context: Context) -> None:
    first = notes.WITNESS
    second = merkle.CosignatureSigner(first.name, first.seed, clock=lambda: first.clock() + 60)
    signed = note.sign(notes.TEXT, first, second)
    assert len(note.parse(signed)[1]) == 2
    _, context.opened = merkle.open_checkpoint(signed, [first.verifier])


@then("the checkpoint opens with both keys, and with each alone")
def checkpoint_opens(context: Context) -> None:
    log, witness = notes.PETER.verifier, merkle.parse_verifier(notes.WITNESS.verifier.vkey)
    for verifiers in ([log], [witness], [log, witness]):
        checkpoint, context.opened = merkle.open_checkpoint(context.signed, verifiers)
        assert checkpoint.text() == notes.TEXT
        assert len(context.opened.verified) == len(verifiers)
    assert merkle.CosignatureSigner.parse(notes.WITNESS.skey) == notes.WITNESS


@when("the checkpoint is to be cosigned with {case}")
def checkpoint_cosigning_refused(context: Context, case: str) -> None:
    context.refusal = notes.refused_cosigning(case)
