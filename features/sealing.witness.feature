Feature: Witnesses cosign checkpoints
  As somebody who reads a log
  I want its checkpoints to be cosigned by witnesses that remember the log themselves
  So that not even the owner of the key can show two people two histories

  The witness here is a small real one on the loopback interface, which checks what C2SP tlog-witness
  says that a witness must check.

  Scenario: A witness that has never seen the log, and then one that has
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 1, or else it raises
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0"
    When the signer's log gains 500 events
    And the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0, 300"
    And the signer's state is the newest checkpoint

  Scenario: A witness that is further than the signer knows says so, and is asked again
    Given a signer's log of 300 events
    And the signer has sealed
    And the signer asks 1 witness, of which it needs 1, or else it raises
    And witness 1 has cosigned the log as it is
    When the signer's log gains 500 events
    And the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0, 300"

  Scenario: A checkpoint that is cosigned already is not sent again
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 1, or else it raises
    And witness 2 is broken
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    Given witness 2 is honest
    When the signer seals
    Then the signer's checkpoint is cosigned by 2 witnesses
    And witness 1 was asked with the old sizes "0"
    And the signer's table holds 2 checkpoints, the newest being the one that was sealed

  Scenario Outline: With a witness that is <mood>, 1 of 2 is enough
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 1, or else it raises
    And witness 1 is <mood>
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And the signer's checkpoint tells of a problem: "<problem>"
    And the sealing took less than 4 seconds

    Examples:
      | mood      | problem                                       |
      | slow      | did not answer within 1 s                     |
      | dripping  | did not answer within 1 s                     |
      | broken    | it failed (HTTP 500, 'out of order')          |
      | liar      | its cosignature is wrong                      |
      | impostor  | cosignatures by other keys than its own       |
      | babbling  | its answer is malformed                       |
      | endless   | its answer is longer than 65536 bytes         |
      | gone      | it cannot be reached                          |

  Scenario: A policy that is not met raises, and the checkpoint is published when it is
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 2, or else it raises
    And witness 2 is broken
    When the signer seals
    Then the signer refuses with "1 of 2 witnesses have cosigned the checkpoint of size 300, and the policy demands 2"
    And the signer's table holds 0 checkpoints
    And the signer's state is of 300 events still
    Given witness 2 is honest
    When the signer seals
    Then the signer's checkpoint is cosigned by 2 witnesses
    And witness 1 was asked with the old sizes "0"

  Scenario: A policy that is not met publishes all the same, if it says so
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 2, or else it publishes
    And witness 2 is broken
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And the signer's table holds 1 checkpoint

  Scenario Outline: A witness that <memory> says what is wrong
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 1, or else it raises
    And witness 1 <memory>
    When the signer seals
    Then the signer refuses with "<text>"

    Examples:
      | memory                                      | text                                          |
      | has cosigned another tree of the same size  | it has cosigned another tree of the same size |
      | has cosigned another, smaller tree          | the log was forked or rewritten (HTTP 422     |
      | has cosigned a larger tree                  | another signer is ahead, or this database was set back |
      | knows another key for the log               | it does not know the key that has signed     |
      | knows another log alone                     | it does not know this log (HTTP 404           |

  Scenario Outline: A witness that answers <answer> is not taken at its word
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 1, or else it raises
    And witness 1 answers <answer>
    When the signer seals
    Then the signer refuses with "<text>"
    And witness 1 was asked <times> times

    Examples:
      | answer                          | times | text                                            |
      | 409 without a size              | 1     | (HTTP 409, 'busy')                              |
      | 409 with a word for a size      | 1     | it answered 409 with b'many\n' instead of a size |
      | 409 with the same size twice    | 2     | it answered twice that its size is 100          |
      | 409 with another size each time | 3     | another signer kept bringing it forward         |

  Scenario Outline: Where no thread can be started, witnesses are asked one after the other: the first is <mood>
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 0, or else it publishes
    And witness 1 is <mood>
    And no thread can be started to ask a witness
    When the signer seals
    Then the signer's checkpoint is cosigned by <number> witnesses
    And the signer's checkpoint tells of the problems "<problems>"
    And the sealing took less than 4 seconds

    Examples:
      | mood     | number | problems                                                                  |
      | honest   | 2      |                                                                           |
      | slow     | 0      | it cannot be reached: timed out, it cannot be reached: timed out          |
      | dripping | 0      | it cannot be reached: timed out, it cannot be reached: timed out          |

  Scenario Outline: A request that comes to run only when the time is over asks nobody: <what>
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 0, or else it publishes
    And <what>
    And the threads that ask witnesses come to run when the time is over
    When the signer seals
    Then the signer's checkpoint tells of a problem: "did not answer within 1 s"
    And once they run, nothing more was asked of witness 1 or of the database

    Examples:
      | what                                            |
      | witness 1 has never been asked                  |
      | witness 1 has cosigned 300 of 800 events        |

  Scenario Outline: A witness behind TLS is asked where <trust>
    Given a signer's log of 300 events
    And the signer asks a witness behind TLS, where <trust>
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0"

    Examples:
      | trust                                                |
      | its certificate authority is given                   |
      | the environment names its certificate authority      |

  Scenario Outline: A witness behind TLS is told nothing where <distrust>
    Given a signer's log of 300 events
    And the signer asks a witness behind TLS, where <distrust>
    When the signer seals
    Then the signer refuses with "its certificate is not to be trusted: <text>"
    And the signer's refusal says "name that in ssl_context or SSL_CERT_FILE"
    And witness 1 was asked with the old sizes ""

    Examples:
      | distrust                                             | text                               |
      | nobody vouches for it                                | unable to get local issuer certificate |
      | another certificate authority is given               | unable to get local issuer certificate |
      | its certificate is for another name                  | IP address mismatch                |
      | its certificate has expired                          | certificate has expired            |

  Scenario Outline: What cannot be a witness or a policy is refused: <what>
    Then <what> is refused with "<text>" before anything is sent

    Examples:
      | what                                | text                                         |
      | a witness at "ftp://w.example"      | use a witness's submission prefix            |
      | a witness at "https://"             | use a witness's submission prefix            |
      | a witness at "https://u:p@w.example"| use a witness's submission prefix            |
      | a witness at "https://w.example/?q" | use a witness's submission prefix            |
      | a witness at "https://[::1"         | use a witness's submission prefix            |
      | a witness at "https://w.example:x"  | use a witness's submission prefix            |
      | a witness with a file for its TLS   | pass an ssl.SSLContext                       |
      | a witness without TLS, and a context| pass an ssl.SSLContext, and only for a witness whose URL begins with https |
      | a URL alone as a witness            | pass Witness(url, key) for each of them      |
      | a witness with a broken key         | the verifier key                             |
      | two witnesses with one key          | two of them have the same key                |
      | witnesses without a policy          | say how many witnesses are needed            |
      | a policy of 2 with 1 witness        | there are only 1 witnesses                   |
      | a policy that does what it likes    | pass one of 'raise', 'publish'               |
