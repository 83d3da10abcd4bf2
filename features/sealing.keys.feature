Feature: Signing keys and keyrings
  As an operator
  I want private keys to stay private, and each key to speak for its own part of the log
  So that neither a copied file nor a newer key lets anybody rewrite history unnoticed

  Scenario: A key file is for its owner alone, whatever the umask
    Given umask 000
    When a key file is generated for the log "billing.example.com/audit"
    Then the key file has mode 0600 and holds one C2SP signer key
    And the key file's key signs what its verifier key accepts
    And the key file is not written over by another key

  Scenario: A umask that takes everything away does not matter either
    Given umask 777
    When a key file is generated for the log "audit"
    Then the key file has mode 0600 and holds one C2SP signer key

  Scenario: Nothing is left of a key file that could not be written
    When a key file cannot be written to the end
    Then there is no key file

  Scenario: A log whose name cannot be that of a key has no key file
    Then no key file is generated for the log "a b", because "name='a b'"
    And no key file is generated for the log "a+b", because "name='a+b'"
    And there is no key file

  Scenario Outline: A key file that <problem> is refused
    When a key file is generated for the log "audit"
    And the key file <problem>
    Then the key file is refused with "<text>"
    And the key file's refusal does not repeat the key

    Examples:
      | problem                        | text                                    |
      | is readable by its group       | its mode is 0640                        |
      | is readable by all             | its mode is 0604                        |
      | is writable by all             | its mode is 0602                        |
      | belongs to somebody else       | it belongs to the user 1234             |
      | is a directory                 | it is not a regular file                |
      | is a pipe                      | it is not a regular file                |
      | is missing                     | there is no such file                   |
      | is a link to itself            | it cannot be read                       |
      | holds two lines                | it is no key file                       |
      | holds a changed key            | does not match its key ID               |
      | holds a verifier key           | the signer key is malformed             |
      | holds nothing                  | the signer key is malformed             |
      | holds a megabyte               | it is no key file                       |

  Scenario: The directory of a key file counts as well
    When a key file is generated for the log "audit"
    Then the key file is kept well
    When the key file's directory is writable by all
    Then the key file is not kept well, because "others can put another file in its place"
    When the key file is missing
    Then the key file is not kept well, because "it cannot be looked at"

  Scenario Outline: A signing key may be given as <form>
    When a key file is generated for the log "audit"
    Then the key is loaded from <form>

    Examples:
      | form                           |
      | the path as text               |
      | the path                       |
      | the text of the key            |
      | a Signer object                |
      | a Signer with no verifier      |

  Scenario Outline: What is no signing key is refused: <what>
    Then loading <what> as a key is refused with "<text>"

    Examples:
      | what                           | text                                    |
      | a number                       | pass the path of a key file             |
      | a verifier key object          | pass the path of a key file             |
      | a key string with a typo       | does not match its key ID               |
      | a Signer with another verifier | its verifier is that of another key     |

  Scenario Outline: Without other wishes a signer's state lies <where>
    Then the default state of <key> is <where>

    Examples:
      | key                            | where                          |
      | a key file for "a/b"           | beside it, in keyfile.a%2Fb.state |
      | a key file for a long name     | beside it, under a short name  |
      | a Signer object                | in memory                      |
      | a key string                   | in memory                      |

  Scenario: A keyring is read as it is written
    Then any keyring comes back from its text

  Scenario Outline: A keyring that <problem> is refused
    Then the keyring of "<lines>" is refused with "<text>"

    Examples:
      | problem                   | lines                   | text                                    |
      | is empty                  | #                       | it holds no key                         |
      | leaves a gap              | A 0 10, B 11 -          | must begin at the size at which the key before it ends |
      | overlaps                  | A 0 10, B 9 -           | must begin at the size at which the key before it ends |
      | goes on after an open key | A 0 -, B 10 -           | must begin at the size at which the key before it ends |
      | runs backwards            | A 10 5, B 5 -           | the key's last size is below its first  |
      | names a key twice         | A 0 10, A 10 -          | it holds a key twice                    |
      | has no sizes              | A                       | a line has a verifier key               |
      | has a sign                | A +0 -                  | sizes are whole numbers                 |
      | has a leading zero        | A 00 -                  | sizes are whole numbers                 |
      | has an underscore         | A 0 1_0                 | sizes are whole numbers                 |
      | has no key                | nobody 0 -              | the verifier key                        |

  Scenario Outline: A keyring in <what> is refused
    Then a keyring in <what> is refused with "it cannot be read"

    Examples:
      | what                        |
      | a file that is not there    |
      | a directory                 |
      | a file that holds no text   |

  Scenario Outline: With keys for 0 to 10 and 10 on, a checkpoint of <size> by the <key> key is <verdict>
    Then the keyring of "A 0 10, B 10 -" takes a checkpoint of <size> by <keys> for <verdict>

    Examples:
      | size | key   | keys | verdict      |
      | 0    | older | A    | good         |
      | 10   | older | A    | good         |
      | 11   | older | A    | out of range |
      | 9    | newer | B    | out of range |
      | 10   | newer | B    | good         |
      | 5000 | newer | B    | good         |
      | 9    | older and the newer | A B | good |

  @use.with_db=<db>
  Scenario Outline: A newer key takes over in <db> where the older one has signed
    Given a signer's log of 300 events
    And the signer has sealed
    When the signer's log gains 100 events
    And the signer hands over to a newer key
    Then the handover covers 400 events and is signed by both keys
    And the keyring says that the newer key begins at 400
    When the signer's log gains 100 events
    And the newer key seals
    Then the signer's checkpoint covers 500 events and their root
    And the keyring finds the handover among the table's checkpoints

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: A newer key that rewrites older history is found by the missing handover
    Given a signer's log of 300 events
    When the signer hands over to a newer key
    And the newer key rewrites the log from its beginning and signs it
    Then the keyring takes the newer key's checkpoint alone
    But the handover in the keyring does not fit the rewritten log
    When the handover is taken away from the table
    Then the keyring misses the handover of 300

  Scenario: A key that has handed over two different trees is found out
    Given a signer's log of 300 events
    When the signer hands over to a newer key
    Then a key that has handed over two trees of one size is found out

  Scenario: A handover that is made again is the same one
    Given a signer's log of 300 events
    When the signer hands over to a newer key
    And the signer hands over to the newer key again
    Then the handover covers 300 events and is signed by both keys
    And the signer's table holds 1 checkpoint
    When the signer's log gains 100 events
    And the newer key seals
    Then the signer's checkpoint covers 400 events and their root

  Scenario: Both keys may have one state, one after the other
    Given a signer's log of 300 events
    And the newer key will use the signer's own state
    When the signer hands over to a newer key
    Then the handover covers 300 events and is signed by both keys
    When the signer's log gains 100 events
    And the newer key seals
    Then the signer's checkpoint covers 400 events and their root
    And the signer's state is the newest checkpoint

  Scenario: A key cannot hand over to itself, nor to one that has begun elsewhere
    Given a signer's log of 30 events
    Then the signer does not hand over to itself
    And the signer does not hand over to a key whose state is of another log
    And the signer's table holds 0 checkpoints
    And the signer has remembered nothing
