Feature: A signer signs only what continues what it has signed before
  As somebody who relies on a log's checkpoints
  I want its key never to sign two histories
  So that a database that was set back, copied or rewritten cannot get a good signature

  The signer remembers its last checkpoint in a file outside the database, which is on the disk
  before anybody sees the signature. It looks at its newest checkpoint in the database as well.

  @use.with_db=<db>
  Scenario Outline: A log that grows is signed again and again in <db>
    Given a signer's log of 300 events
    When the signer seals
    Then the signer's checkpoint covers 300 events and their root
    When the signer's log gains 700 events
    And the signer seals
    Then the signer's checkpoint covers 1000 events and their root
    And the signer's table holds 2 checkpoints, the newest being the one that was sealed
    And the signer's state is the newest checkpoint
    When the signer seals
    Then the signer's checkpoint is the one that there was
    And the signer's table holds 2 checkpoints, the newest being the one that was sealed

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: An old dump that is restored in <db> is not signed
    Given a signer's log of 300 events
    And the signer has sealed
    And the signer's database is dumped
    And the signer's log gains 100 events
    And the signer has sealed
    When the signer's database is set back to its dump
    And the signer seals
    Then the signer refuses with "has 300 events, and this key has signed a checkpoint of 400"
    When the signer's log gains 200 events
    And the signer seals
    Then the signer refuses with "does not continue what this key has signed before (400 in the signer's state"
    And the signer's state is of 400 events still

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Of two copies in <db> that go their own ways only one is signed
    Given a signer's log of 300 events
    And the signer has sealed
    And a copy of the signer's database
    When the signer's log gains 10 events
    And the signer has sealed
    And the copy gains 20 events and is sealed
    Then the copy's signer refuses with "does not continue what this key has signed before"
    When the signer's log gains 10 events
    And the signer seals
    Then the signer's checkpoint covers 320 events and their root

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: When <what>, nothing is signed
    Given a signer's log of 600 events
    And the signer has sealed
    When in the signer's database <what>
    And the signer seals
    Then the signer refuses with "does not continue what this key has signed before"
    And the signer's table holds 1 checkpoint

    Examples:
      | what                          |
      | a leaf hash is changed        |
      | a tile's root is changed      |
      | the head is changed           |
      | all is rebuilt after an edit  |

  Scenario: A tree whose head is not that of its tiles is not signed the first time either
    Given a signer's log of 600 events
    When in the signer's database the head is changed
    And the signer seals
    Then the signer refuses with "its tiles lead to another root than its head says"

  Scenario Outline: A log whose head <damage> is not signed
    Given a signer's log of 600 events
    When in the signer's database the head <damage>
    And the signer seals
    Then the signer refuses with "<text>"
    And the signer's table holds 0 checkpoints
    And the signer has remembered nothing

    Examples:
      | damage                                  | text                                                |
      | holds half a hash                       | the head of the log 'billing.example.com/audit' is damaged |
      | counts one event more than it covers    | says 601 events, and its frontier is of 600         |

  Scenario: Without its state, a signer that has signed before refuses until it is told to adopt
    Given a signer's log of 300 events
    And the signer has sealed
    When the signer's state is lost
    And the signer seals
    Then the signer refuses with "its state"
    And the signer's refusal says "indelible checkpoint --adopt"
    When the signer is told to adopt
    And the signer seals
    Then the signer's checkpoint is the one that there was
    And the signer's state is the newest checkpoint

  Scenario: A signer told to adopt still refuses what does not continue its checkpoint in the table
    Given a signer's log of 300 events
    And the signer has sealed
    When the signer's state is lost
    And in the signer's database all is rebuilt after an edit
    And the signer is told to adopt
    And the signer seals
    Then the signer refuses with "does not continue what this key has signed before (300 in the row"

  Scenario: A signer whose state is elsewhere goes on from what another one has signed since
    Given a signer's log of 300 events
    And the signer has sealed
    When another host with its own state adopts the log and seals it at 400 events
    And the signer's log gains 50 events
    And the signer seals
    Then the signer's checkpoint covers 450 events and their root

  Scenario: A checkpoint in the table that another host has signed since counts as well
    Given a signer's log of 300 events
    And the signer has sealed
    When another host with its own state adopts the log and seals it at 400 events
    And the signer's events are set back to 300, but not the checkpoints
    And the signer seals
    Then the signer refuses with "this key has signed a checkpoint of 400 (the row"

  Scenario Outline: A state that holds <what> is not used
    Given a signer's log of 10 events
    And the signer has sealed
    When the signer's state is made to hold <what>
    And the signer seals
    Then the signer refuses with "does not hold a checkpoint of the log"

    Examples:
      | what                          |
      | nothing                       |
      | bytes that are no text        |
      | half of its note              |
      | a note by another key         |
      | a note with a bad signature   |
      | a checkpoint of another log   |

  Scenario: A forged checkpoint in the table stops the signer
    Given a signer's log of 10 events
    And the signer has sealed
    When somebody stores a checkpoint of 12 events with a bad signature of this key
    And the signer seals
    Then the signer refuses with "claims to be a checkpoint of the log"

  Scenario: Checkpoints by other keys in the table are no business of the signer
    Given a signer's log of 10 events
    When somebody stores a checkpoint of 12 events by another key
    And the signer seals
    Then the signer's checkpoint covers 10 events and their root

  Scenario: What is signed is remembered before anybody else sees it
    Given a signer's log of 10 events
    When the signer seals, but cannot store the checkpoint in the database
    Then the signer's state is of 10 events still
    And the signer's table holds 0 checkpoints
    When the signer seals
    Then the signer's table holds 1 checkpoint
    And the signer's state is the newest checkpoint

  Scenario: What is remembered is on the disk before it is published
    Given a signer's log of 10 events
    When the signer seals, and it is watched what reaches the disk
    Then the state's bytes, its name and its directory were on the disk before a sink was called

  Scenario Outline: A state <where> is refused with its name
    Given a signer's log of 10 events
    And a signer's state <where>
    When the signer seals
    Then the signer refuses with "<text>"
    And the signer's table holds 0 checkpoints

    Examples:
      | where                               | text              |
      | in a directory that does not exist  | cannot be locked  |
      | whose file is a directory           | cannot be read    |

  Scenario: A state whose name is taken at the last moment leaves nothing behind
    Given a signer's log of 10 events
    And a signer's state whose name becomes a directory while the signer signs
    When the signer seals
    Then the signer refuses with "cannot be written, so that nothing is signed"
    And the signer's table holds 0 checkpoints
    And nothing but that directory and the lock is where the signer's state should be

  Scenario Outline: What keeps this account from a state is told: <what>
    Then for an account that may not <what> a state, the state says "<text>"

    Examples:
      | what   | text                                              |
      | write  | this account may not write to the directory of    |
      | read   | this account may not read                         |

  Scenario: Nothing is signed when it cannot be remembered
    Given a signer's log of 10 events
    And a signer's state that cannot be written
    When the signer seals
    Then the signer refuses with "cannot be written"
    And the signer's table holds 0 checkpoints

  Scenario: An empty log can be signed before its first event
    Given a signer's log of 0 events
    When the signer seals
    Then the signer's checkpoint covers 0 events and their root

  Scenario: A signer whose key lies elsewhere is asked for the signature alone
    Given a signer's log of 10 events
    And a signer of the caller's own, which keeps its key to itself
    When the signer seals
    Then the signer's checkpoint covers 10 events and their root
    When the signer's log gains 10 events
    And the signer seals
    Then the signer's checkpoint covers 20 events and their root
    When the signer's database is set back by 5 events
    And the signer seals
    Then the signer refuses with "has 15 events, and this key has signed a checkpoint of 20"

  Scenario Outline: A signer whose key lies elsewhere does not use a state that holds <what> either
    Given a signer's log of 10 events
    And a signer of the caller's own, which keeps its key to itself
    And the signer has sealed
    When the signer's state is made to hold <what>
    And the signer seals
    Then the signer refuses with "<text>"

    Examples:
      | what                        | text                                 |
      | a note by another key       | it is not signed by billing.example.com/audit+ |
      | a checkpoint of another log | it is of the log 'another.example/log'         |

  Scenario: A signer that makes bad signatures is found out
    Given a signer's log of 10 events
    And a signer that makes bad signatures
    When the signer seals
    Then the signer refuses with "made a signature that its own verifier does not accept"
    And the signer has remembered nothing

  Scenario: Signers of one host take turns
    Given a signer's log of 10 events
    When 8 threads with signers of their own seal and record at once
    Then all of them have signed one history
    And the signer's state is the newest checkpoint

  Scenario: A thread does not wait for ever for another one that seals
    Given a signer's log of 10 events
    When the signer seals on a thread whose sink hangs, and on another one within 0.2 seconds
    Then the signer refuses with "another thread has been sealing for 0.2 s"

  Scenario: Two processes with one state take turns
    Given a signer's log of 10 events
    When another process holds the signer's state
    And the signer seals within 0.2 seconds
    Then the signer refuses with "another signer keeps the state"

  Scenario: Whatever happens to the database, all that is ever signed is one history
    Then a signer that meets any sequence of appends, dumps and restores signs one history
