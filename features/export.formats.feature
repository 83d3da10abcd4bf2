Feature: Events leave a log in the formats of others
  As somebody who hands events to a SIEM, a data lake or a spreadsheet
  I want each event written as that format's specification says
  So that the other side takes all of it, and nothing in it does harm there

  Five formats: jsonl (the stored bodies), csv, parquet, cloudevents (CloudEvents 1.0) and ocsf
  (OCSF 1.8.0). What is checked against schemas is checked against those that the specifications
  publish.

  Scenario Outline: Any event can be exported as <format>
    Then exports of any events as <format> hold what the events say

    Examples:
      | format      |
      | jsonl       |
      | csv         |
      | cloudevents |
      | ocsf        |
      | parquet     |

  Scenario Outline: An export as <format> is the same however it is made
    Then exports as <format> are the same by batch, by event and by line

    Examples:
      | format      |
      | jsonl       |
      | csv         |
      | cloudevents |
      | ocsf        |
      | parquet     |

  @use.with_db=<db>
  Scenario Outline: A log is read in stored batches, on <db>
    Given an exported log with an event of its own
    Then the stream's stored batches hold it, and lines are made of them

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: <format> refuses a body that <damage>
    When an export as <format> meets a body that <damage>
    Then the export is refused with "<text>"

    Examples:
      | format      | damage                              | text                                        |
      | csv         | is no JSON                          | event 7: malformed event body               |
      | csv         | is no object                        | event 7: malformed event body               |
      | csv         | has no actor                        | missing required field `actor`              |
      | ocsf        | has an outcome of its own           | event 7: malformed event body               |
      | ocsf        | has a time that is none             | event 7: Invalid isoformat string           |
      | parquet     | has a time that is none             | event 7: Invalid isoformat string           |
      | cloudevents | is of version 2                     | event 7: not an event body of version 1     |
      | cloudevents | is of version 2 and looks different | A newer version of indelible may have       |
      | jsonl       | holds a line end                    | its body holds a line end, which no body has |
      | cloudevents | holds a line end                    | its body holds a line end, which no body has |
      | parquet     | is empty                            | only events that are committed              |

  Scenario Outline: What is not committed is not exported as <format>
    Then an event that is not committed cannot be exported as <format>

    Examples:
      | format      |
      | csv         |
      | cloudevents |
      | ocsf        |
      | parquet     |

  Scenario: A row group of Parquet holds no more than fits into a little memory
    Then a Parquet file of 45000 events of 10 bytes has row groups of 20000 and 20000 and 5000
    And a Parquet file of 60 events of 1000000 bytes has row groups of 17

  Scenario: Parquet needs an extra
    Then without pyarrow, Parquet is refused with the line that installs it

  Scenario: Spreadsheets that want a byte order mark get one
    Then a CSV file begins with a byte order mark if that is wished

  Scenario Outline: CloudEvents wants a URI reference for a source: <source>
    Then CloudEvents refuses the source <source>

    Examples:
      | source |
      | ""     |
      | "a b"  |
      | "ä"    |
      | "%zz"  |

  Scenario: What CloudEvents has a name for stands there
    Then this event is exported to CloudEvents with
      """
      {"action": "invoice.update", "actor": "user:42", "target": "invoice:981", "tenant": "acme", "outcome": "denied",
       "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"}
      """
    And there
      | member      | value                                                     |
      | specversion | "1.0"                                                     |
      | id          | "00000000-0000-0000-0000-000000000008"                    |
      | source      | "/indelible/example.com%2Fa%20log%27s%20%C3%A4"           |
      | type        | "invoice.update"                                          |
      | subject     | "invoice:981"                                             |
      | authtype    | "app_user"                                                |
      | authid      | "user:42"                                                 |
      | outcome     | "denied"                                                  |
      | tenant      | "acme"                                                    |
      | sequence    | "0000000000000000007"                                     |
      | traceparent | "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" |

  Scenario: The OCSF classes are those of its version 1.8.0
    Then the OCSF classes and activities are those of the schemas

  Scenario: What an action is called decides which OCSF class its event has
    Then events are exported to OCSF as
      | action              | target    | class and activity               |
      | user.login          | user:1    | Authentication: Logon            |
      | login               |           | Authentication: Logon            |
      | auth.logout         |           | Authentication: Logoff           |
      | support.impersonate | user:7    | Authentication: Account Switch   |
      | user.create         | user:1    | Account Change: Create           |
      | user.password.reset | user:1    | Account Change: Password Reset   |
      | user.mfa.enable     |           | Account Change: MFA Factor Enable |
      | invoice.create      | invoice:1 | Entity Management: Create        |
      | invoice.update      | invoice:1 | Entity Management: Update        |
      | invoice.update      |           | API Activity: Update             |
      | report.export       | report:1  | Entity Management: Read          |
      | job.suspend         | job:1     | Entity Management: Suspend       |
      | invoice.remind      | invoice:1 | API Activity: invoice.remind     |
      | updated             | invoice:1 | API Activity: updated            |

  Scenario: What OCSF has a name for stands there, and the rest is kept as unmapped
    Then this event is exported to OCSF with
      """
      {"action": "user.login", "actor": "user:42", "outcome": "denied", "reason": "wrong code",
       "severity": "high", "source_ip": "203.0.113.7", "user_agent": "curl", "session_id": "s1", "tenant": "acme",
       "request_id": "r1", "trace_id": "t1", "details": {"method": "totp"}}
      """
    And there
      | member                   | value                                                                                    |
      | class_uid                | 3002                                                                                     |
      | type_uid                 | 300201                                                                                   |
      | type_name                | "Authentication: Logon"                                                                  |
      | severity                 | "High"                                                                                   |
      | status                   | "Failure"                                                                                |
      | status_code              | "denied"                                                                                 |
      | status_detail            | "wrong code"                                                                             |
      | actor                    | {"user": {"uid": "42", "type_id": 1, "type": "User"}, "session": {"uid": "s1"}}          |
      | user.uid                 | "42"                                                                                     |
      | service.name             | "billing"                                                                                |
      | src_endpoint             | {"ip": "203.0.113.7"}                                                                    |
      | http_request             | {"user_agent": "curl"}                                                                   |
      | metadata.version         | "1.8.0"                                                                                  |
      | metadata.tenant_uid      | "acme"                                                                                   |
      | metadata.correlation_uid | "r1"                                                                                     |
      | metadata.event_code      | "user.login"                                                                             |
      | unmapped.details         | {"method": "totp"}                                                                       |
      | unmapped.trace_id        | "t1"                                                                                     |
      | observables              | [{"name": "src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": "203.0.113.7"}] |

  Scenario: A mapping of one's own stands in front of the default one
    Given an OCSF mapping from TOML
      """
      [[rule]]
      action = "invoice.remind"
      class = "entity_management"
      activity = "update"

      [[rule]]
      action = "page.*"
      class = 6001
      activity = 2

      [[rule]]
      action = "customer.create"
      class = "account_change"
      activity = "create"

      [user_types]
      customer = "user"
      robot = 4
      """
    Then events are exported to OCSF as
      | action          | target     | class and activity           |
      | invoice.remind  | invoice:1  | Entity Management: Update    |
      | invoice.remind  |            | API Activity: invoice.remind |
      | page.view       | page:1     | Web Resources Activity: Read |
      | customer.create | customer:1 | Account Change: Create       |
      | user.login      |            | Authentication: Logon        |

  Scenario: The same in JSON
    Given an OCSF mapping from JSON
      """
      {"rule": [{"action": "invoice.remind", "class": "entity_management", "activity": "update"}], "user_types": {"robot": "service"}}
      """
    Then events are exported to OCSF as
      | action         | target    | class and activity        |
      | invoice.remind | invoice:1 | Entity Management: Update |
    And this event is exported to OCSF with
      """
      {"action": "user.login", "actor": "robot:1"}
      """
    And there
      | member     | value                                                |
      | actor.user | {"uid": "1", "type_id": 4, "type": "Service"}        |

  Scenario: And in Python
    Given an OCSF mapping with the rule "*.remind" for class 6003, activity 3
    Then events are exported to OCSF as
      | action         | target    | class and activity   |
      | invoice.remind | invoice:1 | API Activity: Update |
      | remind         |           | API Activity: Update |

  Scenario: Mappings that make no sense
    Then these OCSF mappings are refused
      | text                                                                | error                                       |
      | rule = 1                                                            | rule is a list of tables                    |
      | x = 1                                                               | mapping='x': it may hold rule and user_types |
      | [[rule]                                                             | it is no TOML                               |
      | {"rule":                                                            | it is no JSON: Expecting value              |
      | [1]                                                                 | it may hold rule and user_types             |
      | [[rule]]\naction = "a"                                              | write action, class and activity            |
      | [[rule]]\naction = 1\nclass = 6003\nactivity = 1                    | action=1: write a pattern                   |
      | [[rule]]\naction = ""\nclass = 6003\nactivity = 1                   | action='': pass a pattern                   |
      | [[rule]]\naction = "a"\nclass = "nope"\nactivity = 1                | class='nope': write one of account_change   |
      | [[rule]]\naction = "a"\nclass = []\nactivity = 1                    | class=[]: write one of account_change       |
      | [[rule]]\naction = "a"\nclass = 6003\nactivity = 5                  | activity_id=5: API Activity has 1 Create    |
      | [[rule]]\naction = "a"\nclass = 6003\nactivity = true               | activity_id=True: API Activity has          |
      | [[rule]]\naction = "a"\nclass = 6003\nactivity = "move"             | activity='move': write one of create        |
      | [user_types]\na = "boss"                                            | user_types='boss': write one of unknown     |
      | [user_types]\na = 7                                                 | user_types=7: write one of unknown          |
