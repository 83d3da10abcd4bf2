Feature: One event in a browser
  Who did what to what and when, in the reader's own time; what it changed; what else belonged to it;
  where it stands in the log; and a proof that anybody can check.

  Background:
    Given the page of a shop's log

  Scenario: An event says who, what, when and why, and what was changed
    When the reader opens "/events/{updated}"
    Then the page holds these texts
      | text           |
      | user:anna      |
      | invoice.update |
      | invoice:981    |
      | a typo         |
      | 203.0.113.7    |
      | acme           |
    And the diff says "total" went from "1000" to "1200"
    And the diff says "address/city" went from "Bern" to "Zürich"
    And the diff has no "note"
    And the page names its place in the log

  Scenario: A redacted value is marked, and is nowhere
    When the reader opens "/events/{updated}"
    Then one value is marked as redacted
    And the page holds nowhere "correct horse"

  Scenario: Values of each kind are told apart
    Given an event whose details hold a value of each kind
    When the reader opens "/events/{kinds}"
    Then the page holds these texts
      | text                                 |
      | 1.10                                 |
      | 0.5                                  |
      | true                                 |
      | null                                 |
      | 019ca8bb-0e00-7000-8000-000000000001 |
      | 2026-03-01                           |
      | 12 ms                                |
      | base64:AP8=                          |
      | Status.PAID                          |
      | paper                                |
      | 2.50                                 |
      | no such invoice                      |
      | no members                           |
      | no items                             |
      | and 1 more, in the stored event      |

  Scenario: The time is the reader's and UTC, by an address, by a cookie, and UTC alone otherwise
    When the reader opens "/events/{updated}"
    Then the page holds the text "2026-03-02 06:00:00"
    When the reader opens "/events/{updated}?zone=Asia/Tokyo"
    Then the page holds the text "2026-03-02 15:00:00"
    And the page holds the text "2026-03-02 06:00:00"
    When the reader opens "/"
    Then the page holds the text "2026-03-02 15:00:00"

  Scenario: What belongs to the same request and the same trace is beside it
    When the reader opens "/events/{updated}"
    Then the neighbours by request are "neighbour"
    And the neighbours by trace are "neighbour, other, traced"
    When the reader opens "/events/{denied}"
    Then there are no neighbours

  Scenario: The events right before and behind it in the log are a step away
    When the reader opens "/events/{updated}"
    Then the page links to "/events/{created}"
    And the page links to "/events/{neighbour}"

  Scenario Outline: What is not there is not found, whatever the address
    When the reader opens "<address>"
    Then the answer's status is 404
    And the page says that something is wrong

    Examples:
      | address                                               |
      | /events/01a20d8c-a01f-734c-afd8-09f2a260d38a          |
      | /events/01a20d8c-a01f-734c-afd8-09f2a260d38a/proof    |
      | /events/01a20d8c-a01f-734c-afd8-09f2a260d38a.json     |
      | /events/01a20d8c-a01f-734c-afd8-09f2a260d38a.tlog-proof |
      | /events/nonsense                                      |
      | /events/%3Cscript%3E                                  |
      | /events/a/b/c                                         |
      | /targets/nothing                                      |
      | /actors/nobody                                        |
      | /nowhere                                              |

  Scenario: The event as stored can be taken away
    When the reader opens "/events/{updated}.json"
    Then the download is the event's body, to the byte

  @use.with_db=<db>
  Scenario Outline: Its proof is fetched and checked, with a key named to the page, on <db>
    Given the shop's log is signed, and its key named to the page
    When the reader opens "/events/{updated}"
    And the reader follows the button for the proof
    Then the proof's result is "proven"
    And the page holds the text "the key that was named to this page"
    When the reader opens "/events/{updated}.tlog-proof"
    Then the download is a proof that the key verifies

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: What a proof rests on is said: a key that was found beside the log
    Given the shop's log is signed
    When the reader opens "/events/{updated}/proof"
    Then the proof's result is "proven"
    And the page holds the text "found beside the log"

  Scenario: Without a key nothing is proven
    Given the shop's log is signed, and its key not known to the page
    When the reader opens "/events/{updated}/proof"
    Then the proof's result is "unproven"

  Scenario: An event that no checkpoint covers yet is not sealed
    When the reader opens "/events/{updated}/proof"
    Then the proof's result is "unsealed"
    When the reader opens "/events/{updated}.tlog-proof"
    Then the answer's status is 404

  Scenario: An event that was edited behind the log's back has no proof
    Given the shop's log is signed, and its key named to the page
    And the event "updated" is edited behind the log's back
    When the reader opens "/events/{updated}/proof"
    Then the proof's result is "failed"
    When the reader opens "/events/{neighbour}/proof"
    Then the proof's result is "proven"

  Scenario: Scripts get the proof alone
    When a script asks for "/events/{updated}/proof"
    Then the answer is the proof's result "unsealed" and no page

  Scenario: Under a path of an application's own every link stays there
    Given the page is mounted at "/internal/audit"
    When the reader opens "/internal/audit/"
    Then every link of the page begins with "/internal/audit" or is relative
    When the reader opens "/internal/audit/events/{updated}"
    Then every link of the page begins with "/internal/audit" or is relative
    And each of these links answers
