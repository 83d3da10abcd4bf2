Feature: A reader of some tenants sees nothing of the others
  A hook can narrow a reader to tenants. Then neither events nor counts, numbers, cursors, errors or
  how long an answer takes tell what the others record.

  Background:
    Given the page of a shop's log, read for "globex"

  Scenario: The list, its histogram and what follows hold the reader's own alone
    When the reader opens "/"
    Then the page lists "others, other"
    And the histogram counts 2 events
    And the page holds nowhere "acme"
    And the page holds no number of an event

  Scenario Outline: What is asked about the others has no answer
    When the reader opens "<address>"
    Then the answer's status is <status>
    And the page holds nowhere "anna"
    And the page holds nowhere "1200"

    Examples:
      | address                        | status |
      | /?tenant=acme                  | 200    |
      | /?tenant=acme&tenant=globex    | 200    |
      | /?target=invoice:981           | 200    |
      | /targets/invoice:981           | 200    |
      | /actors/user:ben               | 200    |
      | /events/{updated}              | 404    |
      | /events/{updated}/proof        | 404    |
      | /events/{updated}.json         | 404    |
      | /events/{updated}.tlog-proof   | 404    |
      | /export.jsonl?tenant=acme      | 200    |
      | /export.csv?target=invoice:981 | 200    |
      | /histogram?tenant=acme         | 200    |

  Scenario: What is not the reader's is told exactly like what is not there
    Then an event of the others and one that is not there are told alike

  Scenario: Neighbours are the reader's own alone
    When the reader opens "/events/{other}"
    Then there are no neighbours by trace
    And the page holds nowhere "anna"
    And the page holds no number of an event

  Scenario Outline: What tells about the log as a whole is not theirs
    When the reader opens "<address>"
    Then the answer's status is <status>

    Examples:
      | address                    | status |
      | /log                       | 403    |
      | /events/{other}.tlog-proof | 403    |
      | /?since_seq=1              | 400    |
      | /?until_seq=1              | 400    |

  Scenario: A verification is not theirs to start
    When a client sends POST to "/log"
    Then the answer's status is 403

  Scenario: The proof of an event of theirs is checked, without the log's numbers
    Given the shop's log is signed, its key named to the page, and read for "globex"
    When the reader opens "/events/{other}/proof"
    Then the proof's result is "proven"
    And the page holds no number of an event

  Scenario: A proof that fails, or is not there yet, tells no number either
    When the reader opens "/events/{other}/proof"
    Then the proof's result is "unsealed"
    And the page holds no number of an event

  Scenario: Cursors name events of theirs
    Given the page of a log of 40 orders of two tenants, read for the first
    When the reader opens "/?limit=3"
    Then the cursor holds no number
    And the page and those behind it list the first tenant's orders, the newest first

  Scenario Outline: Cursors that name others, or nothing, are refused
    When the reader opens "/?cursor=<cursor>"
    Then the answer's status is 400
    And the page says what is wrong with "cursor"

    Examples:
      | cursor                                        |
      | {updated}-000000000000                        |
      | 01a20d8ca01f734cafd809f2a260d38a-000000000000 |
      | {other}-000000000000                          |
      | WyIyMDI2LTAzLTAyVDExOjAwOjAwLjAwMDAwMFoiLDYsIjAiXQ |

  Scenario Outline: Downloads hold no numbers
    When the reader opens "/export.<format>"
    Then the download holds 2 events without numbers
    And the page's text holds nowhere "acme"

    Examples:
      | format |
      | jsonl  |
      | csv    |

  Scenario: A reader of no tenant sees nothing
    Given the page of a shop's log, read for ""
    When the reader opens "/"
    Then the page says that there is nothing
    When the reader opens "/export.jsonl"
    Then the answer is empty

  Scenario: Whether a text index is complete is told without numbers
    When the reader opens "/?text=typo"
    Then the answer's status is 400
    And the page holds no number of an event

  Scenario: Who looked at an event of theirs is theirs to see
    When the reader opens "/events/{other}"
    And the reader opens "/?action=audit.read.*"
    Then the page lists 1 events
    And the page holds the text "audit.read.event"

  Scenario: An application may let such readers see numbers
    Given the page of a shop's log, read for "globex" with numbers
    When the reader opens "/events/{other}"
    Then the page holds the text "Number 3"
    When the reader opens "/log"
    Then the answer's status is 200
