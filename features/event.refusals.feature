Feature: What cannot be stored as it is, is refused
  An event is never stored differently from what the caller said, and never half. Where a value has
  no form in the body, record() raises before anything is kept, and its error names the argument,
  the value and the mend.

  Scenario Outline: Each refusal names the argument, the value and the mend <mode>
    Given a refusal's service <mode>
    Then the refusal of each of these names argument, value and mend
      | what                                | argument         | says                                                        |
      | NaN                                 | details.x        | nan cannot be written in JSON … Record None or a string     |
      | infinity                            | details.x        | inf cannot be written in JSON                               |
      | minus infinity                      | details.x        | -inf cannot be written in JSON                              |
      | NaN of a derived class              | details.x        | nan cannot be written in JSON                               |
      | NaN deep inside                     | details.a[1].b   | nan cannot be written in JSON                               |
      | NaN in a set                        | details.x[0]     | nan cannot be written in JSON                               |
      | NaN in a dataclass                  | details.x.y      | nan cannot be written in JSON                               |
      | NaN before                          | before or after.x | nan cannot be written in JSON                              |
      | NaN deep after                      | before or after.x.y[0] | inf cannot be written in JSON                         |
      | Decimal NaN                         | details.x        | NaN is not a number                                         |
      | Decimal sNaN                        | details.x        | sNaN is not a number                                        |
      | Decimal infinity                    | details.x        | -Infinity is not a number … Record None or a string         |
      | naive datetime                      | details.x        | datetime.datetime(2026, 1, 1, 0, 0) has no time zone … now(timezone.utc) |
      | naive datetime after                | before or after.x | has no time zone                                           |
      | naive occurred_at                   | occurred_at      | datetime.datetime(2026, 1, 1, 0, 0) is no datetime with a time zone … now(timezone.utc) |
      | text as occurred_at                 | occurred_at      | '2026-01-01' is no datetime with a time zone                |
      | occurred_at in the year 999         | occurred_at      | lies outside the years 1000 to 9999                         |
      | occurred_at in the year 10000       | occurred_at      | lies outside the years 1000 to 9999                         |
      | int key                             | details[1]        | the key 1 is not a string … Use str keys                    |
      | None key                            | details.a[None]        | the key None is not a string                                |
      | bytes key before                    | before or after[b'k'] | the key b'k' is not a string                                |
      | int key of an unchanged member      | before or after.x[1] | the key 1 is not a string                                  |
      | dict that holds itself              | details.self.self.self.self.self.self.….self | contain themselves … Flatten them |
      | list that holds itself              | details.x[0][0][0][0][0].…[0] | contain themselves                            |
      | states that hold themselves         | before or after.self.self.self.self.self.self.….self | contain themselves      |
      | 65 dicts                            | details.a.a.a.a.a.a.….a | containers are nested more than 64 deep              |
      | 65 lists                            | details.x[0][0][0][0][0].…[0] | containers are nested more than 64 deep       |
      | 65 tuples                           | details.x[0][0][0][0][0].…[0] | containers are nested more than 64 deep       |
      | 65 sets                             | details.x[0][0][0][0][0].…[0] | containers are nested more than 64 deep       |
      | 65 dataclasses                      | details.x.x.x.x.x.x.….x | containers are nested more than 64 deep              |
      | 65 dicts before                     | before or after.a.a.a.a.a.a.….a | nested more than 64 deep                     |
      | 65 dicts after, added               | before or after.a.a.a.a.a.a.….a | nested more than 64 deep                     |
      | 10000 dicts                         | details.a.a.a.a.a.a.….a | nested more than 64 deep                             |
      | 10000 lists                         | details.x[0][0][0][0][0].…[0] | nested more than 64 deep                      |
      | 10000 dataclasses                   | details.x.x.x.x.x.x.….x | nested more than 64 deep                             |
      | 10000 enum values                   | details.x        | nested more than 64 deep                                    |
      | 10000 dicts before and after        | before or after.a.a.a.a.a.a.….a | nested more than 64 deep                     |
      | 10000 lists before and after        | before or after  | nested more than 64 deep                                    |
      | a large body                        | event            | and max_body_bytes is 65536 … a reference and a digest      |
      | surrogate                           | details.x        | '\ud800' holds a lone surrogate … errors='replace'          |
      | surrogate deep inside               | details.a[0].b   | 'x\udfff' holds a lone surrogate                            |
      | surrogate behind a list             | details.y        | '\ud800' holds a lone surrogate                             |
      | surrogate in a set                  | details.x        | {'\ud800'} holds a lone surrogate                           |
      | surrogate in a key                  | details          | '\ud800' holds a lone surrogate                             |
      | surrogate in a changed key          | changes          | '\ud800' holds a lone surrogate                             |
      | surrogate in the action             | action           | '\ud800' holds a lone surrogate                             |
      | surrogate in the actor's id         | actor.id         | '\ud800' holds a lone surrogate                             |
      | surrogate in the actor's type       | actor.type       | '\ud800' holds a lone surrogate                             |
      | surrogate in the actor's name       | actor.name       | '\ud800' holds a lone surrogate                             |
      | surrogate in the target's id        | target.id        | '\ud800' holds a lone surrogate                             |
      | surrogate in the tenant             | tenant           | '\ud800' holds a lone surrogate                             |
      | surrogate in the request id         | request_id       | '\ud800' holds a lone surrogate                             |
      | surrogate in the session id         | session_id       | '\ud800' holds a lone surrogate                             |
      | surrogate in the reason             | reason           | 'x\ud800' holds a lone surrogate                            |
      | surrogate and NUL                   | details.x        | holds a lone surrogate                                      |
      | object without a mapping            | details.x        | <plain object> of type features.support.events.refusals.Plain has no place in an event … Convert it |
      | object whose repr raises            | details.x        | <Mute whose repr() raises> of type                          |
      | class                               | details.x        | <class 'int'> of type builtins.type has no place            |
      | generator                           | details.x        | of type builtins.generator has no place                     |
      | range                               | details.x        | range(0, 3) of type builtins.range has no place             |
      | dataclass without its field         | details          | reading it raised AttributeError( … plain values first      |
      | mapping that raises                 | details          | reading it raised OSError('connection lost') … Pass a copy  |
      | mapping that records an event       | details          | reading it raised InvalidEventError( … Pass a copy          |
      | zone that raises                    | details          | reading it raised ZeroDivisionError(                        |
      | zone that raises in occurred_at     | occurred_at      | reading it raised ZeroDivisionError(                        |
      | state that raises                   | before or after  | reading it raised OSError('connection lost')                |
      | empty action                        | action           | '' is empty … give it a name                                |
      | blank action                        | action           | ' \t' is empty                                              |
      | long action                         | action           | has 256 characters; the most is 255                         |
      | None as action                      | action           | None is no string                                           |
      | bytes as action                     | action           | b'x' is no string                                           |
      | list as action                      | action           | ['x'] of type list is no string                             |
      | no actor                            | actor            | an event needs an actor … bind_context()                    |
      | actor without a type                | actor            | ':42' is not of the form 'type:id' … Write for example 'user:42' |
      | actor without a colon               | actor            | 'ada' is not of the form 'type:id'                          |
      | actor without an id                 | actor            | 'user:' is not of the form 'type:id'                        |
      | empty actor                         | actor            | '' is not of the form 'type:id'                             |
      | actor with a blank id               | actor's id       | ' ' is empty                                                |
      | actor with a blank type             | actor's type     | ' ' is empty                                                |
      | actor with a number as id           | actor's id       | 42 is no string                                             |
      | actor with a list as id             | actor            | is no string                                                |
      | actor with a colon in its type      | actor            | its type 'a:b' holds a colon, which ends a type             |
      | actor with a long type              | actor's type     | has 65 characters; the most is 64                           |
      | actor with a long id                | actor's id       | has 448 characters; the most is 447                         |
      | actor with an id that masking makes too long | actor's id | has 451 characters; the most is 447                      |
      | actor with an empty name            | actor's name     | '' is empty                                                 |
      | actor with a long name              | actor's name     | has 256 characters; the most is 255                         |
      | target as actor                     | actor            | Target(type='a', id='b', name=None) is neither a 'type:id' string nor an indelible.Actor |
      | dict as actor                       | actor            | {'id': 1} of type dict is no string                         |
      | number as actor                     | actor            | 42 is neither a 'type:id' string nor an indelible.Actor     |
      | target without a type               | target           | 'invoice' is not of the form 'type:id' … 'invoice:981'        |
      | list as target                      | target           | [1] of type list is no string                               |
      | text as targets                     | targets          | 'a:b' is no list … Pass a list                              |
      | set as targets                      | targets          | {'a:b'} is no list                                          |
      | targets with one without a type     | targets          | 'b' is not of the form 'type:id'                            |
      | on_behalf_of without a type         | on_behalf_of     | 'b' is not of the form 'type:id'                            |
      | unknown outcome                     | outcome          | 'ok' is not one of success, failure, denied, unknown        |
      | None as outcome                     | outcome          | None is not one of success                                  |
      | list as outcome                     | outcome          | [] of type list is no string                                |
      | unknown severity                    | severity         | 'fatal' is not one of informational, low, medium            |
      | list as severity                    | severity         | [1] is not one of informational                             |
      | number as duration                  | duration         | 5 is no length of time … Pass a timedelta                   |
      | negative duration                   | duration         | is no length of time                                        |
      | host name as source_ip              | source_ip        | 'localhost' is no IP address … into details                 |
      | network as source_ip                | source_ip        | '10.0.0.0/8' is no IP address                               |
      | number as source_ip                 | source_ip        | 5 is no IP address                                          |
      | address with a long zone            | source_ip        | is longer than 45 characters … Leave the zone               |
      | address with NUL in its zone        | source_ip        | holds odd ones                                              |
      | mute source_ip                      | source_ip        | <Mute whose repr() raises> is no IP address                 |
      | text as event_id                    | event_id         | 'x' is no UUID … uuid.uuid5()                               |
      | number as event_id                  | event_id         | 5 is no UUID                                                |
      | mute event_id                       | event_id         | <Mute whose repr() raises> is no UUID                       |
      | empty tenant                        | tenant           | '' is empty … Leave it out                                  |
      | number as tenant                    | tenant           | 5 is no string                                              |
      | long request id                     | request_id       | has 256 characters; the most is 255                         |
      | empty reason                        | reason           | '' is empty                                                 |
      | long reason                         | reason           | has 4097 characters; the most is 4096                       |
      | number as user agent                | user_agent       | 5 is no string                                              |
      | list as details                     | details          | [] is no mapping … Pass a dict                              |
      | text as details                     | details          | 'x' is no mapping                                           |
      | zero as details                     | details          | 0 is no mapping                                             |
      | number as before                    | before           | 5 is no mapping … a dataclass instance                      |
      | list as after                       | after            | [] is no mapping                                            |
    And the refusals have left nothing in the database

    Examples:
      | mode                 |
      | in synchronous mode  |
      | in asynchronous mode |

  Scenario: Nothing at the limits is refused
    Given a refusal's service in synchronous mode
    Then the refusal begins only beyond the limits: these are stored and come back
      | what                             |
      | 64 dicts                         |
      | 64 lists                         |
      | 64 tuples                        |
      | 64 sets                          |
      | 64 dataclasses                   |
      | 64 dicts before and after        |
      | names of the greatest length     |
      | a body of 65,536 bytes           |
      | empty containers                 |
      | an address with a short zone     |
      | the first and the last moment    |

  @use.with_db=<db>
  Scenario Outline: What is accepted at the limits fits into <db>
    Given a refusal's service in synchronous mode
    Then the refusal begins only beyond the limits: these are stored and come back
      | what                             |
      | 64 dicts                         |
      | 64 dataclasses                   |
      | names of the greatest length     |
      | a body of 65,536 bytes           |
      | an address with a short zone     |
      | the first and the last moment    |

    Examples:
      | db         |
      | postgresql |
      | mariadb    |

  Scenario: A refusal says which kind of error it is
    Given a refusal's service in synchronous mode
    Then the refusal of "a large body" is an EventTooLargeError with its size and limit
    And the refusal of "NaN" is an InvalidEventError, an AuditError and a ValueError
    And the refusal of "mapping that raises" has the OSError as its cause
