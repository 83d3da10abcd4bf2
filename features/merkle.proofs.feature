Feature: Inclusion and consistency proofs
  An inclusion proof shows that one event is in the log that a checkpoint stands for, a consistency
  proof that a newer checkpoint continues an older one. Both are a few hashes, made from a few
  tiles, and verified from nothing else (RFC 9162 sections 2.1.3 and 2.1.4).

  Scenario: The proof of every leaf in every tree up to size 130 is the RFC's, and verifies
    Then the proof of inclusion is right in all trees up to size 130

  Scenario: The proof between every two sizes up to 130 is the RFC's, and verifies
    Then the proof of consistency is right between all sizes up to 130

  Scenario: The proofs in all subtrees up to size 130 are the published ones
    # draft-ietf-plants-merkle-tree-certs, appendix "Subtree Test Vectors"
    Then the proofs of inclusion in all subtrees have the digest ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f

  Scenario: The proof of inclusion is refused when one bit of anything is changed
    A proof does not by itself tell sizes apart in which the way up to the root looks the same; that
    is why size and root come together from a signed checkpoint. A changed size is refused exactly
    where the way up differs.

    Then the proof of inclusion is refused for every changed bit

  Scenario: The proof of consistency is refused when one bit of anything is changed
    Then the proof of consistency is refused for every changed bit

  Scenario: The proof is refused with a hash removed, inserted, doubled or moved
    Then the proof is refused after every edit of its list

  Scenario: The proof's verifiers never fail in another way than by refusing
    Then the proof's verifiers raise nothing but ProofError on garbage

  Scenario: The proof of a large tree takes few tiles
    Then the proof in a tree of 70000 leaves fetches no tile twice and at most two of each level

  Scenario: The proof for a size that the log had before is made from the tiles of today
    Then the proof for any earlier size of a log of 70000 leaves verifies

  Scenario Outline: The proof is refused with a clear error: <case>
    When the proof is tried with <case>
    Then the proof's refusal says "<says>"

    Examples: inclusion
      | case                 | says                                                         |
      | index at the size    | the leaf index 8 is not in a tree of size 8                  |
      | negative index       | the leaf index -1 is not in a tree of size 8                 |
      | boolean index        | the leaf index True is not in a tree of size 8               |
      | a proof that is none | the proof None is not a list of hashes                       |
      | a proof that is a set | is not a list of hashes                                     |
      | size 0               | the leaf index 0 is not in a tree of size 0                  |
      | size above the limit | is not an int between 0 and 9223372036854775807              |
      | short leaf hash      | leaf_hash                                                    |
      | long root            | root                                                         |
      | short hash in proof  | proof[2]                                                     |
      | proof too short      | an inclusion proof for leaf 3 of 8 does not have 2 hashes    |
      | proof too long       | an inclusion proof for leaf 3 of 8 does not have 4 hashes    |
      | another leaf         | the leaf, the proof or the root was changed                  |

    Examples: consistency
      | case                   | says                                                           |
      | sizes out of order     | size1 8 is above size2 5; the older tree comes first           |
      | equal sizes, two roots | two trees of the same size 8 have different roots              |
      | equal sizes, a proof   | the consistency proof from size 8 to 8 must be empty           |
      | from 0 with a proof    | the consistency proof from size 0 to 8 must be empty           |
      | from 0 with a root     | is not the root of the empty tree                              |
      | no proof               | a consistency proof for sizes 5 and 8 does not have 0 hashes   |
      | one hash missing       | a consistency proof for sizes 5 and 8 does not have 3 hashes   |
      | one hash more          | a consistency proof for sizes 5 and 8 does not have 5 hashes   |
      | short older root       | root1                                                          |
      | short newer root       | root2                                                          |
      | another older root     | leads to the older root                                        |
      | another newer root     | leads to the newer root                                        |

    Examples: making
      | case                       | says                                                       |
      | making one for index 8     | the leaf index 8 is not in a tree of size 8                |
      | making one from 9 to 8     | size1 9 is above size2 8                                   |
      | making one from a cut tile | tile 0 of level 0: a tile of width 8 has 256 bytes; got 255 |
