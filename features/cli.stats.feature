Feature: Events are counted on the command line
  As an auditor who sees a log for the first time
  I want to know how much there is, of what, and when
  So that I know where to look

  All numbers of one answer are about the same events, though others are recorded meanwhile.

  Background:
    Given indelible has recorded
      | actor  | action         | target    | outcome | tenant | occurred_at          |
      | user:1 | invoice.create | invoice:1 | success | acme   | 2026-03-01T08:00:00Z |
      | user:1 | invoice.update | invoice:1 | success | acme   | 2026-03-01T08:59:59Z |
      | user:1 | invoice.update | invoice:2 | success |        | 2026-03-01T10:00:00Z |
      | job:2  | user.login     |           | denied  |        | 2026-03-01T10:30:00Z |

  Scenario: For people, with bars that fit the width
    When indelible runs on a terminal of 64 columns "stats --bucket hour --no-pager"
    Then indelible ends with code 0
    And indelible's output is this, apart from what is new each time
      """
      4 events from 2026-03-01 08:00:00 to 2026-03-01 10:30:00 (UTC)

      outcome
        success  3  ██████████████████████████████████████████████████
        denied   1  ████████████████▋

      action
        invoice.update  2  ███████████████████████████████████████████
        invoice.create  1  █████████████████████▌
        user.login      1  █████████████████████▌

      actor
        user:1  3  ███████████████████████████████████████████████████
        job:2   1  █████████████████

      each hour (UTC)
        2026-03-01 08:00  2  █████████████████████████████████████████
        2026-03-01 09:00  0
        2026-03-01 10:00  2  █████████████████████████████████████████
      """

  Scenario: As JSON it is one object
    When indelible runs "stats --bucket hour --action 'invoice.*' --top 1"
    Then indelible prints JSON with
      | member         | value                                       |
      | total          | 3                                           |
      | first          | "2026-03-01T08:00:00.000000Z"               |
      | last           | "2026-03-01T10:00:00.000000Z"               |
      | outcome        | [{"value": "success", "count": 3}]          |
      | action         | [{"value": "invoice.update", "count": 2}]   |
      | bucket_seconds | 3600                                        |
      | histogram      | [{"start": "2026-03-01T08:00:00Z", "count": 2}, {"start": "2026-03-01T09:00:00Z", "count": 0}, {"start": "2026-03-01T10:00:00Z", "count": 1}] |

  Scenario: What is not named is counted too
    When indelible runs on a terminal of 60 columns "stats --top 1 --no-pager"
    Then indelible prints "  (others)        2  "

  Scenario: Few are not none, and all the rest sets no scale
    Given indelible has recorded 1000 further events
    When indelible runs on a terminal of 40 columns "facets outcome --no-pager"
    Then indelible prints "denied       1  ▏"
    When indelible runs on a terminal of 40 columns "facets actor --limit 1 --no-pager"
    Then indelible prints "user:1    146  ███████████████████████"

  Scenario: Nothing matches
    When indelible runs "stats --actor user:9 --table"
    Then indelible ends with code 0
    And indelible prints "0 events"
    When indelible runs "stats --actor user:9"
    Then indelible prints JSON with
      | member    | value |
      | total     | 0     |
      | first     | null  |
      | histogram | []    |

  Scenario: A terminal without block characters
    Given indelible's environment has "PYTHONIOENCODING" set to "ascii"
    When indelible runs as a process "facets outcome --table"
    Then indelible prints "success  3  ####"

  Scenario: The histogram's spans are chosen so that it fits on a screen
    Then indelible's histogram of any two times has at most 24 bars, and more than 1 if spans could be shorter

  Scenario Outline: --bucket <span> makes bars of <seconds> seconds
    When indelible runs "stats --bucket <span>"
    Then indelible prints JSON with
      | member         | value     |
      | bucket_seconds | <seconds> |

    Examples:
      | span   | seconds |
      | minute | 60      |
      | Week   | 604800  |
      | 15m    | 900     |
      | 2d     | 172800  |

  Scenario Outline: --bucket <span> makes no sense
    When indelible runs "stats --bucket <span>"
    Then indelible ends with code 2
    And indelible prints nothing
    And indelible says "<problem>"

    Examples:
      | span        | problem                                        |
      | fortnight   | 'fortnight' is no length of time. Write minute |
      | 0s          | '0s' is no length of time                      |
      | 999999999w  | '999999999w' is no length of time              |

  Scenario: Too many bars
    Given indelible has recorded
      | actor  | action | occurred_at          |
      | user:1 | a      | 1999-03-01T08:00:00Z |
    When indelible runs "stats --bucket 1s"
    Then indelible ends with code 2
    And indelible says in one line "--bucket: the histogram would have more than 10,000 bars"

  Scenario: Facets, in the words of Python or of options
    When indelible runs "facets actor_type target-type tenant --until-seq 3"
    Then indelible prints the JSON lines
      """
      {"by":"actor_type","count":3,"value":"user"}
      {"by":"target_type","count":3,"value":"invoice"}
      {"by":"tenant","count":2,"value":"acme"}
      {"by":"tenant","count":1,"value":null}
      """

  Scenario: Facets for people
    When indelible runs on a terminal of 40 columns "facets tenant actor --limit 1"
    Then indelible's output is this, apart from what is new each time
      """

      tenant
        (none)    2  █████████████████████████
        (others)  2

      actor
        user:1    3  █████████████████████████
        (others)  1
      """

  Scenario: What is no facet
    When indelible runs "facets colour"
    Then indelible ends with code 2
    And indelible says "'colour' is not one of"

  @use.with_db=<db>
  Scenario Outline: The same numbers from <db>
    When indelible runs "stats --bucket hour"
    Then indelible prints JSON with
      | member    | value |
      | total     | 4     |
      | outcome   | [{"value": "success", "count": 3}, {"value": "denied", "count": 1}] |
      | histogram | [{"start": "2026-03-01T08:00:00Z", "count": 2}, {"start": "2026-03-01T09:00:00Z", "count": 0}, {"start": "2026-03-01T10:00:00Z", "count": 2}] |
    When indelible runs "facets outcome --action invoice.update"
    Then indelible prints the JSON lines
      """
      {"by":"outcome","count":2,"value":"success"}
      """

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |
