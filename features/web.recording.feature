Feature: Who looked at what is in the log
  An audit log tells who reads it, too; and does not drown in it.

  Background:
    Given the page of a shop's log

  Scenario Outline: A look is recorded, with who, what and from where
    When the reader opens "<address>"
    Then the log holds "<action>" by "user:rita" about "<target>"
    And it says that it came from "127.0.0.1" with "a browser"

    Examples:
      | address                  | action             | target                 |
      | /?actor=user:anna        | audit.read.list    | audit-log:audit        |
      | /actors/user:anna        | audit.read.list    | audit-log:audit        |
      | /events/{updated}        | audit.read.event   | audit-event:{updated}  |
      | /events/{updated}.json   | audit.read.event   | audit-event:{updated}  |
      | /events/{updated}/proof  | audit.read.proof   | audit-event:{updated}  |
      | /targets/invoice:981     | audit.read.history | audit-log:audit        |
      | /log                     | audit.read.log     | audit-log:audit        |

  Scenario: A list is recorded with its filters
    When the reader opens "/?actor=user:anna&since=2026-03-02T05:00Z"
    Then the log's last look says that "actor" was "user:anna" and "since" was "2026-03-02T05:00:00.000000Z"

  Scenario: The same look is recorded once in a while, and again by another reader
    When the reader opens "/events/{updated}" 5 times
    Then the log holds 1 "audit.read.event"
    When ten minutes pass
    And the reader opens "/events/{updated}" 5 times
    Then the log holds 2 "audit.read.event"
    When another reader opens "/events/{updated}"
    Then the log holds 3 "audit.read.event"

  Scenario: Paging through a list is recorded at its first and its tenth page
    Given the page of a log of 45 orders
    When the reader opens "/?action=order.place&limit=3"
    And the reader goes on to the end
    Then the log holds 2 "audit.read.list"

  Scenario: Looks are no noise: lists, histograms and histories leave them out unless they are asked for
    When the reader opens "/events/{updated}"
    And the reader opens "/"
    Then the page lists 7 events
    And the histogram counts 7 events
    And the page says how to see looks at it
    When the reader opens "/?reads=shown"
    Then the page lists 9 events
    And the histogram counts 9 events
    When the reader opens "/?action=audit.read.event"
    Then the page lists 1 events
    When the reader opens "/targets/invoice:981"
    Then the history has the versions "3 denied, 2 updated, 1 created"

  Scenario: A page of a list is full, however many looks would stand in it
    Given 30 looks have been recorded
    When the reader opens "/?limit=3"
    Then the page lists "denied, others, traced"

  Scenario: What cannot be recorded is not shown
    Given the log takes no more events
    When the reader opens "/"
    Then the answer's status is 503
    And the page holds nowhere "anna"
    When the reader opens "/events/{updated}"
    Then the answer's status is 503
    And the page holds nowhere "anna"

  Scenario: An application may leave looks unrecorded, and then can read a log that takes no events
    Given looks are not recorded
    And the log takes no more events
    When the reader opens "/events/{updated}"
    Then the answer's status is 200

  Scenario: Something that is not there is no look
    When the reader opens "/events/01a20d8c-a01f-734c-afd8-09f2a260d38a"
    Then the log holds 0 "audit.read.event"

  Scenario: Filters of a refused list are not written down
    When the reader opens "/?detail=password%3Dhunter2-hunter2"
    Then the answer's status is 400
    And the log holds nowhere "hunter2"
