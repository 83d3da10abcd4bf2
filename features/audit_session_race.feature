@tdd_issue @tdd_issue_991
Feature: Ten threads that are first at the same moment share one session
  As an application that records from its request threads
  I want the first requests after a start to find one session, however many they are
  So that no engine with its connections is leaked, and no thread is left without a session

  The session is made at the first use, under a lock that exists before any thread can use the
  service, and the check is repeated behind the lock. Without the repetition, each of the threads
  that had passed the first check would make an engine, and all but the last one would leak.

  Background:
    Given a synchronous audit service on a database file made by mkstemp
    And create_engine is counted, and slowed down so that the race is real

  Scenario: Ten threads ask for the session at once
    When 10 threads pass a barrier and ask for the session
    Then create_engine was called exactly once
    And 10 different threads hold the same session, and it is valid

  Scenario: Five threads record and five threads read at once
    When 10 threads pass a barrier and record or read, by turns
    Then create_engine was called exactly once
    And 10 different threads took part, and their 5 events are in the log, each once

  Scenario: Whoever comes later finds the same session
    When 10 threads pass a barrier and ask for the session
    And 10 threads pass a barrier and ask for the session
    Then create_engine was called exactly once
    And 10 different threads hold the same session, and it is valid
