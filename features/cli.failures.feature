Feature: What goes wrong is said in one line
  As somebody who runs indelible from cron
  I want one clear line and an exit code for whatever goes wrong
  So that a script can tell a typing error from an outage, and no password ends up in a mail

  No traceback, no password, standard output stays empty. The codes are documented in
  indelible.cli.exit_codes.

  Scenario: No database is named
    Given indelible is told of no database
    When indelible runs "list"
    Then indelible ends with code 3
    And indelible says in one line "no database is named. Pass --url, for example --url sqlite:///audit.db, or set INDELIBLE_URL"

  Scenario Outline: <what>
    When indelible runs "<arguments>"
    Then indelible ends with code <code>
    And indelible says in one line "<text>"
    And indelible prints nothing

    Examples: Settings that cannot work
      | what                     | arguments                             | code | text                                   |
      | A URL that is none       | count --url audit.db                  | 3    | this is no database URL                |
      | An unknown database      | count --url mongo://u:sekret@h/x      | 3    | SQLAlchemy knows no database 'mongo'   |
      | A missing driver         | count --url mysql+mysqldb://u:s@h/x   | 3    | its driver cannot be imported |
      | A database without a driver here | count --url oracle://u:sekret@h/x | 3 | Install it. Or use another database   |
      | A driver for asyncio     | count --url postgresql+asyncpg://u:sekret@h/x | 3 | the driver asyncpg is for asyncio, and the service commits on threads. Or use postgresql+psycopg |
      | The same for SQLite      | count --url sqlite+aiosqlite:///x.db  | 3    | Or use sqlite and no driver            |
      | A database in memory     | count --url sqlite://                 | 3    | the database has no audit tables       |
      | The same by its name     | count --url sqlite:///:memory:        | 3    | the database has no audit tables       |
      | Recording into memory    | record a --actor user:1 --url sqlite:// | 3  | 'sqlite://' is a database in memory, which ends with this command |
      | The same by its name, recording | record a --actor user:1 --url sqlite:///:memory: | 3 | is a database in memory |
      | The same by its mode     | record a --actor user:1 --url 'sqlite:///file:x?mode=memory&uri=true' | 3 | is a database in memory |
      | Tables in memory         | db upgrade sqlite://                  | 3    | is a database in memory                |
      | A name that is none      | count --log 'a b'                     | 3    | log='a b': use 1 to 255 printable      |
      | A prefix that is none    | record a --actor user:1 --table-prefix a-b | 3 | table_prefix='a-b'                   |
      | A schema for SQLite      | record a --actor user:1 --schema s    | 3    | SQLite has no schemas                  |
      | A time that is too long  | count --timeout 1e9                   | 3    | timeout=1000000000.0                   |

    Examples: Files that are no database
      | what                     | arguments                                     | code | text                   |
      | A missing directory      | record a --actor user:1 --url sqlite:///$TMP/no/a.db | 3 | is in a directory that does not exist |
      | A directory              | count --url sqlite:///$TMP                    | 3    | is a directory         |
      | The same for db          | db upgrade --url sqlite:///$TMP               | 3    | is a directory         |
      | The same for the demo    | demo --requests 1 --url sqlite:///$TMP        | 3    | is a directory         |

    Examples: Servers that do not answer
      | what                     | arguments                                                    | code | text                  |
      | PostgreSQL, reading      | count --url postgresql://u:sekret@127.0.0.1:1/x              | 4    | Connection refused    |
      | PostgreSQL, recording    | record a --actor user:1 --url postgresql://u:sekret@127.0.0.1:1/x --timeout 1 | 4 | Connection refused |
      | PostgreSQL, upgrading    | db upgrade postgresql://u:sekret@127.0.0.1:1/x               | 4    | Connection refused    |
      | MariaDB, reading         | count --url mariadb://u:sekret@127.0.0.1:1/x                 | 4    | Connection refused    |
      | MariaDB, recording       | record a --actor user:1 --url mariadb://u:sekret@127.0.0.1:1/x --timeout 1 | 4 | Connection refused |
      | MariaDB, upgrading       | db upgrade mariadb://u:sekret@127.0.0.1:1/x                  | 4    | Connection refused    |

  Scenario: A file that is something else
    Given indelible finds a file "notes.txt" with
      """
      These are only some notes, and no database at all.
      """
    When indelible runs "record a --actor user:1 --url sqlite:///$TMP/notes.txt"
    Then indelible ends with code 3
    And indelible says in one line "is no SQLite database"

  Scenario Outline: A file that only begins like a database, met by <command>
    Given indelible finds a broken SQLite database "broken.db"
    When indelible runs "<command> --url sqlite:///$TMP/broken.db"
    Then indelible ends with code 4
    And indelible says in one line "file is not a database"

    Examples:
      | command                 |
      | count                   |
      | record a --actor user:1 |
      | db check                |
      | db upgrade              |

  Scenario Outline: Tables of these names that belong to somebody else, met by <command>
    Given indelible finds an SQLite database "other.db" made by
      """
      CREATE TABLE audit_event (n INTEGER)
      """
    When indelible runs "<command> --url sqlite:///$TMP/other.db"
    Then indelible ends with code 3
    And indelible says in one line "that are not Indelible's: audit_event. Use another table_prefix or schema"

    Examples:
      | command                 |
      | count                   |
      | record a --actor user:1 |
      | db upgrade              |

  Scenario: Tables of a newer version
    When indelible runs "record a --actor user:1"
    Given indelible's tables are marked as of revision "9999"
    When indelible runs "count"
    Then indelible ends with code 3
    And indelible says in one line "the tables are at revision 9999, which this version of indelible does not know"

  Scenario: Somebody else holds the write lock
    When indelible runs "record a --actor user:1"
    Given indelible's database is locked by somebody else
    When indelible runs "record a --actor user:1 --busy-timeout 0.1 --timeout 0.5"
    Then indelible ends with code 4
    And indelible says in one line "another transaction holds the database's write lock"

  Scenario Outline: A driver that is not installed, met by <command>
    When indelible runs without the modules "psycopg" as "<command> --url postgresql://u:sekret@h/x"
    Then indelible ends with code 3
    And indelible says in one line "Run: pip install 'indelible[postgres]'"
    And indelible does not print "sekret"

    Examples:
      | command                 |
      | list                    |
      | record a --actor user:1 |
      | db upgrade              |

  Scenario Outline: A password never shows: <url>
    Given indelible has a defect that tells its URL
    When indelible runs "count --url <url>"
    Then indelible ends with code 70
    And indelible says "Traceback"
    And indelible says "this is a defect of indelible"
    And indelible does not print "sekret"

    Examples:
      | url                                |
      | postgresql://u:sekret@h/x          |
      | postgresql://u:a%40sekret@h/x      |
      | postgresql://u:a@sekret@h/x        |
      | postgresql://h/x?password=a-sekret |
      | mysql+pymysql://:sekret@h/x        |

  Scenario: Control characters in an error do nothing
    Given indelible's database answers with an error that holds an escape sequence
    When indelible runs "count"
    Then indelible ends with code 4
    And indelible says in one line "\u001b[2J and no more"
    And indelible's error holds nothing that a terminal obeys

  Scenario: Every exit code is documented, and no other
    Then the exit codes that indelible documents are those that it has
