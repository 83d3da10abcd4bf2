Feature: The context that events are recorded in
  A request knows who acts, for which tenant and under which id long before something worth
  recording happens. What is bound there reaches every event of the request, and no other.

  Background:
    Given a context's service

  Scenario: The context supplies what record() is not told
    When the context binds
      | name         | value                            |
      | actor        | user:42                          |
      | tenant       | acme                             |
      | request_id   | r-1                              |
      | trace_id     | 0af7651916cd43dd8448eb211c80319c |
      | span_id      | b7ad6b7169203331                 |
      | session_id   | s-1                              |
      | source_ip    | 192.0.2.7                        |
      | user_agent   | curl/8                           |
      | on_behalf_of | service:billing                  |
    And the context's event is recorded
    Then the context's event has all that was bound
    And the context's event is found by actor, tenant, and its columns hold the ids and the address

  Scenario: The context gives way to an argument
    When the context binds
      | name       | value   |
      | actor      | user:1  |
      | tenant     | acme    |
      | request_id | r-1     |
    And the context's event is recorded with
      | name       | value   |
      | actor      | user:2  |
      | request_id | r-2     |
    Then the context's event has
      | name       | value   |
      | actor      | user:2  |
      | tenant     | acme    |
      | request_id | r-2     |

  Scenario: The context's details are merged key by key, and the event's own win
    When the context binds the details {"region": "eu", "shared": "context", "deep": {"a": 1}}
    And the context binds the details {"job": 7}
    And the context's event is recorded with the details {"shared": "own", "deep": {"b": 2}}
    Then the context's event has the details {"region": "eu", "job": 7, "shared": "own", "deep": {"b": 2}}
    When the context's event is recorded
    Then the context's event has the details {"region": "eu", "job": 7, "shared": "context", "deep": {"a": 1}}
    When the context's event is recorded with the details {}
    Then the context's event has the details {"region": "eu", "job": 7, "shared": "context", "deep": {"a": 1}}

  Scenario: The context's details are redacted as the event's own are
    When the context binds the details {"password": "hunter2", "note": "token=hunter2"}
    And the context binds an actor
    And the context's event is recorded
    Then the context's event holds no "hunter2"

  Scenario: The context forgets a name that is bound to None, and all when it is cleared
    When the context binds
      | name   | value  |
      | actor  | user:1 |
      | tenant | acme   |
    And the context unbinds "tenant"
    Then the context is {"actor": "user:1"}
    When the context is cleared
    Then the context is {}
    And the context's event is refused for want of an actor

  Scenario: The context of a block ends with it, also by an exception, and blocks nest
    Then the context of nested blocks is as it was after each, also after an exception

  Scenario: The context refuses what it does not know
    Then the context refuses to bind "user" and lists what it knows
    And the context refuses details that are no mapping
    And the context is {}

  Scenario: The context is checked where an event is recorded
    When the context binds
      | name      | value     |
      | actor     | nobody    |
    Then the context's event is refused because of "actor"
    When the context binds
      | name      | value     |
      | actor     | user:1    |
      | source_ip | localhost |
    Then the context's event is refused because of "source_ip"

  Scenario: The context cannot be changed from outside
    When the context binds
      | name   | value  |
      | actor  | user:1 |
    Then the context's mapping is read-only

  Scenario: The context crosses into asyncio tasks and does not leak out of them
    Then the contexts of 50 concurrent tasks are kept apart, and each sees its parent's

  Scenario: The context starts empty in a thread, and crosses with copy_context
    Then the context of a plain thread is empty
    And the context crosses into a thread pool with copy_context and into asyncio.to_thread
