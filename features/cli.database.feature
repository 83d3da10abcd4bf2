Feature: The tables are made and checked from the command line
  As an administrator
  I want to create, upgrade and check the tables without running the application
  So that the application needs no right to create tables

  @use.with_db=<db>
  Scenario Outline: The tables in <db> are made once
    When indelible runs "db check $URL"
    Then indelible ends with code <missing>
    When indelible runs "db upgrade $URL"
    Then indelible ends with code 0
    And indelible prints "the tables are at revision"
    When indelible runs "db check $URL"
    Then indelible ends with code 0
    And indelible prints "current: the tables are at revision"
    When indelible runs "db upgrade"
    Then indelible ends with code 0
    When indelible runs "record a --actor user:1 --no-create-tables"
    Then indelible ends with code 0

    Examples:
      | db         | missing |
      | sqlite     | 3       |
      | postgresql | 1       |
      | mariadb    | 1       |

  Scenario: Without the tables, and without leave to make them
    When indelible runs "record a --actor user:1 --no-create-tables --url sqlite:///$TMP/new.db"
    Then indelible ends with code 3
    And indelible says in one line "there is no SQLite file"
    And indelible has left no file "new.db"
    Given indelible finds an SQLite database "it.db" made by
      """
      CREATE TABLE mine (n INTEGER)
      """
    When indelible runs "record a --actor user:1 --no-create-tables --url sqlite:///$TMP/it.db"
    Then indelible ends with code 3
    And indelible says in one line "the database has no audit tables. Run: indelible db upgrade URL"
    And the tables of indelible's "it.db" are "mine"

  Scenario Outline: A check says no to tables that are <state>
    Given indelible finds an SQLite database "it.db" made by
      """
      <statement>
      """
    When indelible runs "db check sqlite:///$TMP/it.db"
    Then indelible ends with code 1
    And indelible says in one line "<state>: "

    Examples:
      | state   | statement                                                                                    |
      | missing | CREATE TABLE mine (n INTEGER)                                                                |
      | foreign | CREATE TABLE audit_log (n INTEGER)                                                           |
      | newer   | CREATE TABLE audit_schema_version (version_num TEXT); INSERT INTO audit_schema_version VALUES ('9999') |

  Scenario: Two installations in one database
    When indelible runs "db upgrade --table-prefix one_"
    And indelible runs "db check --table-prefix two_"
    Then indelible ends with code 1
    When indelible runs "db check --table-prefix one_"
    Then indelible ends with code 0
    Given indelible's environment has "INDELIBLE_TABLE_PREFIX" set to "one_"
    When indelible runs "record a --actor user:1"
    And indelible runs "count"
    Then indelible prints "1"

  Scenario Outline: The statements for <dialect>, for those who run them by hand
    Given indelible is told of no database
    When indelible runs "db sql --dialect <dialect> --table-prefix my_"
    Then indelible ends with code 0
    And indelible prints "CREATE TABLE my_event"
    And indelible prints "<special>"
    And indelible says nothing

    Examples:
      | dialect    | special                  |
      | sqlite     | body TEXT                |
      | postgresql | TIMESTAMP WITH TIME ZONE |
      | mariadb    | DATETIME(6)              |
      | mysql      | DATETIME(6)              |

  Scenario: The printed statements make what the library accepts
    When indelible runs "db sql"
    Then indelible has connected to nothing
    When indelible's printed statements are run in "by-hand.db"
    And indelible runs "db check sqlite:///$TMP/by-hand.db"
    Then indelible ends with code 0
