Feature: Full text search over a log
  Somebody knows a word that an event must hold, and not where. The databases' own engines find it,
  with the same answer on each of them, and whatever is typed means itself.

  @use.with_db=<db>
  Scenario Outline: Words are found as a whole and by their parts, on <db>
    Given a text log of all examples, half of them there before it is switched on
    Then the text log finds
      | query                    | in                         |
      | full                     | in full                    |
      | nin                      |                            |
      | PAID                     | in full                    |
      | köln                     | Köln                       |
      | koln                     |                            |
      | straße                   | Straße                     |
      | strasse                  |                            |
      | the                      | new_york                   |
      | a "it's"                 | new_york                   |
      | york                     | new_york                   |
      | new_york                 | new_york                   |
      | york new                 | new_york                   |
      | "york new"               |                            |
      | o'neill                  | new_york                   |
      | ada@example.com          | 10.0.0.1                   |
      | example                  | 10.0.0.1                   |
      | 10.0.0.1                 | 10.0.0.1                   |
      | 0.0.10                   |                            |
      | όσος                     | ΌΣΟΣ                       |
      | Жук                      | ЖУК                        |
      | kelvin sun μm            | elvin                      |
      | 中文                     | 中文                       |
      | 中                       |                            |
      | 中*                      | 中文                       |
      | deployed                 | deployed                   |
      | "quoted                  | deployed                   |
      | quo*                     | deployed                   |
      | new\table                | ctl                        |
      | ctl d                    | ctl                        |
      | 1 2 d                    | ctl                        |
      | longlong                 |                            |
      | longlong*                | tail                       |
      | say (or) +yes -no NEAR   |                            |
      | say (or) +yes -no        | home                       |
      | ~ @home                  | home                       |
      | '; DROP TABLE audit_log; |                            |
      | istanbul                 |                            |
      | İstanbul                 | ılık                       |
      | नमस्ते                   | दुनिया                     |
      | q                        |                            |
      | qzx                      |                            |
      | xq*                      | qzx                        |
      | qz*                      | qzx                        |
      | user:3                   | user:3                     |
      | USER:3 invoice:981       | user:3                     |
      | 3:user                   |                            |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The longest words are told apart, on <db>
    Given a text log of all examples, half of them there before it is switched on
    Then the text log finds 1 event by "w" 300 times, 2 with a star behind, and none by it 299 times

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Any search finds in any events what a plain loop finds, on <db>
    Given a text log of all examples, half of them there before it is switched on
    Then the text log agrees with a plain loop for any events and searches
    And the text log takes any text at all for words

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Old events are filled in while new ones arrive, without a gap or a double, on <db>
    Then the text log that grows while 700 events are filled in holds each event once

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Filling in that was killed goes on where it was, on <db>
    Given a text log of 700 events
    When filling in the text log is killed in the middle
    Then the text log is "filling"
    When the text log is switched on
    Then the text log is "on", and finds all of its 700 events once
    When the text log is switched on
    Then the text log is "on", and finds all of its 700 events once

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: A trigger that somebody has dropped is noticed, and the index made anew, on <db>
    Given a text log of 5 events
    When the text log is switched on
    And somebody drops a trigger of the text log, and 5 further events arrive
    And the text log is switched on
    Then the text log is "on", and finds all of its 10 events once

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Switched off, nothing of it stays, and other logs keep theirs, on <db>
    Given a text log of 5 events
    And a second text log in the same tables
    When both text logs are switched on
    Then the tables of the text log are current
    When the text log is switched off
    Then the text log is "off"
    And the second text log finds its own events alone
    When the second text log is switched off
    Then nothing is left of the text logs
    And 5 further events of the text log can be recorded

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: A pruned event is not found any more, on <db>
    Given a text log of 5 events
    When the text log is switched on
    And event 3 of the text log is pruned
    Then the text log finds the events 0, 1, 2 and 4 by "word"

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Frequent words are looked for in another way than rare ones, on <db>
    Given a text log of 1500 events with a frequent word and a rare one
    When the text log is switched on
    Then the text log plans to fetch the rare word's events, and to try for the frequent one's

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: An event with a very large body is recorded and found, on <db>
    Given a text log that takes bodies of 3 MB
    When the text log is switched on
    Then the text log records an event of 40000 different words, and finds it by each of some

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Beside hardening, an account without further rights records, on <db>
    Given a hardened log of 300 events and a checkpoint
    And an account with the printed rights
    When full text search is switched on for the hardened log
    Then the account records, reads and seals
    And the account's events are found in the hardened log
    And every raw statement that changes events, tiles or checkpoints is refused

    Examples:
      | db         |
      | postgresql |
      | mariadb    |

  @use.with_db=sqlite
  Scenario: Beside hardening, on SQLite
    Given a hardened log of 300 events and a checkpoint
    When full text search is switched on for the hardened log
    Then every raw statement that changes events, tiles or checkpoints is refused

  Scenario: What a word is, and what case is, does not depend on the version of SQLite
    Given a text log of 1 event
    When the text log is switched on
    Then SQLite takes every character there is as the text log's rule says
    And no letter's case is ignored by halves

  @use.with_db=<db>
  Scenario Outline: Searches of one shape are one statement, on <db>
    Then text searches of one shape compile to one statement

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: A search is refused: <problem>
    Then a text search for <query> is refused with "<problem>"

    Examples:
      | query      | problem                                            |
      | ""         | there is no word in ''. Search for letters         |
      | "*  (\" -" | there is no word in                                |
      | "a-" * 65  | it has 65 words; search for at most 64             |
      | "a" * 2001 | it has 2001 characters; search for at most 2000    |

  @use.with_db=<db>
  Scenario Outline: A service switches it on and off, and tells how far it is, on <db>
    Given a text log of 300 events
    Then the service says that text search is "off", with 0 of 300 events
    When the service switches text search on
    Then the service says that text search is "on", with 300 of 300 events
    And the progress of switching on went up to 300 of 300
    And the service finds 300 events by the text "word"
    When 5 further events of the text log are recorded
    Then the service finds 305 events by the text "word"
    When the service switches text search on
    Then the service says that text search is "on", with 305 of 305 events
    When the service switches text search off
    Then the service says that text search is "off", with 0 of 305 events
    And nothing is left of the text logs
    And the service refuses the text "word" because "this log has no text index"
    When the service switches text search off
    Then the service says that text search is "off", with 0 of 305 events

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: A service switches it on before the first event, on <db>
    Given a text log of 0 events
    When the service switches text search off
    And the service switches text search on
    Then the service says that text search is "on", with 0 of 0 events
    When 3 further events of the text log are recorded
    Then the service finds 3 events by the text "word"
    And the service's log is intact

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: A service switches it on for a log in memory, in <mode> mode
    Given a text log in memory, in <mode> mode, of 20 events
    When the service switches text search on while another thread records 50 events
    Then the service finds 70 events by the text "word"
    When the service switches text search off
    Then the service says that text search is "off", with 0 of 70 events

    Examples:
      | mode         |
      | synchronous  |
      | asynchronous |

  Scenario: A closed service does not switch it on
    Given a text log of 1 event
    When the text log's service is closed
    Then the service refuses to switch text search on or off, or to tell of it

  Scenario: The command line switches it on and off
    Given indelible has recorded
      | actor  | action         | occurred_at          |
      | user:1 | invoice.create | 2026-03-01T08:00:00Z |
      | user:2 | invoice.update | 2026-03-01T09:00:00Z |
    When indelible runs "search status"
    Then indelible ends with code 1
    And indelible prints JSON with
      | member  | value |
      | state   | "off" |
      | indexed | 0     |
      | total   | 2     |
    When indelible runs "search on --table"
    Then indelible ends with code 0
    And indelible prints "on: 2 of 2 events indexed"
    When indelible runs "search status --table"
    Then indelible ends with code 0
    And indelible prints "on: 2 of 2 events indexed"
    When indelible runs on a terminal of 100 columns "search on"
    Then indelible ends with code 0
    And indelible prints "on: 2 of 2 events indexed"
    When indelible runs "search off --table"
    Then indelible prints "off: 0 of 2 events indexed"
    When indelible runs "search on --log other"
    Then indelible ends with code 3
    And indelible says in one line "there is no log 'other'"
