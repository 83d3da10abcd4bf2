Feature: No reader can ask too much
  The page stands beside an application that records. What its readers ask for is bounded in size, in
  time and in number, and does not keep others waiting.

  Background:
    Given the page of a shop's log

  Scenario: A page has as many events as the page's owner says
    Given pages of 3 events, at most 4
    When the reader opens "/"
    Then the page lists 3 events
    When the reader opens "/?limit=5"
    Then the answer's status is 400

  Scenario Outline: A question that takes longer than it may is ended, and told
    Given a question may take 3.5 s, and takes longer
    When the reader opens "<address>"
    Then the answer's status is 503
    And the page holds the text "longer than 3.5 s"
    And the answer says when to try again

    Examples:
      | address              |
      | /                    |
      | /actors/user:anna    |
      | /targets/invoice:981 |
      | /export.csv          |

  Scenario: A database that fails is told without its own words
    Given the database is gone
    When the reader opens "/"
    Then the answer's status is 503
    And the page holds nowhere "sqlite"

  Scenario: A defect is told without its own words
    Given the page has a defect
    When the reader opens "/events/{updated}"
    Then the answer's status is 500
    And the page holds nowhere "Traceback"
    And the page holds nowhere "a secret"

  Scenario: A slow question does not keep the event loop from answering others
    Given a question that waits until another one is answered
    When two readers ask at once
    Then both are answered

  Scenario: Only so many questions are asked at once, and all are answered
    Given 2 questions may be asked at once
    When 12 readers ask at once
    Then all are answered, and never more than 2 were asked at once
