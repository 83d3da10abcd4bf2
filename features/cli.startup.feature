Feature: The command line answers at once and says what it needs
  As somebody who types indelible --help
  I want the answer before I lift my finger
  So that finding out costs nothing

  The time itself is measured by the benchmarks; here the reason for it is held: what is not needed
  is not imported.

  Scenario: The help lists the commands in order
    When indelible runs "--help"
    Then indelible ends with code 0
    And indelible lists among its commands record, list, show, history, tail, stats, facets, count, import, db, demo

  Scenario: The help imports neither the database nor the tables for people
    When indelible runs "--help" and tells its modules
    Then indelible has loaded none of these
      | module                 |
      | sqlalchemy             |
      | alembic                |
      | cryptography           |
      | rich                   |
      | http.server            |
      | sqlite3                |
      | psycopg                |
      | pymysql                |
      | indelible.importing    |
      | indelible.demo         |
      | indelible.storage      |
      | indelible.cli.commands |

  Scenario: Each command's help begins with the line in the list
    Then each command of indelible says of itself what the list says

  Scenario Outline: <module> is missing
    When indelible runs without the modules "<module>" as "--help"
    Then indelible ends with code 3
    And indelible prints nothing
    And indelible says in one line "the command line needs <module>. Run: pip install 'indelible[cli]'"

    Examples:
      | module         |
      | click          |
      | rich           |
      | click and rich |

  Scenario: A shell completes the commands
    Given indelible's environment has "_INDELIBLE_COMPLETE" set to "bash_complete"
    And indelible's environment has "COMP_WORDS" set to "indelible co"
    And indelible's environment has "COMP_CWORD" set to "1"
    When indelible runs as a process "--help"
    Then indelible prints "plain,count"
    And indelible does not print "record"

  Scenario: The version
    When indelible runs "--version"
    Then indelible ends with code 0
    And indelible prints its version

  Scenario: python -m indelible is the same
    When indelible runs as a process "count"
    Then indelible ends with code 3
    And indelible says in one line "there is no SQLite file"

  Scenario: Importing the module that python -m runs does not run it
    When indelible's main module is imported by another program
    Then that program goes on and ends with code 0

  Scenario: Ctrl-C while it loads is no defect
    When indelible gets Ctrl-C while it loads its commands
    Then indelible ends with code 130
    And indelible prints nothing
    And indelible says nothing

  Scenario Outline: Without <stream> it does its work all the same
    When indelible runs with its <stream> closed as "record a --actor user:1"
    Then indelible ends with code 0
    When indelible runs "count"
    Then indelible prints "1"

    Examples:
      | stream          |
      | standard input  |
      | standard output |
      | standard error  |

  Scenario: A program that has put another object in the place of its standard output
    When indelible is called by a program that catches its own standard output
    Then indelible ends with code 0
    And indelible prints "it ended with 0 and printed indelible"

  Scenario Outline: Wrong usage: <arguments>
    When indelible runs "<arguments>"
    Then indelible ends with code 2
    And indelible says "<text>"

    Examples:
      | arguments   | text                      |
      | remove      | No such command 'remove'  |
      | list --all  | No such option            |
      | list --limit 0 | is not in the range    |
      | import      | Missing argument 'FILE'   |
      | db drop     | No such command 'drop'    |

  Scenario: What can be configured can be configured by environment
    Then indelible has an option and a variable for each argument of AuditService but
      | argument      | because                                                 |
      | bind          | it is --url                                             |
      | audit_async   | each command knows its mode                             |
      | on_full       | an import waits for room and never meets a full queue   |
      | block_timeout | likewise                                                |
      | on_error      | a command shows what went wrong, and nothing is spooled |
      | spool         | it is the argument of the spool commands                |
      | spool_max_bytes | commands only drain                                   |
      | clock         | it is a function                                        |
      | harden        | db harden does it, which the tables' owner runs         |
      | witnesses     | the command checkpoint has an option of its own         |
      | witness_policy      | likewise, two of them                             |
      | checkpoint_sinks    | likewise                                          |
      | checkpoint_interval | the command checkpoint signs once, at once        |

  Scenario: The words that options allow are the library's
    Then indelible's options know all outcomes and severities
