Feature: A log is verified across a change of keys, by the keyring that the change has written
  As an auditor
  I want the older key's word for the older history, and the newer key's for the newer
  So that who has the newer key cannot sign the past anew

  Background:
    Given indelible has made the key "key"
    And indelible has made the key "newer"
    When indelible runs "record a --actor user:1"
    And indelible runs "record b --actor user:1"
    And indelible runs "checkpoint --signing-key $TMP/key --signer-state $TMP/state --next-key $TMP/newer --keyring $TMP/ring"
    Then indelible ends with code 0
    When indelible runs "record c --actor user:2"
    And indelible runs "checkpoint --signing-key $TMP/newer --signer-state $TMP/state"
    Then indelible ends with code 0

  Scenario: The keyring proves all of it
    When indelible runs "verify --key $TMP/ring --table"
    Then indelible ends with code 0
    And indelible prints "sealed        3 events"
    And no state lies beside the key "newer", for another file was named

  Scenario: The newer key alone proves nothing where both have signed and none is known for it
    Given somebody runs the SQL "DELETE FROM audit_checkpoint WHERE size = 2"
    When indelible runs "verify --key $TMP/ring --table"
    Then indelible ends with code 1
    And indelible prints "there is no checkpoint of size 2 by the key that ends there"

  Scenario: In exported files the handover is missing, which the report says unless it is pinned
    When indelible runs "export --tiles $TMP/tiles"
    And indelible runs "verify $TMP/tiles --key $TMP/ring --table"
    Then indelible ends with code 0
    And indelible prints "that the older key vouched for the same history is not shown"
    When the newest checkpoint of 2 events is kept in "handover"
    And indelible runs "verify $TMP/tiles --key $TMP/ring --pin $TMP/handover --table"
    Then indelible ends with code 0
    And indelible does not print "is not shown"
