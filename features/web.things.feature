Feature: Histories, timelines and the log's status in a browser
  The life of one thing as a line of versions, what one actor did, and whether the log is as it was.

  Background:
    Given the page of a shop's log

  Scenario: The history of a thing has a version for each event about it, the newest first
    When the reader opens "/targets/invoice:981"
    Then the history has the versions "3 denied, 2 updated, 1 created"
    And version 2 says "total" went from "1000" to "1200"
    And what was known after version 2 holds "1200" and "Zürich"
    When the reader opens "/targets/invoice:981?order=oldest"
    Then the history has the versions "1 created, 2 updated, 3 denied"

  Scenario: A long history is read a page at a time
    When the reader opens "/targets/invoice:981?limit=2"
    Then the history has the versions "3 denied, 2 updated"
    When the reader follows the link to more
    Then the history has the versions "1 created"

  Scenario: A thing of which nothing is known has no versions
    When the reader opens "/targets/invoice:1"
    Then the page says that there is nothing

  Scenario: A history is not filtered by what would leave out changes
    When the reader opens "/targets/invoice:981?outcome=denied"
    Then the answer's status is 400
    And the page says what is wrong with "outcome"

  Scenario: What an actor did, the newest first
    When the reader opens "/actors/user:anna"
    Then the page lists "neighbour, updated, created"
    When the reader opens "/actors/user:anna?order=oldest&tenant=acme&limit=1"
    Then the page lists "created"
    When the reader opens "/actors/user:anna?actor=user:ben"
    Then the answer's status is 400

  Scenario Outline: Names are names, whatever they hold
    Given an event about "<target>"
    When the reader opens the history of "<target>" by its link
    Then the history has 1 version
    And the page has nothing that a stored value has made

    Examples:
      | target                         |
      | note:a/b/c                     |
      | note:../../etc                 |
      | note:%2e%2e/x?y=1#z            |
      | note:<b id=injected>&amp;</b>  |
      | note:"onerror="x               |
      | note:ünïcødé 漢字               |

  @use.with_db=<db>
  Scenario Outline: A short log is verified at every look, on <db>
    Given the shop's log is signed, and its key named to the page
    When the reader opens "/log"
    Then the log's status is "proven"
    And the checkpoint that is shown is verified
    Given the event "updated" is edited behind the log's back
    When the reader opens "/log"
    Then the log's status is "tampered"
    And the page holds the text "edited: event 1"

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: Without a key nothing is proven about the log
    When the reader opens "/log"
    Then the log's status is "unproven"

  Scenario: A long log is verified when somebody asks, and not by looking
    Given logs are short up to 0 events
    When the reader opens "/log"
    Then the log's status is "unknown"
    When the reader asks for a verification
    Then the log's status becomes "unproven"

  Scenario: A verification that takes too long is stopped, and says so
    Given logs are short up to 0 events, and a verification may take 0.000001 s
    When the reader asks for a verification
    Then the page says in time "It was stopped after"
