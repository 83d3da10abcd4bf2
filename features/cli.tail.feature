Feature: The log is followed on the command line
  As somebody who watches what happens, or ships it to elsewhere
  I want the newest events and then each one as it is recorded
  So that I see it at once and miss none

  Events come in the order of their numbers in the log. Whoever keeps the last number goes on there.

  Background:
    Given indelible has recorded
      | actor  | action         | target    | outcome | occurred_at          |
      | user:1 | invoice.create | invoice:1 | success | 2026-03-01T08:00:00Z |
      | user:1 | invoice.update | invoice:1 | success | 2026-03-01T09:00:00Z |
      | user:2 | invoice.update | invoice:2 | denied  | 2026-03-01T10:00:00Z |
      | user:2 | user.login     | user:2    | failure | 2026-03-01T11:00:00Z |

  Scenario Outline: tail <arguments> shows <numbers>
    When indelible runs "tail <arguments>"
    Then indelible ends with code 0
    And indelible lists the events <numbers>

    Examples:
      | arguments                        | numbers    |
      | -n 2                             | 2, 3       |
      | --outcome denied                 | 2          |
      | -n 0                             | none       |
      | -n 1 --until-seq 2               | 1          |
      | -n 1 --until-seq 99              | 3          |
      | --after 1                        | 2, 3       |
      | --after -1 --action 'invoice.*'  | 0, 1, 2    |
      | --after 3                        | none       |
      | -f -n 2 --until-seq 4            | 2, 3       |
      | -f --after 0 --until-seq 3       | 1, 2       |

  Scenario: Ten, unless asked otherwise
    Given indelible has recorded 20 further events
    When indelible runs "tail"
    Then indelible prints 10 lines

  Scenario: For people, one line each however narrow the terminal
    When indelible runs on a terminal of 40 columns "tail -n 2"
    Then indelible's output is this, apart from what is new each time
      """
           2  2026-03-01 10:00:00.000  user:2  invoice.update  invoice:2  denied
           3  2026-03-01 11:00:00.000  user:2  user.login  user:2  failure
      """

  Scenario: A log that nobody has written to
    When indelible runs "tail --log empty"
    Then indelible ends with code 0
    And indelible prints nothing

  Scenario: Two beginnings
    When indelible runs "tail -n 5 --after 2"
    Then indelible ends with code 2
    And indelible says "pass one of them"

  Scenario: A stream cannot be searched
    When indelible runs "tail -f --text typo"
    Then indelible ends with code 2
    And indelible says in one line "--text 'typo': a stream has no search"

  @use.with_db=<db>
  Scenario Outline: It is followed on <db> until Ctrl-C, which tells where to go on
    When indelible follows the log from the newest 1
    Then indelible's follower shows the event 3
    Given indelible has recorded 3 further events
    Then indelible's follower shows the events 4, 5, 6
    When indelible's follower gets SIGINT
    Then indelible's follower ends with code 130 and says "interrupted. To go on from here: --after 6"
    When indelible runs "tail --after 4"
    Then indelible lists the events 5, 6

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: SIGTERM ends it as well
    When indelible follows the log from the newest 1
    Then indelible's follower shows the event 3
    When indelible's follower gets SIGTERM
    Then indelible's follower ends with code 143 and says nothing

  Scenario: It ends when its reader goes, though nothing happens in the log
    When indelible follows the log from the newest 1
    Then indelible's follower shows the event 3
    When indelible's follower loses its reader
    Then indelible's follower ends with code 141 and says nothing
