Feature: The schema is made at first use, versioned, and never guessed at
  An application that embeds the library has a database of its own. The library makes its tables in
  it once, whoever comes first, and touches none that are not its own or not of its version.

  @use.with_db=<db>
  Scenario Outline: The schema is made in an empty <db> database by whatever comes first
    Then the schema is made by a first record, a first query and an upgrade alike

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The schema is not made before the first use
    When the schema's service is constructed
    Then the schema's database file does not exist

  @use.with_db=<db>
  Scenario Outline: The schema is made once when processes race to be first on <db>
    When the schema is met by 2 processes at once, each recording 3 events
    Then the schema is current, and 6 events are numbered without a gap

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The schema is made once when the services of one process race on <db>
    When the schema is met by 8 services on threads at once, each recording 2 events
    Then the schema is current, and 16 events are numbered without a gap

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The schema of another state is refused with its own words on <db>
    Then the schema is refused when it is
      | schema                            | state   | says                                                                |
      | absent, and may not be created    | missing | the database has no audit tables. Run: indelible db upgrade URL     |
      | of an older revision              | older   | the tables are at revision 0000 and this version of indelible needs 0001. Run: indelible db upgrade URL |
      | of a newer revision               | newer   | the tables are at revision 9999, which this version of indelible does not know (it knows up to 0001). Upgrade indelible |
      | somebody else's table             | foreign | the database has tables of these names that are not Indelible's: audit_event. Use another table_prefix |
      | somebody else's version table     | foreign | not Indelible's: audit_schema_version                               |
      | without its revision              | foreign | not Indelible's: audit_checkpoint, audit_event, audit_log           |
      | without one of its tables         | foreign | tables are missing: audit_tile. Restore them                        |
      | without any of its tables         | foreign | tables are missing: audit_checkpoint, audit_event                   |
    And the schema's refusals have changed no table

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @tdd_issue @tdd_issue_3 @use.with_db=<db>
  Scenario Outline: The schema with somebody else's view under one of its names is refused on <db>
    Then the schema is refused when it is
      | schema               | state   | says                                                                           |
      | somebody else's view | foreign | the database has tables of these names that are not Indelible's: audit_log. Use |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @tdd_issue @tdd_issue_3 @use.with_db=postgresql
  Scenario: The schema of PostgreSQL's that is not there is named, with how to make it
    Then the schema's first use in a missing "compliance" says "Run: CREATE SCHEMA compliance"

  @use.with_db=<db>
  Scenario Outline: The schema that the migrations make is the one that the statements expect on <db>
    When the schema is made by an upgrade
    Then the schema has no difference to the tables in the code
    And the schema has the partial indexes that the code names where <db> can have them

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The schema is not taken back to nothing, for that would drop events
    When the schema's service has recorded 3 events
    Then the schema's way back is refused with "drop the tables by hand instead"
    And the schema is current, and 3 events are numbered without a gap

  @use.with_db=mariadb
  Scenario: The schema is waited for while somebody else makes it, but not for ever
    Then the schema's upgrade, while another process makes the tables for 1 second too long, says "Wait for it, or end it"

  @use.with_db=mariadb
  Scenario: The schema that another process is still making is not taken for somebody else's
    Then the schema's services that make none wait while another process has made its tables by half

  Scenario: The schema of one log is not made inside the making of another's
    When a logging handler records into another log while the schema is made
    Then that record was refused with "cannot be created from inside the creation of another's"
    And the schema is current
    And the other log takes an event afterwards

  Scenario: The schema's revisions are the scripts in the package
    Then the schema's revisions are those of the scripts, in order, and each script but the first has a parent

  @use.with_db=<db>
  Scenario Outline: The schema's upgrade may be repeated, takes an engine, and leaves other tables alone on <db>
    Then the schema's upgrade twice and through an engine gives "0001" and keeps a neighbour's rows

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The schema's printed statements make it on <db>
    When the schema's printed statements are run
    Then the schema is current
    And the schema has no difference to the tables in the code
    And the schema takes an event

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: The schema's printed statements for <url> name no server and no password
    Then the schema's statements for <url> are about <kind>, with "<part>" and without "hunter2"

    Examples:
      | url                                                  | kind       | part                |
      | sqlite:///hunter2.db                                 | sqlite     | CREATE TABLE audit_event |
      | postgresql://hunter2:hunter2@hunter2.example/hunter2 | postgresql | TIMESTAMP WITH TIME ZONE |
      | mariadb://hunter2:hunter2@hunter2.example/hunter2    | mariadb    | utf8mb4_nopad_bin   |
      | mysql://hunter2:hunter2@hunter2.example/hunter2      | mysql      | utf8mb4_0900_bin    |

  @use.with_db=<db>
  Scenario Outline: The schema honours a prefix, and two prefixes live side by side on <db>
    Then the schema with the prefixes "audit_", "billing_audit_", "" and "Order_2" is four logs in one database

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=postgresql
  Scenario: The schema honours a schema of PostgreSQL's
    Then the schema in "compliance" and in "Other_1" and in the default one are three logs
    And the schema's printed statements for "compliance" make it there

  Scenario Outline: The schema refuses a prefix or a schema that is no plain name: <argument>=<value>
    Then the schema's service with <argument>=<value> is refused with "<says>"

    Examples:
      | argument     | value                 | says                                                             |
      | table_prefix | "a-b"                 | table_prefix='a-b': use letters, digits and underscores          |
      | table_prefix | "a; DROP TABLE x; --" | use letters, digits and underscores                              |
      | table_prefix | "1_"                  | use letters, digits and underscores                              |
      | table_prefix | "ä_"                  | use letters, digits and underscores                              |
      | table_prefix | "a\nb"                | use letters, digits and underscores                              |
      | table_prefix | "audit_\n"            | use letters, digits and underscores                              |
      | table_prefix | "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" | at most 32                                         |
      | table_prefix | 5                     | table_prefix=5: use letters                                      |
      | table_prefix | null                  | table_prefix=None: use letters                                   |
      | schema       | "a.b"                 | schema='a.b': use the plain name of a schema                     |
      | schema       | ""                    | use the plain name of a schema                                   |
      | schema       | 5                     | use the plain name of a schema                                   |

  Scenario: The schema refuses a PostgreSQL schema on SQLite
    When the schema's service is constructed with the schema "compliance"
    Then the schema's first use is refused because of "schema", with "use table_prefix to keep tables apart"

  @use.with_db=<db>
  Scenario Outline: The schema takes the longest prefix on <db>
    Then the schema with the longest prefix is made and has no difference to the tables in the code

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |
