Feature: Keys, checkpoints and hardening from the command line
  As an operator
  I want to make keys, sign and harden without writing a program
  So that it can be done by hand, by cron and by an administrator

  Scenario: A key is made and shown, and its verifier key is the last word
    When indelible runs "keys generate $TMP/key --log billing.example.com/audit"
    Then indelible ends with code 0
    And indelible's last word is kept as the verifier key
    And indelible prints "verifier key: billing.example.com/audit+"
    When indelible runs "keys show $TMP/key"
    Then indelible ends with code 0
    And indelible's last word is the verifier key
    When indelible runs "keys generate $TMP/key"
    Then indelible ends with code 3
    And indelible says in one line "a key is never written over"
    When indelible runs "keys generate $TMP/no/key"
    Then indelible ends with code 3
    And indelible says in one line "its directory does not exist"
    When indelible runs "keys generate $TMP/other --log 'a b'"
    Then indelible ends with code 3
    And indelible says in one line "without spaces"
    When indelible runs "keys show $TMP/none"
    Then indelible ends with code 3
    And indelible says in one line "there is no such file"

  @use.with_db=<db>
  Scenario Outline: What a log in <db> holds is signed, and only what continues it
    Given indelible has made the key "key"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --sink $TMP/sink"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member | value   |
      | origin | "audit" |
      | size   | 1       |
      | fresh  | true    |
    When indelible runs "checkpoint $URL --signing-key $TMP/key --note"
    Then indelible ends with code 0
    And indelible has printed what stands in "sink"
    When indelible's tables are emptied
    And indelible runs "checkpoint --signing-key $TMP/key"
    Then indelible ends with code 5
    And indelible says in one line "has 0 events, and this key has signed a checkpoint of 1"
    And indelible prints nothing

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The key itself may stand in the environment, and is never repeated
    Given indelible has made the key "key"
    And indelible's environment has the key "key" in INDELIBLE_SIGNING_KEY
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signer-state $TMP/state"
    Then indelible ends with code 0
    Given indelible's environment has the key "key", broken, in INDELIBLE_SIGNING_KEY
    When indelible runs "checkpoint --signer-state $TMP/state"
    Then indelible ends with code 3
    And indelible says in one line "signing_key='…'"
    And indelible does not print "PRIVATE+KEY"

  Scenario: Without a key it is said what the log's tree proves without one
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint"
    Then indelible ends with code 3
    And indelible says in one line "Without a key the log still keeps its tree, which finds damage; but whoever can write to the database can build it anew"

  Scenario: On a new host the state is adopted
    Given indelible has made the key "key"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key"
    And indelible runs "checkpoint --signing-key $TMP/key --signer-state $TMP/elsewhere"
    Then indelible ends with code 5
    And indelible says in one line "indelible checkpoint --adopt"
    When indelible runs "checkpoint --signing-key $TMP/key --signer-state $TMP/elsewhere --adopt"
    Then indelible ends with code 0

  Scenario: One key hands over to the next, and that one to a third
    Given indelible has made the key "key"
    And indelible has made the key "key-two"
    And indelible has made the key "key-three"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --next-key $TMP/key-two --keyring $TMP/ring"
    Then indelible ends with code 0
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key-two --next-key $TMP/key-three --keyring $TMP/ring"
    Then indelible ends with code 0
    And indelible's keyring "ring" holds the keys "key 0 1, key-two 1 2, key-three 2 -"
    When indelible runs "checkpoint --signing-key $TMP/key --next-key $TMP/key-two --keyring $TMP/ring"
    Then indelible ends with code 3
    And indelible says in one line "the last key in"
    When indelible runs "checkpoint --signing-key $TMP/key --next-key $TMP/key-two"
    Then indelible ends with code 2
    And indelible says "--next-key and --keyring go together"

  Scenario: A handover whose keyring was lost is made again
    Given indelible has made the key "key"
    And indelible has made the key "key-two"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --next-key $TMP/key-two --keyring $TMP/no/ring"
    Then indelible ends with code 3
    When indelible runs "checkpoint --signing-key $TMP/key --next-key $TMP/key-two --keyring $TMP/ring"
    Then indelible ends with code 0
    And indelible's keyring "ring" holds the keys "key 0 1, key-two 1 -"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key-two"
    Then indelible ends with code 0

  Scenario: Both keys may have one state
    Given indelible has made the key "key"
    And indelible has made the key "key-two"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --signer-state $TMP/state --next-key $TMP/key-two --keyring $TMP/ring"
    Then indelible ends with code 0
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key-two --signer-state $TMP/state"
    Then indelible ends with code 0
    And indelible has left no state beside the key "key-two"

  Scenario: A sink that does not take the checkpoint
    Given indelible has made the key "key"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --sink $TMP/no/sink"
    Then indelible ends with code 5
    And indelible says in one line "the checkpoint of size 1 is signed and stored, and was not taken by FileSink"
    And indelible prints nothing

  Scenario: A witness behind TLS
    Given indelible has made the key "key"
    And indelible knows a witness behind TLS
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --witness $WITNESS $VKEY"
    Then indelible ends with code 5
    And indelible says in one line "its certificate is not to be trusted: unable to get local issuer certificate"
    Given indelible's environment names the witness's certificate authority
    When indelible runs "checkpoint --signing-key $TMP/key --witness $WITNESS $VKEY"
    Then indelible ends with code 0
    And indelible prints JSON with
      | member      | value                     |
      | cosigned_by | ["witness.example/tls"]   |
    And indelible says nothing

  Scenario: A witness that cannot be reached
    Given indelible has made the key "key"
    And indelible has made the key "witness"
    When indelible runs "record a --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --witness http://127.0.0.1:1/w $VKEY"
    Then indelible ends with code 5
    And indelible says in one line "0 of 1 witnesses have cosigned the checkpoint of size 1"
    When indelible runs "checkpoint --signing-key $TMP/key --witness http://127.0.0.1:1/w $VKEY --unwitnessed publish"
    Then indelible ends with code 0
    And indelible says "it cannot be reached"

  @use.with_db=<db>
  Scenario Outline: The tables in <db> are hardened and looked at
    Given indelible has made the key "key"
    When indelible runs "record a --actor user:1"
    And indelible runs "doctor --signing-key $TMP/key --table"
    Then indelible ends with code 1
    And indelible prints "the account may change events where they stand"
    And indelible says "need mending"
    When indelible runs "db harden"
    Then indelible ends with code 0
    And indelible prints "made: audit_event_"
    And indelible prints "<rights>"
    When indelible runs "doctor --signing-key $TMP/key --table"
    Then indelible ends with code <code>
    And indelible prints "An attacker who has this account could:"
    And indelible prints "only its owner can get at the key's file"
    When indelible runs "db harden --sql --off"
    Then indelible ends with code 0
    And indelible prints "DROP TRIGGER IF EXISTS"
    When indelible runs "db harden --off"
    Then indelible ends with code 0
    And indelible prints "taken away: audit_event_"

    Examples:
      | db         | rights                             | code |
      | sqlite     | SQLite has no accounts             | 0    |
      | postgresql | GRANT SELECT, INSERT ON            | 0    |
      | mariadb    | GRANT SELECT, INSERT ON            | 1    |

  Scenario: The doctor looks at the key and the state
    Given indelible has made the key "key"
    When indelible runs "record a --actor user:1"
    And indelible runs "db harden"
    And indelible runs "doctor"
    Then indelible ends with code 0
    And indelible prints "none is named, so nothing is known about it"
    When the mode of "key" becomes 0644
    And indelible runs "doctor --signing-key $TMP/key --signer-state $TMP/no/state"
    Then indelible ends with code 1
    And indelible prints "its mode is 0644"
    And indelible prints "does not exist. Make it"
    Given indelible finds a private file "garbage" with
      """
      This is no key.
      """
    When indelible runs "doctor --signing-key $TMP/garbage"
    Then indelible ends with code 1
    And indelible prints "the signer key is malformed"
    Given indelible's environment has the key "key" in INDELIBLE_SIGNING_KEY
    When indelible runs "doctor"
    Then indelible ends with code 0
    And indelible prints "it is kept in memory only"

  Scenario: Without tables there is nothing to sign or to harden
    Given indelible has made the key "key"
    And indelible finds an SQLite database "it.db" made by
      """
      CREATE TABLE mine (n INTEGER)
      """
    When indelible runs "checkpoint sqlite:///$TMP/it.db --signing-key $TMP/key"
    Then indelible ends with code 3
    And indelible says in one line "the database has no audit tables"
    When indelible runs "db harden sqlite:///$TMP/it.db"
    Then indelible ends with code 3
    When indelible runs "doctor sqlite:///$TMP/it.db --table"
    Then indelible ends with code 1
