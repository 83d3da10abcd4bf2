Feature: Scenarios meet real databases, each an empty one, and leave nothing behind
  As a developer of an audit library
  I want every scenario to run against real servers with their real durability
  So that what is green here is true on a user's servers

  @use.with_db=<db>
  Scenario Outline: A scenario has an empty database of its own on <db>
    When a table is made in the scenario's database
    Then the scenario's database holds 1 table
    And another new database holds 0 tables

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: Without a tag a scenario's database is SQLite
    Then the scenario's database is on "sqlite"

  Scenario Outline: The servers keep their durable defaults: <setting> of <db>
    Then "<question>" on <db> gives "<answer>"

    Examples:
      | db         | setting             | question                                       | answer |
      | postgresql | fsync               | SHOW fsync                                     | on     |
      | postgresql | synchronous commit  | SHOW synchronous_commit                        | on     |
      | postgresql | full page writes    | SHOW full_page_writes                          | on     |
      | mariadb    | flush at commit     | SELECT @@innodb_flush_log_at_trx_commit        | 1      |
      | mariadb    | doublewrite         | SELECT @@innodb_doublewrite                    | 1      |
      | mariadb    | strict mode         | SELECT @@sql_mode LIKE '%STRICT_TRANS_TABLES%' | 1      |

  @fixture.own_postgresql
  Scenario: A scenario can kill and restart a PostgreSQL of its own
    When a table is made in a database of the own server
    And the own server is killed
    Then that database does not answer
    When the own server is started again
    Then that database holds 1 table

  @fixture.own_mariadb
  Scenario: A scenario can kill and restart a MariaDB of its own
    When a table is made in a database of the own server
    And the own server is killed
    Then that database does not answer
    When the own server is started again
    Then that database holds 1 table

  @use.with_db=postgresql @use.with_db=mariadb
  Scenario Outline: No server and no file outlives a run that ends by <signal>
    Given a process that uses all kinds of databases
    When it is ended by <signal>
    Then within 20 seconds none of its servers runs and none of its files is there

    Examples:
      | signal  |
      | SIGINT  |
      | SIGTERM |
      | SIGKILL |

  Scenario: Scenarios whose server cannot be had are skipped, loudly
    Given a project with this project's environment and these steps
      | step                          | what it does                       |
      | nothing is wrong              | pass                               |
      | a step that asks for MariaDB  | context.database_url("mariadb")    |
      | a step that must not run      | assert False, "it ran"             |
    When behave runs where "INDELIBLE_TEST_WITHOUT" is "mariadb,postgresql"
      """
      Feature: F
        @use.with_db=<db>
        Scenario Outline: On <db>
          Given nothing is wrong
          Examples:
            | db         |
            | sqlite     |
            | postgresql |
            | mariadb    |

        Scenario: By a step
          Given a step that asks for MariaDB
          Then a step that must not run

        @fixture.own_mariadb
        Scenario: By a fixture
          Then a step that must not run

        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: A known bug
          Given a step that asks for MariaDB
      """
    Then the run is green
    And it says "SKIPPED: 4 scenarios need MariaDB: INDELIBLE_TEST_WITHOUT names it"
    And it says "SKIPPED: 1 scenario needs PostgreSQL: INDELIBLE_TEST_WITHOUT names it"
    And its JSON report holds "1 passed"
    And its JSON report holds "5 skipped"

  Scenario: Databases can be left out by name
    Given a project with this project's environment and these steps
      | step                 | what it does                                                    |
      | the database is used | assert context.database_kind == "sqlite", context.database_kind |
    When behave runs with "-Ddb=sqlite"
      """
      Feature: F
        @use.with_db=<db>
        Scenario Outline: On <db>
          Given the database is used
          Examples:
            | db      |
            | sqlite  |
            | mariadb |
      """
    Then the run is green
    And its JSON report holds "1 passed"
    And its JSON report holds "1 skipped"
    And it does not say "SKIPPED:"

  Scenario: A database that nobody knows cannot be selected
    Given a project with this project's environment and these steps
      | step             | what it does |
      | nothing is wrong | pass         |
    When behave runs with "-Ddb=oracle"
      """
      Feature: F
        Scenario: S
          Given nothing is wrong
      """
    Then the run is red
    And it says "-D db=oracle: 'oracle' is no known database: use some of sqlite, postgresql, mariadb"
