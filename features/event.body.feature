Feature: The body is canonical JSON, kept to the byte
  Every leaf and every proof hashes the stored bytes. People read them with psql, years later, and
  other programs verify them, so there is one way to write an event, and it does not drift.

  @use.with_db=<db>
  Scenario Outline: The body has the documented form to the byte on <db>
    When the body of an event with every member and type is stored
    Then the body is to the byte
      """
      {"action":"invoice.update","actor":{"id":"42","name":"Ada Lovelace","type":"user"},
      "changes":{"a~1b/~0":{"after":2,"before":1},"gone":{"before":null},"new":{"after":[]},"total":{"after":12,"before":10}},
      "details":{"$$decimal":"x","$key:nul%00key":1,
      "bool":true,"bytearray":{"$bytes":"YWI="},"bytes":{"$bytes":"AP8="},"date":{"$date":"2026-02-28"},
      "datetime":{"$datetime":"2026-01-01T12:00:00+02:30"},"decimal":{"$decimal":"1.10"},
      "dict":{"a":{},"b":1,"\uffff":3,"😀":2},
      "enum":{"$enum":{"name":"RED","type":"features.support.events.examples.Colour","value":1}},
      "flag":{"$enum":{"name":"READ|WRITE","type":"features.support.events.examples.Right","value":3}},
      "float":1.5,"frozenset":{"$frozenset":[1,2]},"hash":{"$hmac":"00ff"},"int":-1,
      "int enum":{"$enum":{"mixed":true,"name":"HIGH","type":"features.support.events.examples.Level","value":9}},
      "large":{"$int":"18446744073709551616"},"list":[null,[],{"$tuple":[]}],"none":null,
      "nul":{"$text":["a","b"]},
      "point":{"$dataclass":{"fields":{"x":1,"y":"y"},"type":"features.support.events.examples.Point"}},
      "redacted":{"$redacted":true},"set":{"$set":["a","b"]},
      "str enum":{"$enum":{"mixed":true,"name":"PAID","type":"features.support.events.examples.Status","value":"paid"}},
      "text":"é\"\\\n\u2028","time":{"$time":"01:02:03"},"timedelta":{"$timedelta":1500000},
      "tuple":{"$tuple":[1,"a"]},"uuid":{"$uuid":"00000000-0000-0000-0000-000000000007"}},
      "duration_us":12000,"event_id":"00000000-0000-0000-0000-000000000001",
      "occurred_at":"2026-01-01T04:59:59.999999Z",
      "on_behalf_of":{"id":"billing","type":"service"},"outcome":"denied",
      "reason":{"$text":["limit","reached"]},"recorded_at":"2026-01-02T03:04:05.000006Z",
      "request_id":"r-1","session_id":"s-1","severity":"high","source":"shop","source_ip":"2001:db8::1",
      "span_id":"b7ad6b7169203331","target":{"id":"981","type":"invoice"},
      "targets":[{"id":"7","type":"customer"},{"id":"a/b","name":"b","type":"file"}],
      "tenant":"acme","trace_id":"0af7651916cd43dd8448eb211c80319c","user_agent":"curl/8","v":1}
      """
    And the body's columns are
      | column      | value                                |
      | event_id    | 00000000-0000-0000-0000-000000000001 |
      | action      | invoice.update                       |
      | outcome     | denied                               |
      | actor       | user:42                              |
      | target      | invoice:981                          |
      | tenant      | acme                                 |
      | request_id  | r-1                                  |
      | trace_id    | 0af7651916cd43dd8448eb211c80319c     |
      | source_ip   | 2001:db8::1                          |
    And the body is what the event on reading says that it is

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The body of equal input is equal to the byte
    Then the body is the same in any order of keys and members

  Scenario: The body has no member for what is not there
    When the body of an event with an action and an actor alone is stored
    Then the body has the members "action actor event_id occurred_at outcome recorded_at v"

  Scenario: The body's ids sort by time and its times are in UTC
    When the body of an event with an action and an actor alone is stored
    Then the body's event id is a UUID of version 7 from this minute
    And the body's times end in six digits and Z

  Scenario: The body's microseconds are right within and across seconds
    Then the body's clock agrees with Python's own, to the microsecond
