Feature: Logs and events are proven on the command line
  As an auditor at a terminal
  I want commands whose exit code is the answer
  So that "could not tell" is never taken for "all is well"

  Background:
    Given indelible has a log of 300 events, sealed at 280

  Scenario: One event is proven and verified without the database
    When indelible runs "prove $ID -o $TMP/event.tlog-proof"
    Then indelible ends with code 0
    And indelible says "event 7 is proven by the checkpoint of size 280"
    Given indelible is told of no database
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $KEY --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN: this is event 7 of the log 'audit'"
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $TMP/vkey --json"
    Then indelible ends with code 0
    And indelible prints ""proven":true"
    When indelible runs "verify-proof $TMP/event.tlog-proof --key $OTHER"
    Then indelible ends with code 1
    And indelible says in one line "by no key that is known here"
    When indelible runs "verify-proof $TMP/event.tlog-proof"
    Then indelible ends with code 2
    And indelible says in one line "name the log's verifier key with --key"
    When indelible runs "verify-proof $TMP/vkey --key $KEY"
    Then indelible ends with code 2

  Scenario: A log is verified
    When indelible runs "verify $URL --key $KEY --pin $TMP/pin --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: pinned key"
    When indelible runs "verify --key $KEY --since $TMP/pin --processes 2"
    Then indelible ends with code 0
    And indelible prints ""range":{"first":256,"stop":300}"
    When indelible runs "verify $URL"
    Then indelible ends with code 2
    And indelible prints ""outcome":"unproven""

  Scenario: A file with several checkpoints, as a sink writes it, is a pin
    Given a file "$TMP/kept" with the checkpoints over 100, 200 and 280 events
    When indelible runs "verify $URL --key $KEY --pin $TMP/kept --table"
    Then indelible ends with code 0
    And indelible prints "pinned        size 280"
    Given somebody rewrites the log from event 150 on with the key
    When indelible runs "verify $URL --key $KEY --pin $TMP/kept --table"
    Then indelible ends with code 1
    And indelible prints "forked: somewhere in events 100 to 199"

  Scenario: Progress is shown on a terminal
    When indelible runs on a terminal of 100 columns "verify --key $KEY"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: pinned key"

  Scenario: A log that was tampered with
    Given somebody runs the SQL "UPDATE audit_event SET actor = 'user:0' WHERE seq = 17"
    When indelible runs "verify $URL --key $KEY --table"
    Then indelible ends with code 1
    And indelible prints "projection changed: event 17: the column actor does not follow from the body"

  Scenario Outline: It could not be checked: <what>
    When indelible runs "<arguments>"
    Then indelible ends with code 2

    Examples:
      | what                     | arguments                                 |
      | no database              | verify sqlite:///$TMP/none.db --key $KEY  |
      | no such log              | verify --log other --key $KEY             |
      | no such key file         | verify --key missing                      |
      | a malformed key          | verify --key a+b+c                        |
      | a pin by another key     | verify --key $OTHER --pin $TMP/pin        |
      | a pin that is none       | verify --key $KEY --pin $TMP/vkey         |
      | no such event            | prove $NOBODY -o $TMP/x                   |
      | an event not sealed yet  | prove $LAST -o $TMP/x                     |
      | a directory without log  | verify $TMP --key $KEY                    |

  Scenario: A log is exported as tiles, incrementally, and verified from files alone
    When indelible runs "export --tiles $TMP/tiles --key $KEY"
    Then indelible ends with code 0
    And indelible prints "holds events 0 to 279, 280 of them new"
    When indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/pin"
    Then indelible ends with code 0
    When indelible runs "verify $TMP/tiles --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: key found beside the log"
    Given the log grows to 600 events and is sealed
    When indelible runs "export --tiles $TMP/tiles"
    Then indelible prints "holds events 0 to 599, 320 of them new"
    When indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/pin"
    Then indelible ends with code 0

  Scenario Outline: Files are <what>
    When indelible runs "export --tiles $TMP/tiles"
    And the exported file "<file>" is <what>
    And indelible runs "verify $TMP/tiles --key $KEY --table"
    Then indelible ends with code 1
    And indelible prints "<finding>"

    Examples:
      | what    | file                    | finding                            |
      | changed | tile/entries/000        | edited: event 0                    |
      | changed | tile/entries/001.p/24   | edited: event 256                  |
      | removed | tile/entries/000        | deleted: events 0 to 255           |
      | changed | tile/0/000              | tile changed: events 0 to 255      |
      | changed | tile/0/001.p/24         | tile changed: events 256 to 279    |
      | removed | tile/0/001.p/24         | tile 1 of level 0 is gone          |
      | removed | tile/0/000              | tile changed: events 0 to 255      |
      | changed | tile/1/000.p/1          | tile 0 of level 1 has other hashes |
      | removed | tile/1/000.p/1          | tile 0 of level 1 is gone          |
      | changed | checkpoint              | checkpoint forged                  |

  Scenario: An export refuses what is not what was signed, and what does not go on
    When indelible runs "export --tiles $TMP/tiles"
    Given somebody runs the SQL "UPDATE audit_event SET body = '{}' WHERE seq = 17"
    When indelible runs "export --tiles $TMP/other"
    Then indelible ends with code 2
    And indelible says in one line "the log was tampered with. Verify it"

  Scenario: Evidence is handed over, and verified by the script in it
    When indelible runs "evidence --actor user:3 -o $TMP/evidence.zip"
    Then indelible ends with code 0
    And indelible prints "40 events with their proofs"
    When the auditor runs the bundle with --key $KEY
    Then the auditor's script ends with code 0 and says "PROVEN: each of the 40 events is in the log"
    When the auditor runs the bundle with --key $OTHER
    Then the auditor's script ends with code 1 and says "FALSE: the checkpoint is not signed by"
    When the auditor runs the bundle without the package cryptography
    Then the auditor's script ends with code 2 and says "the signature was NOT checked"

  Scenario Outline: A bundle is false when <what>
    When indelible runs "evidence --actor user:3 -o $TMP/evidence.zip"
    And in the bundle <what>
    And the auditor runs the bundle with --key $KEY
    Then the auditor's script ends with code 1 and says "FALSE"

    Examples:
      | what                               |
      | a body is changed                  |
      | a proof is removed                 |
      | an event is listed twice           |
      | an event is left out of the list   |
      | the checkpoint's root is changed   |
      | the manifest names another log     |
