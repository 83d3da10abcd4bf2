Feature: Hostile values are data, in every field and on every database
  Whoever is audited chooses many of the texts in an audit log: names, user agents, reasons. None of
  them may change what is recorded, be taken for something else on its way, or keep another event
  from being stored; and what no database can hold is refused before anything is kept.

  @use.with_db=<db>
  Scenario Outline: A hostile text in every field at once comes back as it was from <db>
    When each of these hostile texts is recorded in every field of an event of its own, on <db>
      | what                    |
      | control characters      |
      | terminal escapes        |
      | bidirectional controls  |
      | invisible characters    |
      | line ends               |
      | NUL                     |
      | NUL in the middle       |
      | characters of four bytes |
      | combining characters    |
      | non-characters          |
      | CSV injection           |
      | CSV injection by tab    |
      | HTML injection          |
      | SQL injection           |
      | SQL wildcards           |
      | format strings          |
      | COPY's own escapes      |
      | JSON's own escapes      |
      | path traversal          |
      | a log4j lookup          |
      | outer blanks            |
    Then each hostile event is as it was recorded, in every field
    And each hostile event is found by each of its names, and by no pattern or part of them
    And the hostile log verifies, and is JSON to the database

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Numbers beyond every bound of <db> come back to the last digit
    When hostile numbers are recorded in details and states on <db>
    Then the hostile numbers are as they were recorded

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: A lone surrogate is refused in every field, <mode>
    Then a lone surrogate is refused in each of these fields by a service <mode>
      | field             |
      | action            |
      | actor.type        |
      | actor.id          |
      | actor.name        |
      | target.type       |
      | target.id         |
      | target.name       |
      | targets           |
      | on_behalf_of      |
      | tenant            |
      | reason            |
      | request_id        |
      | trace_id          |
      | span_id           |
      | session_id        |
      | user_agent        |
      | a key of details  |
      | details           |
      | before            |
      | after             |
      | a key of a state  |
    And the hostile log holds nothing but the event after them

    Examples:
      | mode         |
      | synchronous  |
      | asynchronous |

  Scenario Outline: Nesting of 10,000 levels is refused in <field>, and the next event is stored
    Then nesting of 10,000 levels of each kind is refused in <field>
    And the hostile log holds nothing but the event after them

    Examples:
      | field   |
      | details |
      | before  |
      | after   |
