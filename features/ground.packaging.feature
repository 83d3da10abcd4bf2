Feature: What is installed is what the documentation says, and no more
  As someone who adds the library to an application
  I want a small package whose names, extras and commands are as documented
  So that it costs nothing until it is used

  Scenario: The public names are sorted and importable
    Then each name in the package's __all__ can be imported
    And the names in the package's __all__ are sorted and occur once
    And a fresh interpreter that looks into the package sees all of them, and has loaded none

  Scenario: Importing the package loads nothing that is slow to load
    When a fresh interpreter imports the package
    Then it has loaded none of these
      | module               |
      | sqlalchemy           |
      | sqlalchemy.orm       |
      | alembic              |
      | cryptography         |
      | psycopg              |
      | pymysql              |
      | click                |
      | rich                 |
      | asyncio              |

  Scenario: The core needs five libraries and nothing else
    Then the package depends on "alembic, cryptography, msgspec, sqlalchemy, uuid-utils"

  Scenario: The extras are those that are documented
    Then the package has the extras "all, cli, dev, django, fastapi, flask, mariadb, nats, otel, parquet, postgres, prometheus, web"

  Scenario: The extra all holds all the others that a user can want
    Then the extra "all" holds every extra but "all, dev"

  Scenario: The package tells type checkers that it is typed
    Then the package holds "py.typed"

  Scenario: The wheel carries the page's templates and files
    When the wheel is made
    Then the wheel holds each file of "indelible/web/templates"
    And the wheel holds each file of "indelible/web/static"

  Scenario: The README opens with the two commands, and each command in it exists
    Then the README names "./dev demo" and "./dev test"
    And ./dev knows each of its commands that the README names

  Scenario: ./dev refuses a command that it does not know and names those that it knows
    When ./dev is run with "tset"
    Then ./dev ends with status 2
    And ./dev prints "there is no command 'tset'"
    And ./dev prints "demo"

  Scenario: ./dev help needs no environment
    Given ./dev is to put its environment into "none"
    When ./dev is run with "help"
    Then ./dev ends with status 0
    And ./dev prints "usage: ./dev COMMAND"
    And there is no directory "none"

  Scenario: ./dev never clears a directory that is not its own
    Given a directory "precious" that holds "a file"
    And ./dev is to put its environment into "precious"
    When ./dev is run with "lint"
    Then ./dev ends with status 1
    And ./dev prints "neither empty nor a virtual environment"
    And the directory "precious" still holds "a file"

  Scenario: ./dev says so when Python is too old
    Given ./dev finds only a python3 that says it is version "3.9.2"
    And ./dev is to put its environment into "none"
    When ./dev is run with "lint"
    Then ./dev ends with status 1
    And ./dev prints "Python 3.11 or later is needed, and python3 is Python 3.9.2"

  Scenario: ./dev says so when there is no Python
    Given ./dev finds no python3
    And ./dev is to put its environment into "none"
    When ./dev is run with "lint"
    Then ./dev ends with status 1
    And ./dev prints "Python 3.11 or later is needed, and there is no python3 on the PATH"
