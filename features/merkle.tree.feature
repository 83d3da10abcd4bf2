Feature: The Merkle tree
  A log's events are the leaves of a Merkle tree. Whoever knows its root knows all leaves: none can
  be changed, removed, added or moved without another root coming out.

  The tree is that of RFC 6962 section 2.1 with SHA-256, so that any other implementation computes
  the same. A frontier (a compact range from leaf 0) holds the few hashes that it takes to append.

  Scenario: The tree's hashes are those that transparency-dev/merkle publishes
    # transparency-dev/merkle, testonly/constants.go, Apache-2.0
    When the tree is built from these leaves, one row at a time
      | leaf                             | leaf hash                                                        | root of the rows so far                                          |
      |                                  | 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d | 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d |
      | 00                               | 96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 | fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125 |
      | 10                               | 0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7 | aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77 |
      | 2021                             | 07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7 | d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7 |
      | 3031                             | bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b | 4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4 |
      | 40414243                         | 4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658 | 76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef |
      | 5051525354555657                 | b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f | ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c |
      | 606162636465666768696a6b6c6d6e6f | 46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1 | 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328 |
    Then the tree's leaf hashes and roots are those of the table

  Scenario: The tree's single hashes are the published ones
    # transparency-dev/merkle, rfc6962 hasher tests; golang.org/x/mod/sumdb/tlog for "hello world"
    Then the tree without leaves has the root e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    And the tree's leaf "L123456" has the hash 395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56
    And the tree's leaf "hello world" has the hash 4eccf34608d31bac5c7becf6006df59005d828181056d092084e341e6bb005bd
    And the tree's node over "N123" and "N456" has the hash aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb

  Scenario: The tree's hashes of all subtrees up to size 130 are the published ones
    # draft-ietf-plants-merkle-tree-certs, appendix "Subtree Test Vectors"
    Then the tree's subtree hashes have the digest 94a95384a8c69acea9b50d035a58285b3a777cb7a724005faa5e1f1e1190007f

  Scenario: The tree's frontier has the same root however the leaves are batched, stored and read back
    Then the tree's frontier agrees with the definition for any batches

  Scenario Outline: The tree's frontier is refused when it is <damage>
    When the tree's frontier of 11 leaves is read <damage>
    Then the tree's refusal says "<says>"

    Examples:
      | damage                     | says                                                      |
      | empty                      | a frontier starts with 8 bytes of size; got 0 bytes       |
      | cut inside the size        | a frontier starts with 8 bytes of size; got 7 bytes       |
      | cut inside a hash          | hashes[2]                                                 |
      | followed by a byte         | a frontier of size 11 has 3 hashes; got 4                 |
      | short of a hash            | a frontier of size 11 has 3 hashes; got 2                 |
      | long by a hash             | a frontier of size 11 has 3 hashes; got 4                 |
      | of a size with more bits   | a frontier of size 15 has 4 hashes; got 3                 |
      | of a size with fewer bits  | a frontier of size 8 has 1 hashes; got 3                  |
      | of a size above the limit  | the tree size 9223372036854775808 is not an int between 0 |

  Scenario: The tree's frontier reads no bytes but those that it writes
    Then the tree's frontier refuses any other bytes

  Scenario: The tree refuses a leaf hash of the wrong length and stays as it was
    When the tree is extended by a hash of 31 bytes
    Then the tree's refusal says "leaf_hashes[1] is 31 bytes long; a leaf hash has 32 bytes"
    And the tree's frontier is unchanged

  Scenario: The tree is not left half extended
    Then the tree's frontier is unchanged by an extension that fails half-way

  Scenario: The tree's growth costs little beside the two hashes that each leaf needs
    Then the tree takes at most 3 times hashlib's time to extend by 1,000 leaves

  Scenario: The tree's package stands alone
    Then the tree's package imports from outside only
      | module                                                |
      | cryptography.exceptions                               |
      | cryptography.hazmat.primitives.asymmetric.ed25519     |
      | indelible.errors                                      |
    And the tree's package loads no cryptography before it is needed
    And the tree's package lists its public names in order
