Feature: A line of an import is an event or is refused with a reason
  As somebody who moves events from elsewhere into a log
  I want every line taken exactly as it says, or not at all
  So that the log never holds something that nobody wrote

  A line is a JSON object whose members are the arguments of record().

  Scenario: Every member finds its place
    When importing the line
      """
      {"action": "invoice.update", "actor": {"type": "user", "id": "42", "name": "Ann"}, "target": "invoice:981",
       "targets": ["customer:3", {"type": "file", "id": "a:b"}], "on_behalf_of": "user:7", "outcome": "denied",
       "occurred_at": "2026-03-01T09:00:00.123456+01:00", "details": {"a": [1, 0.10000000000000000055]},
       "before": {"total": 10}, "after": {"total": 12}, "tenant": "acme", "reason": "typo", "severity": "low",
       "duration": 1.5, "request_id": "r", "trace_id": "t", "span_id": "s", "session_id": "l",
       "source_ip": "192.0.2.1", "user_agent": "curl", "event_id": "01A20D8C-A01F-734C-AFD8-09F2A260D38A"}
      """
    Then importing has recorded an event with
      | member                     | value                                                        |
      | action                     | "invoice.update"                                             |
      | actor                      | {"id": "42", "name": "Ann", "type": "user"}                  |
      | target                     | {"id": "981", "type": "invoice"}                             |
      | targets                    | [{"id": "3", "type": "customer"}, {"id": "a:b", "type": "file"}] |
      | on_behalf_of               | {"id": "7", "type": "user"}                                  |
      | outcome                    | "denied"                                                     |
      | occurred_at                | "2026-03-01T08:00:00.123456Z"                                |
      | details.a                  | [1, {"$decimal": "0.10000000000000000055"}]                  |
      | changes.total.after        | 12                                                           |
      | tenant                     | "acme"                                                       |
      | reason                     | "typo"                                                       |
      | severity                   | "low"                                                        |
      | duration_us                | 1500000                                                      |
      | request_id                 | "r"                                                          |
      | trace_id                   | "t"                                                          |
      | span_id                    | "s"                                                          |
      | session_id                 | "l"                                                          |
      | source_ip                  | "192.0.2.1"                                                  |
      | user_agent                 | "curl"                                                       |
      | event_id                   | "01a20d8c-a01f-734c-afd8-09f2a260d38a"                       |

  Scenario: Null is left out
    When importing the line
      """
      {"action": "a", "actor": "user:1", "target": null, "details": null, "occurred_at": null, "event_id": null}
      """
    Then importing has recorded an event with
      | member  | value     |
      | target  | "<absent>" |
      | details | "<absent>" |

  Scenario: The members are the arguments of record()
    Then importing knows each argument of record() but "wait"

  Scenario: An id is derived from the line's number and its text
    When importing the line
      """
      {"action": "a", "actor": "user:1"}
      """
    Then importing has given it the UUIDv5 of "1:" and the line

  Scenario Outline: <what> is refused
    When importing the line
      """
      <line>
      """
    Then importing has recorded nothing
    And importing says "line 1: <reason>"

    Examples: No event
      | what                | line                        | reason                                        |
      | Half a line         | {"action": "a", "actor":    | no JSON: Expecting value at character         |
      | Two values          | {} {}                       | no JSON: Extra data at character 4            |
      | A list              | ["a"]                       | ['a'] is no JSON object                       |
      | A text              | "a"                         | 'a' is no JSON object                         |
      | NaN                 | {"action": NaN}             | NaN is no number in JSON                      |
      | An infinity         | {"details": {"a": -Infinity}} | -Infinity is no number in JSON              |
      | One member twice    | {"action": "a", "action": "b"} | the key 'action' stands twice in one object |
      | One key twice deep inside | {"details": {"a": [{"b": 1, "b": 1}]}} | the key 'b' stands twice in one object |

    Examples: No event that the log could hold
      | what                 | line                                                     | reason                                |
      | No action            | {"actor": "user:1"}                                      | the member 'action' is missing        |
      | No actor             | {"action": "a"}                                          | the member 'actor' is missing         |
      | An action of null    | {"action": null, "actor": "user:1"}                      | the member 'action' is missing        |
      | An unknown member    | {"action": "a", "actor": "user:1", "user": "x"}          | the member 'user' is unknown. Known are action, actor, after |
      | An argument that is for callers | {"action": "a", "actor": "user:1", "wait": true} | the member 'wait' is unknown         |
      | An empty action      | {"action": "", "actor": "user:1"}                        | action: '' is empty                   |
      | A number as action   | {"action": 1, "actor": "user:1"}                         | action: 1 is no string                |
      | A list as outcome    | {"action": "a", "actor": "user:1", "outcome": []}        | outcome: [] is no string              |
      | An unknown outcome   | {"action": "a", "actor": "user:1", "outcome": "ok"}      | outcome: 'ok' is not one of           |
      | An actor without type | {"action": "a", "actor": "ann"}                         | actor: 'ann' is not of the form       |
      | An actor without id  | {"action": "a", "actor": {"type": "user"}}               | actor: {'type': 'user'} is neither    |
      | An actor with more   | {"action": "a", "actor": {"type": "u", "id": "1", "x": "y"}} | actor: {'type': 'u', 'id': '1', 'x': 'y'} is neither |
      | A number as id       | {"action": "a", "actor": {"type": "user", "id": 1}}      | actor: {'type': 'user', 'id': 1} is neither |
      | A number as target   | {"action": "a", "actor": "user:1", "target": 1}          | target: 1 is neither                  |
      | One target as targets | {"action": "a", "actor": "user:1", "targets": "x:1"}    | targets: 'x:1' is no list             |
      | A list as details    | {"action": "a", "actor": "user:1", "details": []}        | details: [] is no object              |
      | A text as before     | {"action": "a", "actor": "user:1", "before": "x"}        | before: 'x' is no object              |
      | A time without zone  | {"action": "a", "actor": "user:1", "occurred_at": "2026-03-01T09:00:00"} | occurred_at: '2026-03-01T09:00:00' has no time zone |
      | A number as time     | {"action": "a", "actor": "user:1", "occurred_at": 1}     | occurred_at: 1 is no ISO 8601 time    |
      | No time              | {"action": "a", "actor": "user:1", "occurred_at": "now"} | occurred_at: 'now' is no ISO 8601 time |
      | Nanoseconds          | {"action": "a", "actor": "user:1", "occurred_at": "2026-03-01T09:00:00.123456789Z"} | occurred_at: '2026-03-01T09:00:00.123456789Z' is finer than a microsecond |
      | A time long ago      | {"action": "a", "actor": "user:1", "occurred_at": "0999-01-01T00:00:00Z"} | occurred_at:    |
      | A text as duration   | {"action": "a", "actor": "user:1", "duration": "1"}      | duration: '1' is no number of seconds |
      | True as duration     | {"action": "a", "actor": "user:1", "duration": true}     | duration: True is no number of seconds |
      | A negative duration  | {"action": "a", "actor": "user:1", "duration": -1}       | duration:                             |
      | An endless duration  | {"action": "a", "actor": "user:1", "duration": 1e300}    | duration: 1e+300 seconds are too many |
      | An id that is none   | {"action": "a", "actor": "user:1", "event_id": "1"}      | event_id: '1' is no UUID              |
      | An address that is none | {"action": "a", "actor": "user:1", "source_ip": "x"}  | source_ip: 'x' is no IP address       |
      | Half a character     | {"action": "a", "actor": "user:1", "details": {"k": "\ud800"}} | details.k:                      |

  Scenario: Microseconds written with zeros behind them lose nothing
    When importing the line
      """
      {"action": "a", "actor": "user:1", "occurred_at": "2026-03-01T09:00:00.123456000Z"}
      """
    Then importing has recorded an event with
      | member      | value                         |
      | occurred_at | "2026-03-01T09:00:00.123456Z" |

  Scenario Outline: Bytes that are <what>
    When importing the bytes <bytes>
    Then importing has recorded <number> events
    And importing says "<text>"

    Examples:
      | what                            | bytes                                                      | number | text                               |
      | no UTF-8                        | b'{"action":"a\xff","actor":"u:1"}'                        | 0      | line 1: it is not UTF-8 at byte 13 |
      | UTF-16                          | b'\xff\xfe{\x00}\x00'                                      | 0      | line 1: it is not UTF-8 at byte 1  |
      | nested without end              | b'[' * 100000                                              | 0      | line 1: nested too deeply          |
      | longer than a line may be       | b'{"action":"a","actor":"u:1"}' + b' ' * (8 << 20)         | 0      | line 1: it has 8388636 bytes; the most is 8388608 |

  Scenario Outline: Lines that end in <what>
    When importing the bytes <bytes>
    Then importing has recorded 2 events
    And importing has given the lines the same ids as with plain ends

    Examples:
      | what                          | bytes                                                                                |
      | CR and LF                     | b'{"action":"a","actor":"u:1"}\r\n{"action":"b","actor":"u:1"}\r\n'                  |
      | the end of the file           | b'{"action":"a","actor":"u:1"}\n{"action":"b","actor":"u:1"}'                        |
      | LF, behind a byte order mark  | b'\xef\xbb\xbf{"action":"a","actor":"u:1"}\n{"action":"b","actor":"u:1"}\n'          |

  Scenario: The longest line is taken, and lines behind one that is too long as well
    Then importing takes a line of exactly the longest size, and goes on behind a longer one

  Scenario: No input makes it fail in any other way
    Then importing any bytes gives an event or a reason
