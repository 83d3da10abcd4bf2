Feature: What is longer than the screen goes through a pager
  As somebody who lists a thousand events
  I want to leaf through them, and to search in them
  So that the first ones do not run away

  The pager is $PAGER, or less. It is used for people before a terminal and for nobody else.

  Background:
    Given indelible has recorded 40 further events
    And indelible's screen has 8 lines
    And indelible's pager keeps what it is shown

  Scenario Outline: <command> is longer than the screen
    When indelible runs on a terminal of 160 columns "<command>"
    Then indelible ends with code 0
    And indelible's pager was shown "<text>"
    And indelible's output holds nothing that a terminal obeys

    Examples:
      | command                   | text                |
      | list                      | invoice.update      |
      | stats --since-seq 0       | each                |
      | facets actor outcome      | user:6              |
      | show 39                   | number 39           |

  Scenario Outline: <command> needs none
    When indelible runs on a terminal of 160 columns "<command>"
    Then indelible ends with code 0
    And indelible prints "invoice.update"
    And indelible's pager was not started

    Examples:
      | command                   |
      | list --limit 3            |
      | list --no-pager           |
      | list --json               |
      | tail -n 30                |

  Scenario Outline: There is none: PAGER is "<pager>"
    Given indelible's environment has "PAGER" set to "<pager>"
    When indelible runs on a terminal of 160 columns "list"
    Then indelible ends with code 0
    And indelible prints "invoice.update"

    Examples:
      | pager           |
      | ''              |
      | cat             |
      | /no/such/thing  |
      | 'unfinished     |

  Scenario: Into a pipe it goes at once, also as a table
    When indelible runs as a process "list --table"
    Then indelible prints "invoice.update"
    And indelible's pager was not started

  Scenario: A pager that is left early is no error
    Given indelible has recorded 1200 further events
    And indelible's environment has "PAGER" set to "head -n 2"
    When indelible runs on a terminal of 160 columns "list --limit 1000"
    Then indelible ends with code 0
    And indelible prints "There are more: --cursor "

  Scenario: Without a choice it is less, which ends by itself, shows colours and clears nothing
    Given indelible's pager is a less that tells how it was started
    When indelible runs on a terminal of 160 columns "list"
    Then indelible ends with code 0
    And indelible prints "started as less -R with FRX"
    Given indelible's environment has "LESS" set to "i"
    When indelible runs on a terminal of 160 columns "list"
    Then indelible prints "started as less -R with i"
