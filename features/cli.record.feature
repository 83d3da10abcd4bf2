Feature: An event is recorded from the command line
  As somebody who writes a deployment script
  I want one command that records what the script did
  So that a shell needs no library to leave a trace

  The command ends when the event is committed. It prints the event's id and its place.

  @use.with_db=<db>
  Scenario Outline: What is recorded in <db> is shown again
    When indelible runs "record invoice.update --actor user:42 --target invoice:981 --before '{"total": 10, "open": true}' --after '{"total": 12, "open": true}'"
    Then indelible ends with code 0
    And indelible says nothing
    And indelible prints JSON with
      | member | value   |
      | log    | "audit" |
      | seq    | 0       |
    When indelible runs "show $ID"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member                     | value                            |
      | log                        | "audit"                          |
      | seq                        | 0                                |
      | event.action               | "invoice.update"                 |
      | event.actor                | {"id": "42", "type": "user"}     |
      | event.target               | {"id": "981", "type": "invoice"} |
      | event.outcome              | "success"                        |
      | event.changes.total.before | 10                               |
      | event.changes.total.after  | 12                               |
    And indelible's JSON has no member event.changes.open

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: The argument <option> becomes the event's <member>
    When indelible runs "record a --actor user:1 <option> '<given>'"
    And indelible runs "show $ID"
    Then indelible prints JSON with
      | member         | value   |
      | event.<member> | <value> |

    Examples:
      | option         | given                                | member       | value                                  |
      | --outcome      | denied                               | outcome      | "denied"                               |
      | --tenant       | acme                                 | tenant       | "acme"                                 |
      | --reason       | a typo                               | reason       | "a typo"                               |
      | --occurred-at  | 2026-03-01T09:00+01:00               | occurred_at  | "2026-03-01T08:00:00.000000Z"          |
      | --on-behalf-of | user:2                               | on_behalf_of | {"id": "2", "type": "user"}            |
      | --severity     | high                                 | severity     | "high"                                 |
      | --duration     | 1.5                                  | duration_us  | 1500000                                |
      | --request-id   | r-1                                  | request_id   | "r-1"                                  |
      | --trace-id     | t-1                                  | trace_id     | "t-1"                                  |
      | --span-id      | s-1                                  | span_id      | "s-1"                                  |
      | --session-id   | l-1                                  | session_id   | "l-1"                                  |
      | --source-ip    | 2001:DB8::1                          | source_ip    | "2001:db8::1"                          |
      | --user-agent   | curl/8                               | user_agent   | "curl/8"                               |
      | --source       | billing                              | source       | "billing"                              |
      | --targets      | invoice:7                            | targets      | [{"id": "7", "type": "invoice"}]       |
      | --event-id     | 01A20D8C-A01F-734C-AFD8-09F2A260D38A | event_id     | "01a20d8c-a01f-734c-afd8-09f2a260d38a" |

  Scenario Outline: The detail <given> is <value>
    When indelible runs "record a --actor user:1 --detail '<given>'"
    And indelible runs "show $ID"
    Then indelible prints JSON with
      | member          | value   |
      | event.details.k | <value> |

    Examples: JSON is read as JSON, and everything else is text
      | given          | value         |
      | k=text         | "text"        |
      | k=12           | 12            |
      | k="12"         | "12"          |
      | k=true         | true          |
      | k=null         | null          |
      | k={"a": [1]}   | {"a": [1]}    |
      | k=a=b          | "a=b"         |
      | k=             | ""            |
      | k=NaN          | "NaN"         |
      | k={"a":1,"a":2 | "{\"a\":1,\"a\":2" |

    Examples: No digit of a number is lost
      | given                    | value                                |
      | k=0.1                    | 0.1                                  |
      | k=1.10                   | 1.1                                  |
      | k=0.10000000000000000055 | {"$decimal": "0.10000000000000000055"} |
      | k=1e400                  | {"$decimal": "1E+400"}               |
      | k=1e22                   | 1e22                                 |
      | k=123456789012345678901  | {"$int": "123456789012345678901"}    |

  Scenario: Details from standard input and single ones come together
    When indelible runs "record a --actor user:1 --details - --detail b=3" and reads
      """
      {"a": 1, "b": 2}
      """
    And indelible runs "show $ID"
    Then indelible prints JSON with
      | member          | value |
      | event.details.a | 1     |
      | event.details.b | 3     |

  Scenario: Secrets are redacted, those of one's own too
    When indelible runs "record a --actor user:1 --detail password=hunter2 --detail iban=DE02 --redact iban"
    And indelible runs "show $ID"
    Then indelible prints JSON with
      | member                 | value               |
      | event.details.password | {"$redacted": true} |
      | event.details.iban     | {"$redacted": true} |
    And indelible does not print "hunter2"

  Scenario: A keyed hash takes its key from the environment
    Given indelible's environment has "INDELIBLE_HASH_KEY" set to "000102030405060708090a0b0c0d0e0f"
    When indelible runs "record a --actor user:1 --detail email=ann@example.org --keyed-hash email"
    And indelible runs "show $ID"
    Then indelible prints JSON with
      | member              | value                                                                      |
      | event.details.email | {"$hmac": "43ca0a20431285d64891e844dc62adf760ef1c5b0755d578e3c17235515bf38f"} |

  Scenario: For people it is one plain line
    When indelible runs "record a --actor user:1 --table"
    Then indelible prints "number 0 of the log audit"

  Scenario: The same event id is one event
    When indelible runs "record a --actor user:1 --event-id 01a20d8c-a01f-734c-afd8-09f2a260d38a"
    And indelible runs "record a --actor user:1 --event-id 01a20d8c-a01f-734c-afd8-09f2a260d38a"
    Then indelible ends with code 0
    When indelible runs "count"
    Then indelible prints "1"
    And indelible prints 1 line

  Scenario Outline: It refuses <what>
    When indelible runs "record <arguments>"
    Then indelible ends with code <code>
    And indelible says "<text>"
    And indelible prints nothing

    Examples: What the event may not be is told by the library
      | what                      | arguments                                      | code | text                             |
      | an actor without a type   | a --actor nobody                               | 5    | actor: 'nobody' is not of the    |
      | an empty action           | '' --actor user:1                              | 5    | action: '' is empty              |
      | an address that is none   | a --actor user:1 --source-ip here              | 5    | source_ip: 'here' is no IP       |
      | an event that is too large| a --actor user:1 --max-body-bytes 1024 --detail k=$LONG | 5 | max_body_bytes is 1024 |

    Examples: What the command line may not be is told by click
      | what                      | arguments                                      | code | text                             |
      | no action                 | --actor user:1                                 | 2    | Missing argument 'ACTION'        |
      | no actor                  | a                                              | 2    | Missing option '--actor'         |
      | an unknown outcome        | a --actor user:1 --outcome maybe               | 2    | 'maybe' is not one of            |
      | a detail without a value  | a --actor user:1 --detail k                    | 2    | 'k' is not of the form key=value |
      | a detail given twice      | a --actor user:1 --detail k=1 --detail k=2     | 2    | the key 'k' is given twice       |
      | details that are no JSON  | a --actor user:1 --details '{'                 | 2    | no JSON: Expecting property name |
      | details that are a list   | a --actor user:1 --details '[]'                | 2    | it is no JSON object             |
      | one key twice             | a --actor user:1 --after '{"k": 1, "k": 2}'| 2    | the key 'k' stands twice         |
      | NaN                       | a --actor user:1 --after '{"k": NaN}'        | 2    | NaN is no number in JSON         |
      | JSON without end          | a --actor user:1 --after '$DEEP'               | 2    | nested too deeply                |
      | a time without a zone     | a --actor user:1 --occurred-at 2026-03-01T09:00| 2    | has no time zone                 |
      | an endless duration       | a --actor user:1 --duration inf                | 2    | inf is no length of time         |
      | a key that is not hex     | a --actor user:1 --hash-key secret             | 2    | it is not hexadecimal            |
