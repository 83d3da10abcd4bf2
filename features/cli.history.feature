Feature: What became of one thing is told on the command line
  As an auditor who asks how an invoice came to its total
  I want every change to it in order, who made it and when, and what was known at any time
  So that I need not put the diffs together in my head

  Background:
    Given indelible has recorded
      | actor  | action         | target    | outcome | tenant | occurred_at          | before          | after                                            | reason |
      | user:1 | invoice.create | invoice:1 | success | acme   | 2026-03-01T08:00:00Z | {}              | {"total": 10, "to": {"city": "Rome"}, "iban": "DE1"} |        |
      | user:2 | invoice.update | invoice:1 | success | acme   | 2026-03-01T09:00:00Z | {"total": 10, "api_key": "abc"}   | {"total": 12, "api_key": "def"} | a typo |
      | user:2 | invoice.update | invoice:2 | success | acme   | 2026-03-01T09:30:00Z | {"total": 1}    | {"total": 2}                                     |        |
      | user:3 | invoice.read   | invoice:1 | denied  | other  | 2026-03-01T10:00:00Z |                 |                                                  |        |
      | user:3 | invoice.update | invoice:1 | success | acme   | 2026-03-01T11:00:00Z | {"to": {"city": "Rome"}, "iban": "DE1"} | {"to": {"city": "Oslo"}} |        |

  Scenario: For people, each change and the state at the end
    When indelible runs "history invoice:1 --table"
    Then indelible ends with code 0
    And indelible's output is this, apart from what is new each time
      """
      version 1  2026-03-01 08:00:00.000  user:1  invoice.create  success  number 0
        iban   (none)  →  "DE1"
        to     (none)  →  {city: "Rome"}
        total  (none)  →  10

      version 2  2026-03-01 09:00:00.000  user:2  invoice.update  success  number 1
        reason: a typo
        api_key  [redacted]  →  [redacted]
        total    10          →  12

      version 3  2026-03-01 10:00:00.000  user:3  invoice.read  denied  number 3

      version 4  2026-03-01 11:00:00.000  user:3  invoice.update  success  number 4
        iban     "DE1"   →  (none)
        to/city  "Rome"  →  "Oslo"

      state after version 4
        api_key  [redacted]
        to       {city: "Oslo"}
        total    12
      """

  Scenario: As it was at a time, the newest first
    When indelible runs "history invoice:1 --until 2026-03-01T10:00Z --order newest --limit 2 --table"
    Then indelible's output is this, apart from what is new each time
      """
      version 2  2026-03-01 09:00:00.000  user:2  invoice.update  success  number 1
        reason: a typo
        api_key  [redacted]  →  [redacted]
        total    10          →  12

      version 1  2026-03-01 08:00:00.000  user:1  invoice.create  success  number 0
        iban   (none)  →  "DE1"
        to     (none)  →  {city: "Rome"}
        total  (none)  →  10

      state after version 2
        api_key  [redacted]
        iban     "DE1"
        to       {city: "Rome"}
        total    12
      """

  Scenario: The state after each version
    When indelible runs "history invoice:1 --since 2026-03-01T10:00Z --state --table"
    Then indelible prints "state after version 3"
    And indelible prints "state after version 4"
    And indelible does not print "version 2"

  Scenario: As JSON Lines
    When indelible runs "history invoice:1 --limit 2 --order newest --tenant acme"
    Then indelible prints 2 lines
    And indelible's versions are 3, 2 of the events 4, 1
    When indelible runs "history invoice:1 --limit 1"
    Then indelible prints JSON with
      | member        | value             |
      | version       | 1                 |
      | state.total   | 10                |
      | state.to      | {"city": "Rome"}  |
      | event.action  | "invoice.create"  |
      | log           | "audit"           |

  Scenario Outline: There is no such history: <arguments>
    When indelible runs "history <arguments>"
    Then indelible ends with code <code>
    And indelible prints nothing
    And indelible says in one line "<problem>"

    Examples:
      | arguments                   | code | problem                                  |
      | invoice:9                   | 1    | there is no event about invoice:9        |
      | invoice:1 --since 1h        | 1    | there is no such event about invoice:1   |
      | invoice                     | 2    | TARGET 'invoice': write it as 'type:id'  |
      | invoice:1 --tenant ''       | 2    | --tenant '': pass a string               |

  @use.with_db=<db>
  Scenario Outline: The same is told from <db>
    When indelible runs "history invoice:1"
    Then indelible's versions are 1, 2, 3, 4 of the events 0, 1, 3, 4

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |
