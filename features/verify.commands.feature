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
    And indelible prints "verifying"
    When indelible runs on a terminal of 100 columns "export --tiles $TMP/tiles"
    Then indelible ends with code 0
    And indelible prints "exporting"
    And indelible prints "280 of them new"

  Scenario: A defect is never taken for an answer
    Given the verification has a defect
    When indelible runs "verify --key $KEY"
    Then indelible ends with code 70
    And indelible says "this is a defect of indelible"

  Scenario: A log that was tampered with
    Given somebody runs the SQL "UPDATE audit_event SET actor = 'user:0' WHERE seq = 17"
    When indelible runs "verify $URL --key $KEY --table"
    Then indelible ends with code 1
    And indelible prints "projection changed: event 17: the column actor does not follow from the body"

  Scenario Outline: It could not be checked: <what>
    When indelible runs "<arguments>"
    Then indelible ends with code 2

    Examples:
      | what                     | arguments                                |
      | no database              | verify sqlite:///$TMP/none.db --key $KEY |
      | no such log              | verify --log other --key $KEY            |
      | no such key file         | verify --key missing                     |
      | a malformed key          | verify --key a+b+c                       |
      | a pin by another key     | verify --key $OTHER --pin $TMP/pin       |
      | a pin that is none       | verify --key $KEY --pin $TMP/vkey        |
      | no such event            | prove $NOBODY -o $TMP/x                  |
      | an event not sealed yet  | prove $LAST -o $TMP/x                    |
      | a directory without log  | verify $TMP --key $KEY                   |
      | a keyring with a column  | verify --key $TMP/ring-of-two            |
      | a keyring with a word    | verify --key $TMP/ring-with-word         |
      | a key file far too large | verify --key $TMP/large                  |
      | a pin file without any   | verify --key $KEY --pin $TMP/prose       |

  Scenario: A proof goes to standard output, by whichever checkpoint one names
    When indelible runs "prove $ID -o - --checkpoint $TMP/pin"
    Then indelible ends with code 0
    And indelible prints "c2sp.org/tlog-proof@v1"
    And indelible prints "index 7"
    When indelible runs "prove $ID -o - --checkpoint $TMP/noise"
    Then indelible ends with code 2
    And indelible says in one line "is not text in UTF-8"

  Scenario: Whoever reads a proof may leave early
    When indelible runs in a pipeline "($INDELIBLE prove $ID -o -; echo code $?) >&2 | true"
    Then the pipeline prints "c2sp.org/tlog-proof@v1"
    When indelible runs in a pipeline "{ $INDELIBLE prove $ID -o -; echo code $? >&2; } | true"
    Then the pipeline prints "code 141"
    And the pipeline prints no traceback

  Scenario: Whoever waits for a verification may stop it
    When indelible is interrupted while it waits for the key in "verify --key $TMP/pipe"
    Then indelible ends with code 130
    And indelible says in one line "interrupted"

  Scenario: Very many findings are counted
    Given somebody runs the SQL "UPDATE audit_event SET actor = 'user:99'"
    When indelible runs "verify --key $KEY --table"
    Then indelible ends with code 1
    And indelible prints "event 199: the column actor does not follow from the body"
    And indelible prints "100 more that are not listed"

  Scenario: A kept checkpoint is enough without a key
    When indelible runs "verify --pin $TMP/pin --table"
    Then indelible ends with code 0
    And indelible prints "PROVEN, resting on: no key, and the checkpoint that you kept"
    And indelible prints "trust         none"

  Scenario Outline: A database that is not what it was, and cannot be checked: <what>
    Given somebody runs the SQL "<statement>", which changes no row
    When indelible runs "verify --key $KEY"
    Then indelible ends with code 2
    And indelible says in one line "<message>"

    Examples:
      | what               | statement                                         | message                           |
      | a table is gone    | ALTER TABLE audit_tile RENAME TO away             | tables are missing: audit_tile    |
      | a column is gone   | ALTER TABLE audit_event RENAME trace_id TO away   | the database says: no such column |
      | the notes are gone | ALTER TABLE audit_checkpoint RENAME note TO away  | the database says: no such column |
      | another version's  | UPDATE audit_schema_version SET version_num = '9' | the tables are at revision 9      |

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
    When indelible runs "export --tiles $TMP/tiles"
    Then indelible prints "holds events 0 to 599, 0 of them new; 1 files written"
    When indelible runs "verify $TMP/tiles --key $KEY --since $TMP/pin"
    Then indelible ends with code 2
    And indelible says "--since is for databases"

  Scenario Outline: Files are <what>
    When indelible runs "export --tiles $TMP/tiles"
    And the exported file "<file>" is <what>
    And indelible runs "verify $TMP/tiles --key $KEY --table"
    Then indelible ends with code 1
    And indelible prints "<finding>"

    Examples:
      | what    | file                  | finding                            |
      | changed | tile/entries/000      | edited: event 0                    |
      | changed | tile/entries/001.p/24 | edited: event 256                  |
      | removed | tile/entries/000      | deleted: events 0 to 255           |
      | changed | tile/0/000            | tile changed: events 0 to 255      |
      | changed | tile/0/001.p/24       | tile changed: events 256 to 279    |
      | removed | tile/0/001.p/24       | tile 1 of level 0 is gone          |
      | removed | tile/0/000            | tile changed: events 0 to 255      |
      | changed | tile/1/000.p/1        | tile 0 of level 1 has other hashes |
      | removed | tile/1/000.p/1        | tile 0 of level 1 is gone          |
      | cut     | tile/entries/000      | deleted: events 0 to 255           |
      | changed | checkpoint            | checkpoint forged                  |

  Scenario: An export refuses what is not what was signed, and what does not go on
    When indelible runs "export --tiles $TMP/tiles"
    Given somebody runs the SQL "UPDATE audit_event SET body = '{}' WHERE seq = 17"
    When indelible runs "export --tiles $TMP/other"
    Then indelible ends with code 2
    And indelible says in one line "the log was tampered with. Verify it"

  Scenario: An export needs a checkpoint, and events that are still there
    When indelible runs "export --tiles $TMP/tiles"
    And indelible runs "export --tiles $TMP/tiles --log other"
    Then indelible ends with code 2
    And indelible says in one line "the log 'other' has no signed checkpoint to export up to"
    Given somebody runs the SQL "UPDATE audit_event SET body = NULL WHERE seq = 17"
    When indelible runs "export --tiles $TMP/new"
    Then indelible ends with code 2
    And indelible says in one line "some are pruned or gone, and an export would lack them"
    Given somebody runs the SQL "UPDATE audit_tile SET root = zeroblob(32) WHERE tile_index = 0"
    When indelible runs "export --tiles $TMP/new"
    Then indelible ends with code 2
    And indelible says in one line "it was tampered with. Verify it"

  Scenario: An export goes on with nothing but its own log, and never backwards
    Given the log grows to 600 events and is sealed
    When indelible runs "export --tiles $TMP/tiles"
    Then indelible ends with code 0
    Given somebody runs the SQL "DELETE FROM audit_checkpoint WHERE size = 600"
    When indelible runs "export --tiles $TMP/tiles"
    Then indelible ends with code 2
    And indelible says in one line "the newest checkpoint of the database covers 280: the log was rolled back"
    When the exported checkpoint becomes one of the log "other" over 280 events
    And indelible runs "export --tiles $TMP/tiles"
    Then indelible ends with code 2
    And indelible says in one line "the directory holds the log 'other', not 'audit'"

  Scenario: An export that cannot write leaves no half file
    When indelible runs "export --tiles $TMP/tiles" where "checkpoint" is a directory
    Then indelible ends with code 2
    And indelible says in one line "Is a directory"
    And no file of "tiles" is half written

  Scenario: Tiles without a key, or with what is no key beside them
    When indelible runs "export --tiles $TMP/tiles"
    And indelible runs "verify $TMP/tiles --table"
    Then indelible ends with code 2
    And indelible prints "that proves nothing, for no key was named"
    When indelible runs "verify $TMP/tiles --pin $TMP/pin --table"
    Then indelible ends with code 0
    When the exported file "vkey" holds ""
    And indelible runs "verify $TMP/tiles --table"
    Then indelible ends with code 2
    And indelible prints "trust         none"
    When the exported file "vkey" holds "no key"
    And indelible runs "verify $TMP/tiles --table"
    Then indelible ends with code 2
    And indelible says in one line "could not check"

  Scenario Outline: A directory that cannot be checked: <what>
    When indelible runs "export --tiles $TMP/tiles"
    And the exported file "<file>" is <what>
    And indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/pin"
    Then indelible ends with code 2
    And indelible says in one line "<message>"

    Examples:
      | what              | file             | message                                |
      | cut               | checkpoint       | the file 'checkpoint' is no checkpoint |
      | made far too long | checkpoint       | far too long for one                   |
      | a link to itself  | tile/entries/000 | Too many levels of symbolic links      |

  Scenario: A pin of another log is refused for a directory too
    Given a file "$TMP/foreign" with a checkpoint of the log "other" by the same key
    When indelible runs "export --tiles $TMP/tiles"
    And indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/foreign"
    Then indelible ends with code 2
    And indelible says in one line "the checkpoint that was kept is of the log 'other'"
    Given a file "$TMP/fork" with another checkpoint over 280 events by the same key
    When indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/pin --pin $TMP/fork"
    Then indelible ends with code 2
    And indelible says in one line "are of size 280 and have different roots"

  Scenario: A log that has dropped its partial tiles is read from the full ones
    When indelible runs "export --tiles $TMP/tiles"
    Given the log grows to 600 events and is sealed
    When indelible runs "export --tiles $TMP/tiles"
    And the partial tiles are dropped, and the checkpoint over 280 events is served again
    And indelible runs "verify $TMP/tiles --key $KEY --pin $TMP/pin --table"
    Then indelible ends with code 0
    And indelible prints "events        280, read 0 to 280"

  Scenario: A log that ends with a full tile
    Given the log grows to 512 events and is sealed
    When indelible runs "export --tiles $TMP/tiles"
    And indelible runs "verify $TMP/tiles --key $KEY --table"
    Then indelible ends with code 0
    And indelible prints "unsealed      0 events"

  Scenario: A log with full tiles on the second level
    When a log of 65600 events is exported and verified from its files
    Then the report finds "nothing"
    And the report's outcome is proven
    When the exported file "tile/1/000" is changed
    And the files of the log of 65600 events are verified again
    Then the report finds "tile changed 0"

  Scenario: Evidence needs a checkpoint, and events that are still there
    When indelible runs "evidence --log other -o $TMP/evidence.zip"
    Then indelible ends with code 2
    And indelible says in one line "the log 'other' has no signed checkpoint, so nothing is proven"
    Given somebody runs the SQL "UPDATE audit_event SET body = NULL WHERE seq = 17"
    When indelible runs "evidence --actor user:3 -o $TMP/evidence.zip"
    Then indelible ends with code 2
    And indelible says in one line "the event 17 matches and was pruned: it cannot be proven"
    And there is no bundle

  Scenario: A bundle with the key in it says that this proves less
    When indelible runs "evidence --actor user:3 --until 2026-03-01T09:00:30Z -o $TMP/evidence.zip --key $KEY"
    Then indelible ends with code 0
    And indelible says nothing
    When the auditor runs the bundle as it came
    Then the auditor's script ends with code 0 and says "a key found in the bundle: whoever made the bundle could have made the key too"

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
      | what                             |
      | a body is changed                |
      | a proof is removed               |
      | an event is listed twice         |
      | an event is left out of the list |
      | the checkpoint's root is changed |
      | the manifest names another log   |
