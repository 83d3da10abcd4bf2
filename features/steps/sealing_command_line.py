"""Steps about keys and checkpoints on the command line; the others are in command_line.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy
from behave import given, then, when

from features.steps.command_line import command_line
from features.support.sealing.certificates import Authority
from features.support.sealing.witness_double import WitnessDouble
from indelible.sealing import Keyring, generate_key_file, read_key_file, read_notes
from indelible.storage.schema import Tables


@given('indelible has made the key "{name}"')
def given_key(context: Any, name: str) -> None:
    signer = generate_key_file(Path(context.tmp, name), "audit")
    command_line(context).names["VKEY"] = signer.verifier.vkey


@given('indelible\'s environment has the key "{name}" in INDELIBLE_SIGNING_KEY')
def given_key_in_environment(context: Any, name: str) -> None:
    skey = read_key_file_of_any_mode(context, name)
    command_line(context).environment["INDELIBLE_SIGNING_KEY"] = skey


@given('indelible\'s environment has the key "{name}", broken, in INDELIBLE_SIGNING_KEY')
def given_broken_key_in_environment(context: Any, name: str) -> None:
    skey = read_key_file_of_any_mode(context, name)
    broken = skey.replace("+audit+", "+other+")
    command_line(context).environment["INDELIBLE_SIGNING_KEY"] = broken


@given('indelible finds a private file "{name}" with')
def given_private_file(context: Any, name: str) -> None:
    path = Path(context.tmp, name)
    path.touch(0o600)
    path.write_text(context.text, encoding="utf-8")


@given("indelible knows a witness behind TLS")
def given_witness(context: Any) -> None:
    context.authority = Authority(context.tmp)
    log = read_key_file(Path(context.tmp, "key")).verifier
    tls = context.authority.server("its certificate authority is given")
    double = WitnessDouble("witness.example/tls", "audit", log, tls=tls)
    context.add_cleanup(double.close)
    command_line(context).names |= {"WITNESS": double.url, "VKEY": double.key.verifier.vkey}


@given("indelible's environment names the witness's certificate authority")
def given_authority(context: Any) -> None:
    command_line(context).environment["SSL_CERT_FILE"] = str(context.authority.path)


@then('indelible has left no state beside the key "{name}"')
def then_no_state(context: Any, name: str) -> None:
    assert list(Path(context.tmp).glob(f"{name}.*")) == []


def read_key_file_of_any_mode(context: Any, name: str) -> str:
    return Path(context.tmp, name).read_text(encoding="utf-8").strip()


@then("indelible's last word is kept as the verifier key")
def then_last_word_kept(context: Any) -> None:
    context.vkey = command_line(context).last.out.split()[-1]


@then("indelible's last word is the verifier key")
def then_last_word(context: Any) -> None:
    assert command_line(context).last.out.split()[-1] == context.vkey
    assert context.vkey == read_key_file(Path(context.tmp, "key")).verifier.vkey


@then('indelible has printed what stands in "{name}"')
def then_printed_sink(context: Any, name: str) -> None:
    assert read_notes(Path(context.tmp, name)) == [command_line(context).last.out]


@when("indelible's tables are emptied")
def when_emptied(context: Any) -> None:
    engine = sqlalchemy.create_engine(context.database_url())
    with engine.begin() as connection:
        for table in Tables().metadata.sorted_tables:
            connection.execute(table.delete())
    engine.dispose()


@then('indelible\'s keyring "{name}" holds the keys "{lines}"')
def then_keyring(context: Any, name: str, lines: str) -> None:
    found = Keyring.load(Path(context.tmp, name))
    expected = []
    for line in lines.split(", "):
        key, first, last = line.split()
        vkey = read_key_file(Path(context.tmp, key)).verifier.vkey
        expected.append(f"{vkey} {first} {last}\n")
    assert found.text() == "".join(expected), found.text()


@when('the mode of "{name}" becomes {mode}')
def when_mode(context: Any, name: str, mode: str) -> None:
    Path(context.tmp, name).chmod(int(mode, 8))
