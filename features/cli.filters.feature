Feature: Events are chosen on the command line as in Python
  As an auditor at a terminal
  I want every filter of the library as an option of the same name
  So that what I have learnt in one place holds in the other

  What takes several values in Python may be repeated. A wildcard or a quote in a value means itself.

  Background:
    Given indelible has recorded
      | actor  | action         | target     | outcome | tenant | occurred_at          | request_id | trace_id | source_ip    | before           | after            | details                                       |
      | user:1 | invoice.create | invoice:1  | success | acme   | 2026-03-01T08:00:00Z | r-1        | t-1      | 192.0.2.1    |                  |                  | {"amount": 10, "to": {"country": "CH"}}       |
      | user:1 | invoice.update | invoice:1  | success | acme   | 2026-03-01T09:00:00Z | r-2        | t-1      | 192.0.2.1    | {"status": "a"}  | {"status": "b"}  | {"amount": "10", "note": "100% of it's"}      |
      | job:2  | invoice.update | invoice:2  | denied  | acme   | 2026-03-01T10:00:00Z | r-2        | t-2      | 2001:db8::1  | {"to": {"c": 1}} | {"to": {"c": 2}} | {"amount": 10}                                |
      | job:2  | invoices.close | customer:2 | failure | other  | 2026-03-01T11:00:00Z |            |          |              |                  |                  | {"open": null}                                |

  Scenario Outline: <filters> finds <numbers>
    When indelible runs "list <filters>"
    Then indelible ends with code 0
    And indelible lists the events <numbers>
    When indelible runs "count <filters>"
    Then indelible counts the events <numbers>

    Examples:
      | filters                                    | numbers |
      | --actor-type job                           | 3, 2    |
      | --action 'invoice.*'                       | 2, 1, 0 |
      | --action 'invoice*'                        | none    |
      | --action invoice.create --action 'invoices.*' | 3, 0 |
      | --target-type invoice                      | 2, 1, 0 |
      | --outcome denied --outcome failure         | 3, 2    |
      | --tenant acme --tenant other               | 3, 2, 1, 0 |
      | --request-id r-2                           | 2, 1    |
      | --request-id r-%                           | none    |
      | --trace-id t-1 --request-id r-1            | 0       |
      | --source-ip 192.0.2.1                      | 1, 0    |
      | --source-ip 2001:DB8:0::1                  | 2       |
      | --since-seq 1 --until-seq 3                | 2, 1    |
      | --changed status                           | 1       |
      | --changed to                               | 2       |
      | --changed to/c                             | 2       |
      | --detail amount=10                         | 2, 0    |
      | --detail 'amount="10"'                     | 1       |
      | --detail amount=10 --detail to/country=CH  | 0       |
      | --detail "note=100% of it's"               | 1       |
      | --detail "note=100_ of it's"                  | none    |
      | --detail open=null                         | 3       |

  Scenario Outline: <arguments> is wrong usage
    When indelible runs "list <arguments>"
    Then indelible ends with code 2
    And indelible prints nothing
    And indelible says in one line "<problem>"

    Examples:
      | arguments                       | problem                                                    |
      | --actor x                       | --actor 'x': write it as 'type:id', such as 'actor:42'     |
      | --actor-type a:b                | --actor-type 'a:b': pass the part before the colon alone   |
      | --action a --action ''          | --action '': pass a string that is not empty               |
      | --tenant ''                     | --tenant '': pass a string that is not empty               |
      | --source-ip localhost           | --source-ip 'localhost': pass an IP address                |
      | --changed ''                    | --changed '': pass a path, such as 'status'                |
      | --detail password=x             | --detail 'password': values under this key are redacted    |
      | --text typo                     | --text 'typo': this log has no text index                  |
      | --since 0001-01-01T00:00Z       | from the years 1000 to 9999                                |

  Scenario Outline: <arguments> is not even a value
    When indelible runs "count <arguments>"
    Then indelible ends with code 2
    And indelible says "Invalid value for '<option>': <problem>"

    Examples:
      | arguments               | option      | problem                         |
      | --detail amount         | --detail    | 'amount' is not of the form     |
      | --detail a=1 --detail a=2 | --detail  | the key 'a' is given twice      |
      | --since-seq -1          | --since-seq | -1 is not in the range          |
      | --outcome ok            | --outcome   | 'ok' is not one of              |

  Scenario: There is an option for each filter, spelled like it
    Then indelible's options are the filters of the library, and details are given one by one

  @use.with_db=<db>
  Scenario Outline: Words of the text index, on <db>
    When indelible runs "search on"
    And indelible runs "list --text of --outcome success"
    Then indelible lists the events 1
    When indelible runs "count --text 'invoice -update' --action '*'"
    Then indelible counts the events none

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |
