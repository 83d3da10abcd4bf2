Feature: Events are read on the command line
  As an auditor at a terminal
  I want to find events, count them and look at one in full
  So that a question about the past has an answer without a program

  Filters are spelled as in Python. The newest event comes first.

  Background:
    Given indelible has recorded
      | actor  | action         | target    | outcome | tenant | occurred_at          |
      | user:1 | invoice.create | invoice:1 | success | acme   | 2026-03-01T08:00:00Z |
      | user:1 | invoice.update | invoice:1 | success | acme   | 2026-03-01T09:00:00Z |
      | user:2 | invoice.update | invoice:2 | denied  | acme   | 2026-03-01T10:00:00Z |
      | user:2 | user.login     | user:2    | failure | other  | 2026-03-01T11:00:00Z |
      | user:3 | user.login     |           | unknown | other  | 2026-03-01T12:00:00Z |

  Scenario Outline: <filters> finds <numbers>
    When indelible runs "list <filters>"
    Then indelible ends with code 0
    And indelible lists the events <numbers>
    When indelible runs "count <filters>"
    Then indelible counts the events <numbers>

    Examples:
      | filters                                                        | numbers       |
      | --since 2000-01-01T00:00Z                                      | 4, 3, 2, 1, 0 |
      | --actor user:1                                                 | 1, 0          |
      | --action user.login                                            | 4, 3          |
      | --target invoice:1                                             | 1, 0          |
      | --outcome denied                                               | 2             |
      | --tenant other                                                 | 4, 3          |
      | --tenant other --outcome unknown                               | 4             |
      | --since 2026-03-01T10:00:00Z                                   | 4, 3, 2       |
      | --until 2026-03-01T10:00:00Z                                   | 1, 0          |
      | --since 2026-03-01T10:00+01:00 --until 2026-03-01T12:00+01:00  | 2, 1          |
      | --since 1h                                                     | none          |
      | --until 1h --actor user:3                                      | 4             |

  Scenario: Pages follow each other by cursor
    When indelible runs "list --limit 2"
    Then indelible lists the events 4, 3
    And indelible says "There are more: --cursor "
    When indelible runs "list --limit 2 --cursor $CURSOR"
    Then indelible lists the events 2, 1
    When indelible runs "list --limit 2 --cursor $CURSOR"
    Then indelible lists the events 0
    And indelible says nothing

  Scenario: The oldest first
    When indelible runs "list --order oldest --limit 2"
    Then indelible lists the events 0, 1
    When indelible runs "list --order oldest --limit 2 --cursor $CURSOR"
    Then indelible lists the events 2, 3
    When indelible runs "list --limit 2 --cursor $CURSOR"
    Then indelible ends with code 2
    And indelible says in one line "other filters or another order"

  Scenario: A cursor belongs to its filters
    When indelible runs "list --limit 1 --action user.login"
    And indelible runs "list --limit 1 --cursor $CURSOR"
    Then indelible ends with code 2
    And indelible says in one line "it belongs to a query with other filters"

  Scenario: A cursor that is none
    When indelible runs "list --cursor x"
    Then indelible ends with code 2
    And indelible says in one line "--cursor 'x': pass what a former list has said, unchanged"

  Scenario: More events than one page of the library has
    Given indelible has recorded 1200 further events
    When indelible runs "list --limit 1150"
    Then indelible lists the events from 1204 down to 55
    When indelible runs "list --limit 1150 --cursor $CURSOR"
    Then indelible lists the events from 54 down to 0

  Scenario: A line of the list is the body exactly as stored, with its place
    When indelible runs "list --limit 1"
    Then indelible's line has the body and the leaf hash that the database holds

  Scenario: An event that is not there
    When indelible runs "show 01a20d8c-a01f-734c-afd8-09f2a260d38a"
    Then indelible ends with code 1
    And indelible says in one line "there is no event 01a20d8c-a01f-734c-afd8-09f2a260d38a"

  Scenario: An event by its number in the log
    When indelible runs "show 3"
    Then indelible lists the events 3
    When indelible runs "show 3 --table"
    Then indelible prints "place        number 3 of the log audit"
    When indelible runs "show 12"
    Then indelible ends with code 1
    And indelible says in one line "there is no event 12"

  Scenario: An event of which only the hash is left
    Given indelible's event 3 was pruned
    When indelible runs "show 3"
    Then indelible ends with code 1
    And indelible says in one line "event 3 was pruned; its leaf hash is left"

  Scenario Outline: What is neither an id nor a number: <text>
    When indelible runs "show -- <text>"
    Then indelible ends with code 2
    And indelible says "'<text>' is neither an event's id nor its number in the log"

    Examples:
      | text                 |
      | invoice:1            |
      | -1                   |
      | 1.5                  |
      | 9999999999999999999  |

  Scenario Outline: "<command>" creates nothing where there is nothing
    When indelible runs "<command> --url sqlite:///$TMP/typo.db"
    Then indelible ends with code 3
    And indelible says in one line "there is no SQLite file"
    And indelible has left no file "typo.db"

    Examples:
      | command                                   |
      | list                                      |
      | show 01a20d8c-a01f-734c-afd8-09f2a260d38a |
      | count                                     |
      | db check                                  |

  Scenario: Nor are tables made by reading
    Given indelible finds an SQLite database "empty.db" made by
      """
      CREATE TABLE mine (n INTEGER)
      """
    When indelible runs "count --url sqlite:///$TMP/empty.db"
    Then indelible ends with code 3
    And indelible says in one line "the database has no audit tables. Run: indelible db upgrade URL"
    And the tables of indelible's "empty.db" are "mine"
