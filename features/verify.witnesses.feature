Feature: A verification says how many of the witnesses that one knows have cosigned
  As an auditor who does not trust the holder of the log's key
  I want a log proven only as far as enough witnesses have cosigned it
  So that I know that everybody else is shown the same history

  The log has 1,000 events. Witnesses w1 and w2 have cosigned its checkpoint over 500, and w1 alone
  the one over 900; w3 has cosigned nothing.

  Background:
    Given witnesses have cosigned checkpoints of the untouched log

  Scenario Outline: <required> of <witnesses> is <outcome>
    When the log is verified with the witnesses "<witnesses>", of which <required> must have cosigned
    Then the report's outcome is <outcome>
    And <size> events are witnessed by "<cosigners>"
    And the report says "<sentence>"

    Examples:
      | witnesses  | required | outcome  | size | cosigners | sentence                                                                       |
      | w1         | 1        | proven   | 900  | w1        | Events 0 to 899 are those that witness.example/w1 cosigned                     |
      | w1, w2     | 1        | proven   | 900  | w1        | 1 of the 2 witnesses that you named were asked for                             |
      | w1, w2     | 2        | proven   | 500  | w1, w2    | Events 500 to 899 are sealed by the key alone, for fewer than 2 of the 2       |
      | w1, w2, w3 | 2        | proven   | 500  | w1, w2    | Events 0 to 499 are those that witness.example/w1, witness.example/w2 cosigned |
      | w1, w2, w3 | 3        | unproven | 0    |           | no checkpoint of it was cosigned by 3 of the 3 witnesses that you named        |
      | w3         | 1        | unproven | 0    |           | no checkpoint of it was cosigned by 1 of the 1 witness that you named          |

  Scenario: Without witnesses the report says nothing of them
    When the log is verified under "pinned key" with no pin
    Then the report has no word about witnesses

  Scenario: A pinned checkpoint does not make up for witnesses that have not cosigned
    When the log is verified with a pin and the witnesses "w3", of which 1 must have cosigned
    Then the report's outcome is unproven

  Scenario: A pinned checkpoint brings the cosignatures that it was kept with
    Given the checkpoint over 900 events was kept with the cosignature of w3
    When the log is verified with what was kept and the witnesses "w3", of which 1 must have cosigned
    Then the report's outcome is proven
    And 900 events are witnessed by "w3"
    When the log is verified with what was kept and the witnesses "w1, w3", of which 2 must have cosigned
    Then 900 events are witnessed by "w1, w3"
    When the log is verified with what was kept and the witnesses "w2", of which 1 must have cosigned
    Then 500 events are witnessed by "w2"

  Scenario: A pinned checkpoint that another tree has says nothing about this one
    Given the checkpoint over 900 events was kept with the cosignature of w3
    When somebody rewrites the log that the witnesses have seen, with the key
    And the log is verified with what was kept and the witnesses "w3", of which 1 must have cosigned
    Then the report finds "forked 0-899"
    And 0 events are witnessed by ""

  Scenario: A pinned checkpoint is refused when a known witness's cosignature is not his own
    Given the checkpoint over 900 events was kept with the cosignature of w3
    And the cosignature that was kept is changed
    When the log is verified with what was kept and the witnesses "w3", of which 1 must have cosigned
    Then the verification fails with "witness.example/w3"

  Scenario: A cosignature that is not the witness's own is a finding
    Given the cosignature of w1 over 900 events is changed
    When the log is verified with the witnesses "w1, w2", of which 1 must have cosigned
    Then the report finds "checkpoint forged 500"
    When the log is verified with the witnesses "w2", of which 1 must have cosigned
    Then the report finds "nothing"
    And 500 events are witnessed by "w2"

  Scenario: A checkpoint that witnesses alone have signed is nobody's
    Given the log's own signature is taken out of the checkpoint over 900 events
    When the log is verified with the witnesses "w1, w2", of which 1 must have cosigned
    Then the report finds "checkpoint forged 500"
    And the report's first finding is "by no key that is known here"

  Scenario: Cosignatures do not save a log that is another one
    When somebody rewrites the log that the witnesses have seen, without the key
    And the log is verified with the witnesses "w1, w2", of which 1 must have cosigned
    Then the report finds "forked 0-499"
    And 0 events are witnessed by ""

  Scenario: A witness may publish its key as that of an ordinary signer
    When the log is verified with the key of w1 in the form of a signer's
    Then the report's outcome is proven
    And 900 events are witnessed by "w1"

  Scenario Outline: What makes no sense is refused: <what>
    When witnesses are named as <what>
    Then the verification fails with "<message>"

    Examples:
      | what                               | message                                           |
      | three of two                       | witnesses_required=3: pass a number from 1 to     |
      | none of two                        | witnesses_required=0: pass a number from 1 to     |
      | one of none                        | witnesses_required=1: pass a number from 1 to     |
      | one witness under two names        | two of them have the same key. Name each witness once |
      | witnesses without a key of the log | Name that key as well                             |

  Scenario: On the command line, of a database and of exported tiles
    Given indelible has a log of 300 events, sealed at 280
    And witnesses have cosigned indelible's checkpoint, and their keys are in the file "$TMP/witnesses"
    When indelible runs "verify $URL --key $KEY --witness $TMP/witnesses --table"
    Then indelible ends with code 0
    And indelible prints "witnessed     280 events, by witness.example/w1, witness.example/w2"
    And indelible prints "PROVEN, resting on: pinned key, and 2 of the witnesses"
    When indelible runs "verify $URL --key $KEY --witness $TMP/witnesses --witness $STRANGER --table"
    Then indelible ends with code 2
    And indelible prints "witnessed     0 events, by too few"
    And indelible prints "UNPROVEN"
    When indelible runs "verify $URL --key $KEY --witness $TMP/witnesses --witness $STRANGER --witnesses-required 2 --json"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member              | value                                        |
      | witnessed.size      | 280                                          |
      | witnessed.required  | 2                                            |
      | witnessed.known     | 3                                            |
      | witnessed.cosigners | ["witness.example/w1", "witness.example/w2"] |
    When indelible runs "export --tiles $TMP/tiles --key $KEY"
    And indelible runs "verify $TMP/tiles --witness $TMP/witnesses --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: key found beside the log, and 2 of the witnesses"
    When the checkpoint of "$TMP/witnessed" with its cosignatures is kept, and they are taken out of the database
    And indelible runs "verify $URL --key $KEY --witness $TMP/witnesses --pin $TMP/witnessed --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: pinned key, and 2 of the witnesses"
    When indelible runs "verify $URL --key $KEY --witness $TMP/witnesses --table"
    Then indelible ends with code 2
    When indelible runs "export --tiles $TMP/bare --key $KEY"
    And indelible runs "verify $TMP/bare --witness $TMP/witnesses --pin $TMP/witnessed --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: key found beside the log, and 2 of the witnesses"
    When indelible runs "verify $URL --witness $TMP/witnesses"
    Then indelible ends with code 2
    And indelible says in one line "Name that key as well"
    When indelible runs "verify $TMP/tiles --key $KEY --witnesses-required 1"
    Then indelible ends with code 2
    And indelible says in one line "pass a number from 1 to that of the witnesses, which is 0"

  Scenario: A proof of one event rests on witnesses as well
    Given indelible has a log of 300 events, sealed at 280
    And witnesses have cosigned indelible's checkpoint, and their keys are in the file "$TMP/witnesses"
    When indelible runs "prove $ID -o $TMP/event.tlog-proof"
    And indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --witness $TMP/witnesses --table"
    Then indelible ends with code 0
    And indelible prints "witnessed     by witness.example/w1, witness.example/w2"
    And indelible prints "resting on: pinned key, and 2 of the witnesses"
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --table"
    Then indelible ends with code 0
    And indelible prints "no witness was named, and the holder of the key can sign another history"
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --witness $TMP/witnesses --witness $STRANGER"
    Then indelible ends with code 2
    And indelible says in one line "is cosigned by 2 of the 3 witnesses that you named, of whom 3 must have"
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --witness $TMP/witnesses --witness $STRANGER --witnesses-required 2 --json"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member              | value                                        |
      | trust               | "pinned key"                                 |
      | witnessed.required  | 2                                            |
      | witnessed.known     | 3                                            |
      | witnessed.cosigners | ["witness.example/w1", "witness.example/w2"] |
    When the last cosignature in the file "$TMP/event.tlog-proof" is changed
    And indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --witness $TMP/witnesses"
    Then indelible ends with code 1
    And indelible says in one line "witness.example/w2"

  Scenario: A bundle of evidence rests on witnesses as well
    Given indelible has a log of 300 events, sealed at 280
    And witnesses have cosigned indelible's checkpoint, and their keys are in the file "$TMP/witnesses"
    When indelible runs "evidence --actor user:3 -o $TMP/evidence.zip"
    And the auditor runs the bundle with --key $KEY --witness $FIRST --witness $SECOND
    Then the auditor's script ends with code 0 and says "cosigned by  witness.example/w1, witness.example/w2"
    And the auditor's script ends with code 0 and says "the key that you named, and 2 of the witnesses"
    When the auditor runs the bundle with --key $KEY
    Then the auditor's script ends with code 0 and says "no witness was named"
    When the auditor runs the bundle with --key $KEY --witness $FIRST --witness $STRANGER
    Then the auditor's script ends with code 2 and says "1 of the 2 witnesses that you named have cosigned the checkpoint, and 2 must have"
    When the auditor runs the bundle with --key $KEY --witness $FIRST --witness $STRANGER --witnesses-required 1
    Then the auditor's script ends with code 0 and says "cosigned by  witness.example/w1"
    When the auditor runs the bundle with --key $KEY --witness $FIRST --witness $FIRST
    Then the auditor's script ends with code 2 and says "two of the witnesses have the same key"
    When the auditor runs the bundle with --key $KEY --witnesses-required 1
    Then the auditor's script ends with code 2 and says "1 of 0 witnesses makes no sense"
    When the auditor runs the bundle with --key $KEY --witness $PUBLISHED
    Then the auditor's script ends with code 0 and says "cosigned by  witness.example/w1"
    When in the bundle the last cosignature is changed
    And the auditor runs the bundle with --key $KEY --witness $FIRST --witness $SECOND
    Then the auditor's script ends with code 1 and says "the signature of witness.example/w2 does not match"
