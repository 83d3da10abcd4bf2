Feature: The reference says everything, and nothing that is not so
  As a reader of the documentation
  I want every command, option, argument, member, table and error to stand in the reference
  So that I need not read the code to find out what there is

  Some parts of the pages are made from the code: `python -m features.support.docs_reference` writes
  them. The others are held together with it here.

  Scenario Outline: The part "<part>" is what the code makes
    Then the generated part "<part>" is up to date

    Examples:
      | part           |
      | command line   |
      | environment    |
      | default keys   |
      | harmless keys  |
      | context fields |
      | ocsf rules     |
      | ocsf classes   |

  Scenario: Every command has a section, and every option in its help stands there
    Then the page of the command line has all that each command's help shows

  Scenario: Every environment variable in a command's help stands in their table
    Then the table of environment variables has all that the commands' help shows

  Scenario: Every exit code is described
    Then the page of the command line describes every exit code

  Scenario Outline: Every public name of <module> is documented
    Then the reference documents every public name of "<module>"

    Examples:
      | module              |
      | indelible           |
      | indelible.exporters |
      | indelible.merkle    |

  Scenario Outline: Every argument of <callable> is described
    Then the docstring of "<callable>" describes its arguments

    Examples:
      | callable                          |
      | indelible.AuditService            |
      | indelible.AuditService.record     |
      | indelible.AuditService.flush      |
      | indelible.AuditService.get        |
      | indelible.AuditService.query      |
      | indelible.AuditService.hash_value |
      | indelible.AuditService.close      |
      | indelible.AuditService.checkpoint |
      | indelible.AuditService.prove      |
      | indelible.AuditService.consistency |
      | indelible.AuditService.verify     |
      | indelible.Receipt.wait            |
      | indelible.Redaction               |
      | indelible.Redaction.hash_value    |
      | indelible.bind_context            |
      | indelible.bound_context           |
      | indelible.storage.migrate.upgrade |
      | indelible.storage.migrate.check   |
      | indelible.storage.migrate.sql     |

  Scenario: Counting takes the filters of querying, so it need not describe them again
    Then "indelible.AuditService.count" takes what "indelible.AuditService.query" takes, but for "limit, cursor, order"

  Scenario: Every error has advice
    Then the page of advice names every error

  Scenario: The body's members are those in its tables
    Then the page of the body format agrees with a full event and with a bare one

  Scenario: The tables are those of the database
    Then the page of the schema has every table, column and index, and no other

  Scenario: Every value that is stored in a form of its own is in the mappings
    Then the page of the value mappings has every tag

  Scenario: Every member of an imported line is described
    Then the page of the import format has the members that are read, and no other

  Scenario: The documentation builds without a warning
    When the documentation is built
    Then the build has had nothing to complain about

  Scenario Outline: <what> is noticed
    Given the reference with "<old>" in place of "<new>"
    Then it is not true that <check>

    Examples: the checks can fail
      | what                       | new                      | old                      | check                                                                       |
      | An option left out         | `--rejects`              | `--refused`              | the page of the command line has all that each command's help shows         |
      | A command left out         | ### indelible db sql     | ### indelible db print   | the page of the command line has all that each command's help shows         |
      | A variable left out        | INDELIBLE_HASH_KEY       | INDELIBLE_KEY            | the table of environment variables has all that the commands' help shows    |
      | A made part edited by hand | `passphrase`             | `passfrase`              | the generated part "default keys" is up to date                             |
      | Exit codes left out        | indelible.cli.exit_codes | indelible.cli.times      | the page of the command line describes every exit code                      |
      | A class left out           | autoclass:: Receipt      | autoclass:: Stats        | the reference documents every public name of "indelible"                    |
      | A function left out        | autofunction:: tile_path | autofunction:: join_tile | the reference documents every public name of "indelible.merkle"             |
      | A member left out          | `span_id`                | `span`                   | the page of the body format agrees with a full event and with a bare one    |
      | A member called optional   | integer \| always        | integer \| if given      | the page of the body format agrees with a full event and with a bare one    |
      | An example of another type | \| `12000` \|            | \| `"12 ms"` \|          | the page of the body format agrees with a full event and with a bare one    |
      | A table left out           | ## audit_tile            | ## audit_tiles           | the page of the schema has every table, column and index, and no other      |
      | A column left out          | `wrapped_key`            | `key`                    | the page of the schema has every table, column and index, and no other      |
      | A column that may be empty | `body` \| text \| null   | `body` \| text \|        | the page of the schema has every table, column and index, and no other      |
      | An index left out          | audit_event_tenant_idx   | audit_tenant_idx         | the page of the schema has every table, column and index, and no other      |
      | An index of other columns  | `action`, `occurred_at`  | `occurred_at`, `action`  | the page of the schema has every table, column and index, and no other      |
      | Tags left out              | indelible.values         | indelible.event          | the page of the value mappings has every tag                                |
      | A member of a line missing | \| `duration` \|         | \| `seconds` \|          | the page of the import format has the members that are read, and no other   |
