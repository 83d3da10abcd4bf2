Feature: The first use of a service races with everything else
  As an application that starts, stops and forks while it is at work
  I want the first use to be safe in every race
  So that no engine is leaked and no event is lost or doubled

  Every event is committed or its caller is told that it is not, and the database says the same.

  Scenario Outline: close() races with the first use of a service that is <mode>
    When services that are <mode> are closed at 8 moments of their first use on sqlite
    Then nothing has gone wrong

    Examples:
      | mode         |
      | synchronous  |
      | asynchronous |

  @use.with_db=<db>
  Scenario Outline: close() races with the first use on <db>
    When services that are <mode> are closed at 4 moments of their first use on <db>
    Then nothing has gone wrong

    Examples:
      | db         | mode         |
      | postgresql | synchronous  |
      | postgresql | asynchronous |
      | mariadb    | synchronous  |
      | mariadb    | asynchronous |

  Scenario Outline: close() does not wait for ever for a first use that hangs, <mode>
    When a service that is <mode> is closed within <patience> seconds while create_engine takes 0.4
    Then nothing has gone wrong

    Examples:
      | mode         | patience |
      | synchronous  | 0.1      |
      | asynchronous | 0.1      |
      | synchronous  | 5        |
      | asynchronous | 5        |

  Scenario: create_engine fails while ten threads race for it
    Given a service whose engines are watched
    When 10 threads use it for the first time while create_engine fails
    Then each has got an error that says why, and no engine is left
    And the next use succeeds with 1 engine

  Scenario Outline: The first use fails half way with <error>
    Given a service whose engines are watched
    When its first use fails with <error> after its engine is made
    Then the next use succeeds with 2 engines

    Examples:
      | error             |
      | OSError           |
      | KeyboardInterrupt |

  @use.with_db=<db>
  Scenario Outline: Readers race with writers on <db>
    When 2 threads record 60 events each while others read and count, on <db>
    Then nothing has gone wrong

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: Services in one process create their tables at once, each in a database of its own
    When 8 services are first used at once, each on a database of its own
    Then nothing has gone wrong

  @use.with_db=<db>
  Scenario Outline: Services create their tables at once in the same database, <db>
    When 6 services with 3 logs are first used at once on the same database
    Then nothing has gone wrong

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: A process forks in the middle of another thread's first use
    When a process on sqlite forks at these moments
      | moment                                      |
      | in the middle of another thread's imports   |
      | in the middle of another thread's first use |
    Then nothing has gone wrong

  Scenario: A process forks in the middle of another thread's first question
    When a process on sqlite forks at these moments
      | moment                                           |
      | in the middle of another thread's first question |
    Then nothing has gone wrong

  Scenario: A process that records into a file forks, which parent and child must not have open
    When a process on sqlite forks at these moments
      | moment                                      |
      | and makes ids                               |
      | while another thread holds the session lock |
      | with a half-full queue                      |
      | and the parent closes the log               |
      | while threads record and read               |
      | with an engine of the caller's              |
      | by multiprocessing                          |
      | by multiprocessing, to log elsewhere too    |
      | while another thread's imports hang         |
      | inside a commit of its own                  |
    Then nothing has gone wrong

  @use.with_db=<db>
  Scenario Outline: A process that is connected to <db> forks, and must not share its connections
    When a process on <db> forks at these moments
      | moment                         |
      | with a half-full queue         |
      | while threads record and read  |
      | with an engine of the caller's |
    Then nothing has gone wrong

    Examples:
      | db         |
      | postgresql |
      | mariadb    |
