Feature: Downloads of a selection
  What a list shows can be taken away, exact or for a spreadsheet; and that somebody took it is itself
  in the log.

  Background:
    Given the page of a shop's log

  @use.with_db=<db>
  Scenario Outline: A selection is taken away as JSON Lines, to the byte, on <db>
    When the reader opens "/export.jsonl?target=invoice:981&order=oldest"
    Then the download is a file "audit.jsonl" of the events "created, updated, denied", to the byte

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: A selection is taken away as CSV that is safe to open
    Given an event about "note:=HYPERLINK(1)"
    When the reader opens "/export.csv?actor=user:mallory"
    Then the download is a file "audit.csv" with 1 row below its header
    And its row holds "note:=HYPERLINK(1)" as no formula

  Scenario: The list's links take away what the list shows
    When the reader opens "/?tenant=globex&limit=1"
    And the reader follows the link to the download "jsonl"
    Then the download is a file "audit.jsonl" of the events "others, other", to the byte

  Scenario: All of a long log comes, in bounded pieces, and nothing that arrives meanwhile
    Given the page of a log of 2300 orders
    When the reader opens "/export.jsonl?order=oldest"
    Then the download holds the 2300 orders in their order

  Scenario: Who took what away is recorded before the first byte, and how it ended
    When the reader opens "/export.csv?tenant=acme"
    Then the log holds "audit.export" by "user:rita" with the outcome "unknown"
    And the log holds "audit.export.end" by "user:rita" with the outcome "success"
    And both say what was asked for, and the latter its 5 events and their digest

  Scenario: Looks at the page are not among what is taken away, unless they are asked for
    When the reader opens "/events/{updated}"
    And the reader opens "/export.jsonl"
    Then the download holds no "audit.read"
    When the reader opens "/export.jsonl?reads=shown"
    Then the download holds 1 "audit.read.event"

  Scenario Outline: What makes no sense is told by the status, and nothing is recorded
    When the reader opens "<address>"
    Then the answer's status is <status>
    And the log holds no "audit.export"

    Examples:
      | address                   | status |
      | /export.xml               | 404    |
      | /export.csv?limit=3       | 400    |
      | /export.csv?cursor=abc    | 400    |
      | /export.jsonl?actor=x     | 400    |
      | /export.jsonl?text=typo   | 400    |
      | /export.jsonl?no_such=1   | 400    |

  Scenario: Asking for the headers alone takes nothing away
    When a client sends HEAD to "/export.csv"
    Then the answer's status is 200
    And the answer is empty
    And the log holds no "audit.export"

  Scenario: Only so many are under way at once
    Given 1 export may be under way at once
    And an export that is under way
    When the reader opens "/export.csv"
    Then the answer's status is 429
    And the answer says when to try again
    When the export that is under way is broken off by its reader
    And the reader opens "/export.csv"
    Then the answer's status is 200
    And the log says of one export that it was broken off

  Scenario: An export that takes too long is broken off, and the log says so
    Given an export may take 0.000001 s
    And the page of a log of 1200 orders with these limits
    When the reader opens "/export.jsonl" which breaks off
    Then the log says of one export that it took longer
