Feature: An import adds each event once
  As somebody whose import was interrupted
  I want to run the same command again
  So that I need not know how far it came

  Background:
    Given indelible finds a file "events.jsonl" with
      """
      {"action": "invoice.create", "actor": "user:1", "target": "invoice:1"}
      {"action": "invoice.update", "actor": "user:1", "target": "invoice:1"}

      {"action": "invoice.update", "actor": "user:1", "target": "invoice:1"}
      """

  @use.with_db=<db>
  Scenario Outline: Running it twice in <db> adds nothing
    When indelible runs "import $TMP/events.jsonl"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member  | value |
      | read    | 3     |
      | added   | 3     |
      | present | 0     |
      | bad     | 0     |
    When indelible runs "record between --actor user:2"
    And indelible runs "import $TMP/events.jsonl"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member  | value |
      | read    | 3     |
      | added   | 0     |
      | present | 3     |
      | bad     | 0     |
    When indelible runs "count"
    Then indelible prints "4"
    When indelible runs "list"
    Then indelible lists the events 3, 2, 1, 0

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: What is there already is told from what is new by numbers, not by times
    Given indelible finds a file "backwards.jsonl" with
      """
      {"action": "a", "actor": "user:1", "occurred_at": "2026-03-02T08:00:00Z"}
      {"action": "b", "actor": "user:1", "occurred_at": "2026-03-01T08:00:00Z"}
      """
    When indelible runs "import $TMP/backwards.jsonl"
    And indelible runs "import $TMP/backwards.jsonl --table"
    Then indelible prints "2 lines read: 0 events added, 2 already there, 0 bad"

  Scenario: A file that has grown adds what is new
    When indelible runs "import $TMP/events.jsonl"
    And indelible's file "events.jsonl" grows by
      """
      {"action": "invoice.delete", "actor": "user:1"}
      {"action": "invoice.delete", "actor": "user:1", "event_id": "01a20d8c-a01f-734c-afd8-09f2a260d38a"}
      {"action": "invoice.delete", "actor": "user:1", "event_id": "01A20D8C-A01F-734C-AFD8-09F2A260D38A"}
      """
    And indelible runs "import $TMP/events.jsonl --table"
    Then indelible prints "6 lines read: 2 events added, 4 already there, 0 bad"

  Scenario: From standard input
    When indelible runs "import -" and reads
      """
      {"action": "a", "actor": "user:1"}
      """
    Then indelible prints JSON with
      | member | value |
      | added  | 1     |
    And indelible says nothing

  Scenario: A bad line stops it, and what stands before it is in the log
    Given indelible's file "events.jsonl" has the line 4 replaced by
      """
      {"action": "invoice.update"}
      """
    When indelible runs "import $TMP/events.jsonl"
    Then indelible ends with code 5
    And indelible says in one line "line 4: the member 'actor' is missing. Stopped there; every good line before it is committed."
    And indelible prints JSON with
      | member | value |
      | read   | 3     |
      | added  | 2     |
      | bad    | 1     |
    When indelible runs "count"
    Then indelible prints "2"

  Scenario: Once the line is mended, the same command adds the rest
    Given indelible's file "events.jsonl" has the line 2 replaced by
      """
      {}
      """
    When indelible runs "import $TMP/events.jsonl"
    And indelible's file "events.jsonl" has the line 2 replaced by
      """
      {"action": "invoice.update", "actor": "user:1"}
      """
    And indelible runs "import $TMP/events.jsonl"
    Then indelible prints JSON with
      | member  | value |
      | added   | 2     |
      | present | 1     |

  Scenario: Bad lines are set aside, reported and kept
    Given indelible's file "events.jsonl" has the line 2 replaced by
      """
      {"action": "invoice.update",
      """
    And indelible's file "events.jsonl" has the line 4 replaced by
      """
      {"action": "invoice.update", "actor": "user:1", "outcome": "ok"}
      """
    When indelible runs "import $TMP/events.jsonl --bad-lines skip --rejects $TMP/rejects.jsonl"
    Then indelible ends with code 5
    And indelible says these lines
      """
      line 2: no JSON: Expecting property name enclosed in double quotes at character 29
      line 4: outcome: 'ok' is not one of success, failure, denied, unknown
      indelible: 2 lines were bad and set aside
      """
    And indelible prints JSON with
      | member | value |
      | read   | 3     |
      | added  | 1     |
      | bad    | 2     |
    And indelible's file "rejects.jsonl" holds
      """
      {"action": "invoice.update",
      {"action": "invoice.update", "actor": "user:1", "outcome": "ok"}
      """

  Scenario: A line that only the database can refuse
    Given indelible's file "events.jsonl" has the line 2 replaced by
      """
      {"action": "x", "actor": "user:1", "event_id": "01a20d8c-a01f-734c-afd8-09f2a260d38a"}
      """
    When indelible runs "record y --actor user:1 --event-id 01a20d8c-a01f-734c-afd8-09f2a260d38a"
    And indelible runs "import $TMP/events.jsonl"
    Then indelible ends with code 5
    And indelible says in one line "line 2: event 01a20d8c-a01f-734c-afd8-09f2a260d38a was refused"
    When indelible runs "import $TMP/events.jsonl --bad-lines skip"
    Then indelible ends with code 5
    And indelible says "indelible: 1 line was bad and set aside"
    When indelible runs "count"
    Then indelible prints "3"

  Scenario: A line that is too long is not kept among the rejects, and the report says so
    Given indelible's file "events.jsonl" has the line 2 replaced by 9 MiB of spaces and a word
    When indelible runs "import $TMP/events.jsonl --bad-lines skip --rejects $TMP/rejects.jsonl"
    Then indelible says "line 2: it has 9437188 bytes; the most is 8388608 (too long to be kept among the rejects)"
    And indelible prints JSON with
      | member | value |
      | added  | 2     |
      | bad    | 1     |

  Scenario: A dry run stores nothing, and needs no database
    Given indelible is told of no database
    And indelible's file "events.jsonl" has the line 4 replaced by
      """
      {"action": "invoice.update", "actor": "nobody"}
      """
    When indelible runs "import $TMP/events.jsonl --dry-run"
    Then indelible ends with code 5
    And indelible says in one line "line 4: actor: 'nobody' is not of the form 'type:id'. Write for example 'user:42'. Stopped there; nothing is stored."
    When indelible runs "import $TMP/events.jsonl --dry-run --bad-lines skip --table"
    Then indelible prints "3 lines read, 1 bad; nothing was stored (--dry-run)"
    And indelible has left no file "audit.db"

  Scenario: A dry run refuses what the settings refuse
    Given indelible finds a file "large.jsonl" with
      """
      {"action": "a", "actor": "user:1", "details": {"text": "0123456789012345678901234567890123456789"}}
      {"action": "a", "actor": "user:1", "reason": "x"}
      """
    When indelible runs "import $TMP/large.jsonl --dry-run --max-body-bytes 200"
    Then indelible says in one line "line 1: event: its body is"
    When indelible runs "import $TMP/large.jsonl --dry-run"
    Then indelible ends with code 0

  Scenario: Secrets are redacted on the way
    When indelible runs "import - --redact iban --source legacy" and reads
      """
      {"action": "a", "actor": "user:1", "details": {"iban": "DE02", "password": "hunter2"}}
      """
    And indelible runs "list"
    Then indelible prints JSON with
      | member                 | value               |
      | event.details.iban     | {"$redacted": true} |
      | event.details.password | {"$redacted": true} |
      | event.source           | "legacy"            |

  Scenario Outline: Wrong usage: <arguments>
    When indelible runs "import <arguments>"
    Then indelible ends with code 2
    And indelible says "<text>"

    Examples:
      | arguments                                       | text                                    |
      | $TMP/none.jsonl                                 | No such file or directory               |
      | $TMP/events.jsonl --rejects $TMP/rejects.jsonl  | --rejects needs --bad-lines skip        |
      | $TMP/events.jsonl --bad-lines skip --rejects $TMP/events.jsonl | --rejects would overwrite the file that is imported |

  Scenario: On a terminal a bar shows how much of the file is read
    When indelible runs on a terminal of 100 columns "import $TMP/events.jsonl"
    Then indelible ends with code 0
    And indelible prints "3 lines"
    And indelible prints "bytes"
    And indelible prints "3 lines read: 3 events added"

  Scenario: Bad lines stand beside the bar, on lines of their own
    Given indelible's file "events.jsonl" has the line 2 replaced by
      """
      [bold]
      """
    When indelible runs on a terminal of 60 columns "import $TMP/events.jsonl --bad-lines skip"
    Then indelible ends with code 5
    And indelible prints "line 2: no JSON: Expecting value at character 2"

  Scenario: From a pipe, whose size nobody knows, on a terminal
    When indelible imports from a pipe with a bar on a terminal
    Then indelible ends with code 0
    And indelible prints "35/? bytes"
    And indelible prints "1 line read: 1 event added"

  Scenario: The database goes away
    When importing into a database that stops answering
    Then importing gives up with "line 1 was not committed within" and "Run the same import again"

  Scenario: Memory does not grow with the file
    Then importing 60000 lines takes no more memory than importing 6000

  Scenario: Progress is told now and then, and at the end
    Then importing 1000 lines tells at least 5 times how far it is, and all of it at the end

  Scenario: Only so many events are on their way at once, however slow the database is
    Then importing 50 lines has at most 10 of them on their way when 10 are allowed
    And importing 50 lines has at most 10 of them on their way when 1000 bytes are allowed

  Scenario: However many events are on their way, each line is counted once
    Then importing counts right with any lines repeated
