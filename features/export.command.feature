Feature: Exports from the command line
  As an operator whose SIEM, auditor or analyst wants the log in a format of theirs
  I want one command that writes all of it or what I choose, at any size
  So that nothing half-written is taken for whole, and the log itself says who took what

  Background:
    Given indelible has recorded
      | actor  | action         | target    | outcome | tenant | occurred_at          |
      | user:1 | invoice.create | invoice:1 | success | acme   | 2026-03-01T08:00:00Z |
      | user:1 | invoice.update | invoice:1 | success | acme   | 2026-03-01T12:00:00Z |
      | user:2 | invoice.update | invoice:2 | denied  | acme   | 2026-03-01T10:00:00Z |
      | user:2 | user.login     | user:2    | failure | other  | 2026-03-01T11:00:00Z |

  @use.with_db=<db>
  Scenario Outline: An export from <db> is whole, and the log tells of it
    When indelible runs "export --format jsonl -o $TMP/out.jsonl"
    Then indelible ends with code 0
    And indelible prints "out.jsonl: 4 events of the log audit, which held 4"
    And the jsonl export "out.jsonl" holds the events 0, 1, 2, 3
    And the log tells of the export "out.jsonl" of 4 events by "os-user:$USER"
    When indelible runs "export --format csv -o $TMP/out.csv --as user:42 --outcome success"
    Then the csv export "out.csv" holds the events 0, 1, 5
    And the log tells of the export "out.csv" of 3 events by "user:42"
    And the log tells of an export with
      | detail    | value                  |
      | format    | "csv"                  |
      | filters   | {"outcome": "success"} |
      | since_seq | 0                      |
      | until_seq | 6                      |
    And an export of a log that grows meanwhile holds the events that it held at the beginning

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: An export as <format>
    Given indelible has recorded 2300 further events
    When indelible runs "export --format <format> -o $TMP/out"
    Then indelible ends with code 0
    And the <format> export "out" holds the events 0 to 2303
    When indelible runs "export --format <format> -o $TMP/none --actor user:none"
    Then the <format> export "none" holds the events none

    Examples:
      | format      |
      | jsonl       |
      | csv         |
      | parquet     |
      | cloudevents |
      | ocsf        |

  Scenario Outline: <filters> exports <numbers>
    When indelible runs "export --format jsonl --unrecorded <filters>"
    Then indelible ends with code 0
    And the export on standard output holds the events <numbers>

    Examples:
      | filters                                                   | numbers |
      | --actor user:1                                            | 0, 1    |
      | --action user.login                                       | 3       |
      | --target invoice:1                                        | 0, 1    |
      | --tenant acme --outcome denied                            | 2       |
      | --since 2026-03-01T10:00:00Z --until 2026-03-01T12:00:00Z | 2, 3    |
      | --until 2000-01-01T00:00Z                                 | none    |

  Scenario: A line of an export is a line of list
    Then the lines of list and of export are the same

  Scenario: Each format has its own options
    Given indelible finds a file "rules.toml" with
      """
      [[rule]]
      action = "invoice.update"
      class = "api_activity"
      activity = "read"
      """
    When indelible runs "export --format ocsf --actor user:2 --target invoice:2 --ocsf-mapping $TMP/rules.toml --ocsf-product Shop"
    Then indelible prints JSON with
      | member                | value                |
      | type_name             | "API Activity: Read" |
      | metadata.product.name | "Shop"               |
    When indelible runs "export --format cloudevents --target invoice:2 --cloudevents-source urn:shop --cloudevents-prefix com.example."
    Then indelible prints JSON with
      | member | value                        |
      | source | "urn:shop"                   |
      | type   | "com.example.invoice.update" |
    When indelible runs "export --format csv --bom -o $TMP/bom.csv --until 2000-01-01T00:00Z"
    Then the csv export "bom.csv" holds the events none

  Scenario Outline: A command line that makes no sense: <arguments>
    When indelible runs "export <arguments>"
    Then indelible ends with code 2
    And indelible says "<text>"
    And indelible prints nothing
    And the log tells of no export

    Examples:
      | arguments                                    | text                                             |
      |                                              | pass either --format or --tiles                  |
      | --format jsonl --tiles $TMP/x                | pass either --format or --tiles                  |
      | --tiles $TMP/x --actor user:1                | --tiles takes the whole log                      |
      | --tiles $TMP/x --unrecorded                  | --tiles takes the whole log                      |
      | --format xml                                 | 'xml' is not one of                              |
      | --format csv --ocsf-product x                | --ocsf-product goes with ocsf alone              |
      | --format jsonl --bom                         | --bom goes with csv alone                        |
      | --format jsonl --as nobody                   | 'nobody' is not of the form type:id              |
      | --format jsonl --as user:1 --unrecorded      | --as says what the log is to hold                |
      | --format jsonl -o $TMP                       | is a directory                                   |
      | --format ocsf --ocsf-mapping $TMP/none.toml  | does not exist                                   |
      | --format jsonl --actor nobody                | nobody                                           |

  Scenario: A mapping that makes no sense
    Given indelible finds a file "rules.json" with
      """
      {"rule": [{"action": "a", "class": "nope", "activity": 1}]}
      """
    When indelible runs "export --format ocsf --ocsf-mapping $TMP/rules.json"
    Then indelible ends with code 3
    And indelible says in one line "class='nope': write one of account_change"
    And the log tells of no export

  Scenario: Whoever leaves an export unrecorded is told so
    When indelible runs "export --format jsonl --unrecorded"
    Then indelible ends with code 0
    And indelible says in one line "this export is not recorded in the log (--unrecorded)"
    And the log tells of no export

  @use.with_db=<db>
  Scenario Outline: An account that may only read, on <db>
    Given the database may only be read
    When indelible runs "export --format jsonl -o $TMP/out.jsonl"
    Then indelible ends with code <code>
    And indelible says in one line "nothing is exported, because that could not be recorded in the log"
    And indelible says "With an account that may only read, pass --unrecorded"
    And indelible has left no file "out.jsonl"
    When indelible runs "export --format jsonl -o $TMP/out.jsonl --unrecorded"
    Then indelible ends with code 0
    And the jsonl export "out.jsonl" holds the events 0, 1, 2, 3

    Examples:
      | db         | code |
      | sqlite     | 4    |
      | postgresql | 4    |

  Scenario: A log without events has nothing to take, and none is made
    When indelible runs "export --format csv --log typo -o $TMP/out.csv"
    Then indelible ends with code 0
    And indelible prints "0 events of the log typo, which held 0"
    And the csv export "out.csv" holds the events none
    And the log tells of no export

  Scenario: A new file is its owner's, an old one keeps its mode, and a link stays one
    Given there is a file "old.jsonl" of mode 644 with "old"
    And there is a link "link.jsonl" to "old.jsonl"
    When indelible runs "export --format jsonl -o $TMP/new.jsonl"
    And indelible runs "export --format jsonl -o $TMP/link.jsonl --until 2000-01-01T00:00Z"
    Then the file "new.jsonl" has mode 600
    And the file "old.jsonl" has mode 644
    And the file "link.jsonl" is still a link
    And the jsonl export "old.jsonl" holds the events none
    And beside the database there are the files link.jsonl, new.jsonl, old.jsonl

  Scenario: A damaged event ends an export, and nothing half-written is left
    Given there is a file "out.csv" of mode 600 with "old"
    And the body of event 2 is damaged in the database
    When indelible runs "export --format csv -o $TMP/out.csv"
    Then indelible ends with code 5
    And indelible says in one line "event 2: malformed event body"
    And the file "out.csv" still holds "old"
    And beside the database there are the files out.csv
    And the log tells of an export of 0 events that failed, with "event 2: malformed event body"

  Scenario Outline: <what> leaves no file, and the log tells of it
    When indelible exports with "--format jsonl -o $TMP/out.jsonl" and is ended by <what>
    Then indelible ends with code <code>
    And beside the database there are the files none
    And the log tells of an export of 4 events that failed, with "<reason>"

    Examples:
      | what    | code | reason      |
      | Ctrl-C  | 130  | interrupted |
      | SIGTERM | 143  | terminated  |

  Scenario Outline: A full disk, met by <format>
    When indelible runs "export --format <format> -o /dev/full"
    Then indelible ends with code 3
    And indelible says in one line "/dev/full: No space left on device. The export is not whole"
    And the log tells of an export of 4 events that failed, with "No space left on device"

    Examples:
      | format  |
      | jsonl   |
      | parquet |

  Scenario: A reader that has seen enough
    Given indelible has recorded 2000 further events
    When indelible exports in a pipeline "$INDELIBLE export --format jsonl 2>/dev/null | head -n 1"
    Then indelible prints 1 line
    And the log tells of an export of 1000 events that failed, with "the reader of the output has gone"

  Scenario: On a terminal, what is stored is shown and a Parquet file is refused
    Given indelible has recorded the action "x" with the details
      """
      {"c1": "x\u009b2Jy", "turned": "a\u202eb"}
      """
    When indelible runs on a terminal of 100 columns "export --format jsonl --action x"
    Then indelible prints JSON with
      | member               | value        |
      | event.details.c1     | "x\u009b2Jy" |
      | event.details.turned | "a\u202eb"   |
    And indelible's output holds nothing that a terminal obeys
    When indelible runs on a terminal of 100 columns "export --format parquet"
    Then indelible ends with code 2
    And indelible prints "a Parquet file is nothing for a terminal; pass -o FILE"
    When indelible runs on a terminal of 100 columns "export --format jsonl -o $TMP/out.jsonl"
    Then indelible ends with code 0
    And indelible prints "exporting"
    And the jsonl export "out.jsonl" holds the events 0 to 6

  Scenario: What a search finds is exported in the order of time
    When indelible runs "search on"
    Then an export of what holds "invoice" holds the events 0, 2, 1
    And the log tells of an export with
      | detail  | value               |
      | filters | {"text": "invoice"} |

  Scenario: An export finds its way back
    When indelible runs "export --format jsonl -o $TMP/out.jsonl"
    And indelible runs "import $TMP/out.jsonl --url sqlite:///$TMP/second.db --table"
    Then indelible prints "4 lines read: 4 events added, 0 already there, 0 bad"
    When indelible runs "import $TMP/out.jsonl --table"
    Then indelible prints "4 lines read: 0 events added, 4 already there, 0 bad"

  Scenario: What was changed after the export is not taken back
    When indelible runs "import -" and reads
      """
      {"leaf_hash":"00","log":"audit","seq":0,"event":{"v":1}}
      """
    Then indelible ends with code 5
    And indelible says in one line "the event has been changed since it was exported"

  @use.with_db=<db>
  Scenario Outline: Any event finds its way back, on <db>
    Then events that are exported as JSON Lines and imported into an empty log are equal

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: Memory stays as it is however many events are exported, as <format>
    Then exporting 200000 events as <format> takes no more memory than exporting 20000

    Examples:
      | format  |
      | jsonl   |
      | csv     |
      | parquet |
