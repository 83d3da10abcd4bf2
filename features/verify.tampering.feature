Feature: Whatever is done to a log behind the library's back is found and named
  As an auditor with a key, and a checkpoint over 900 events that was kept outside
  I want each way to tamper with 1,000 events found, named, and its first bad event told
  So that nobody who can write to the database can change the past unnoticed

  A number is the first bad event. A range says that it is one of these: after the last full tile
  the log's row alone remembers what was there, and it remembers a few hashes for many events.

  @use.with_db=<db>
  Scenario Outline: Tampering with a column is found on <db>
    Then tampering with the log on <db> is found and named
      | tampering                                | found                  |
      | edit the column event_id of event 123    | projection changed 123 |
      | edit the column occurred_at of event 123 | projection changed 123 |
      | edit the column recorded_at of event 123 | projection changed 123 |
      | edit the column action of event 123      | projection changed 123 |
      | edit the column outcome of event 123     | projection changed 123 |
      | edit the column actor of event 123       | projection changed 123 |
      | edit the column target of event 123      | projection changed 123 |
      | edit the column tenant of event 123      | projection changed 123 |
      | edit the column request_id of event 123  | projection changed 123 |
      | edit the column trace_id of event 123    | projection changed 123 |
      | edit the column source_ip of event 123   | projection changed 123 |
      | edit the column body of event 123        | edited 123             |
      | edit the column leaf_hash of event 123   | edited 123             |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Tampering with the events, the history is found on <db>
    Then tampering with the log on <db> is found and named
      | tampering                                             | found                                                                       |
      | edit a body                                           | edited 123                                                                  |
      | edit a body after the last tile                       | edited 850                                                                  |
      | edit a body that is not sealed                        | edited 950                                                                  |
      | empty a body                                          | edited 123                                                                  |
      | break a body                                          | edited 123                                                                  |
      | edit a body and hash it again                         | edited 123                                                                  |
      | break a body and hash it again                        | edited 123                                                                  |
      | edit a body and the next event's actor                | edited 123; projection changed 124                                          |
      | edit a body after the last tile and hash it again     | edited 768-895                                                              |
      | edit a body that is not sealed and hash it again      | edited 900-959                                                              |
      | edit and hash again in three subtrees                 | edited 768-895; edited 896-899; edited 992-999                              |
      | delete an event                                       | deleted 123                                                                 |
      | delete the first ten events                           | deleted 0                                                                   |
      | delete the last ten events                            | deleted 990                                                                 |
      | delete all events                                     | deleted 0                                                                   |
      | delete an event and renumber                          | deleted 123                                                                 |
      | delete an event with its tile and renumber            | deleted 0-255; tile changed 0                                               |
      | delete an event and change the head's tree            | head changed 0; deleted 123                                                 |
      | delete an event after the last tile and renumber      | deleted 768-895                                                             |
      | insert an event at the end                            | inserted 1000                                                               |
      | insert an event and renumber                          | inserted 123                                                                |
      | insert an event after the last tile and renumber      | inserted 850                                                                |
      | insert an event, renumber and edit another            | inserted 768-895                                                            |
      | insert an event, renumber and empty the last          | inserted 768-895                                                            |
      | insert an event far beyond the end                    | inserted 5000                                                               |
      | insert an event before the first                      | inserted -5                                                                 |
      | swap two events                                       | reordered 123                                                               |
      | swap two neighbours                                   | reordered 255                                                               |
      | swap two events after the last tile                   | reordered 800                                                               |
      | swap two events in different subtrees                 | reordered 850                                                               |
      | renumber the events from 123 on                       | reordered 123                                                               |
      | move an event to the end                              | reordered 123                                                               |
      | edit an event's log                                   | deleted 123                                                                 |
      | edit an event and rebuild everything without the key  | forked 0-499; forked 0-899                                                  |
      | edit an event and rebuild everything with another key | checkpoint forged 0; checkpoint forged 0; checkpoint forged 0; forked 0-899 |
      | edit an event and rebuild everything with the key     | forked 0-899                                                                |
      | restore an old dump                                   | rolled back 600                                                             |
      | restore an old dump from before any checkpoint        | rolled back 0                                                               |
      | fork after the first 500                              | forked 0-899                                                                |
      | roll back to the checkpoint before                    | rolled back 899                                                             |
      | cut off the end and leave the checkpoints             | rolled back 600                                                             |
      | prune an event                                        | edited 123                                                                  |
      | delete the log's row                                  | rolled back 0                                                               |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Tampering with the tree is found on <db>
    Then tampering with the log on <db> is found and named
      | tampering                                    | found                               |
      | change a hash in a tile                      | tile changed 256                    |
      | change a hash in a tile and its root         | tile changed 256                    |
      | change the root of a tile                    | tile changed 256                    |
      | change a hash in a tile and beside the event | tile changed 256; edited 300        |
      | cut a tile                                   | tile changed 256                    |
      | delete a tile                                | tile changed 256                    |
      | add a tile                                   | tile changed 768                    |
      | move a tile to another level                 | tile changed 256; tile changed 1000 |
      | change the head's size                       | head changed 0                      |
      | change the head's tree                       | head changed 0                      |
      | break the head's tree                        | head changed 0                      |
      | change the head's format                     | head changed 0                      |
      | set the head back by ten                     | inserted 990                        |
      | set the head back below the checkpoint       | head changed 800                    |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Tampering with the checkpoints is found on <db>
    Then tampering with the log on <db> is found and named
      | tampering                                | found                 |
      | change the signature                     | checkpoint forged 899 |
      | change the key id                        | checkpoint forged 899 |
      | change the key's name                    | checkpoint forged 899 |
      | change the checkpoint's origin           | checkpoint forged 899 |
      | sign the checkpoint with another key     | checkpoint forged 899 |
      | sign a checkpoint of another log         | checkpoint forged 899 |
      | change the checkpoint's size             | checkpoint forged 899 |
      | change the checkpoint's root             | checkpoint forged 899 |
      | break the checkpoint                     | checkpoint forged 899 |
      | change the column size of the checkpoint | checkpoint forged 898 |
      | change the column root of the checkpoint | checkpoint forged 899 |
      | swap the notes of two checkpoints        | checkpoint forged 899 |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: SQLite keeps whatever is put into a column, and nothing of it stops a verification
    Then tampering with the log on sqlite is found and named
      | tampering                                    | found                             |
      | put a word into a number                     | deleted 123; inserted 1000        |
      | put a fraction into a number                 | projection changed 0; deleted 123 |
      | put bytes that are no text into an actor     | projection changed 123            |
      | put bytes that are no text into a body       | edited 123                        |
      | put a number into a body                     | edited 123                        |
      | put a word into a leaf hash                  | edited 123                        |
      | put a number into a leaf hash                | edited 123                        |
      | put a word into a tile's number              | tile changed 0; tile changed 256  |
      | put a word into a tile                       | tile changed 256                  |
      | put a number into a tile                     | tile changed 256                  |
      | put a word into a checkpoint's size          | checkpoint forged 0               |
      | put a fraction into a checkpoint's size      | checkpoint forged 0               |
      | put a number into a checkpoint               | checkpoint forged 899             |
      | put bytes that are no text into a checkpoint | checkpoint forged 899             |
      | put a word into the head                     | head changed 0                    |
      | put a number into the head's tree            | head changed 0                    |

  Scenario: Of very many forged checkpoints the first hundred are named, and the others counted
    Given the log after "forge a hundred and twenty checkpoints"
    When the log is verified under "pinned key" with a checkpoint
    Then the report finds, 100 times, "checkpoint forged 899"
    And the report counts 20 more findings

  Scenario Outline: A log of <events> events after <what>
    When a log of <events> events is verified after <what>, with <processes> processes
    Then the report's first finding is "<first>"
    And the report lists <listed> findings and counts <more> more

    Examples:
      | events | processes | what                                         | first                                                                           | listed | more  |
      | 5000   | 1         | every event's body was edited                | edited: events 0 to 4095: the body does not have the hash that was stored for it | 1      | 904   |
      | 5000   | 1         | every event's actor was edited               | projection changed: event 0: the column actor does not follow from the body     | 200    | 4800  |
      | 5000   | 2         | every event's actor was edited               | projection changed: event 0: the column actor does not follow from the body     | 200    | 4800  |
      | 5000   | 1         | the head was set back to before 2,000 events | inserted: event 3000 and all after it: 2000 events stand beyond the end         | 1      | 0     |
      | 65600  | 1         | a hash was changed in the tile of level 1    | tile 0 of level 1 has another hash for the events from 1792 on                  | 1      | 0     |
      | 65600  | 3         | a hash was changed in the tile of level 1    | tile 0 of level 1 has another hash for the events from 1792 on                  | 1      | 0     |
      | 65600  | 1         | the root of the tile of level 1 was changed  | tile 0 of level 1 has another root than its hashes                              | 1      | 0     |
      | 65600  | 1         | the tile of level 1 was deleted              | tile 0 of level 1 is gone                                                       | 1      | 0     |
      | 65600  | 1         | all events and tiles were deleted            | deleted: events 0 to 4095: the event is gone                                    | 200    | 61562 |

  Scenario Outline: A log of 65,600 events that nobody has touched, with <processes> processes
    When a log of 65600 events is verified after nothing was done, with <processes> processes
    Then the report finds "nothing"
    And the report's outcome is proven

    Examples:
      | processes |
      | 1         |
      | 3         |
