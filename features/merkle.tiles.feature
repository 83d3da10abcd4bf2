Feature: Tiles and entry bundles
  The tree is stored in tiles of up to 256 hashes, which are also the files of a published log
  (C2SP tlog-tiles). A full tile never changes again. The state at a log's head holds the partial
  tiles of the right edge; extending it by a batch yields the tiles that the batch filled.

  Scenario Outline: The tile's path is <path>
    Then the tile path of level <level>, index <index> and width <width> is "<path>"

    Examples: from the specification, and at the borders
      | level   | index             | width | path                              |
      | 0       | 1234067           | 256   | tile/0/x001/x234/067              |
      | 0       | 0                 | 256   | tile/0/000                        |
      | 1       | 1                 | 17    | tile/1/001.p/17                   |
      | 63      | 999               | 255   | tile/63/999.p/255                 |
      | 2       | 1000              | 1     | tile/2/x001/000.p/1               |
      | entries | 1234067           | 256   | tile/entries/x001/x234/067        |
      | entries | 5                 | 1     | tile/entries/005.p/1              |
      | 0       | 36028797018963967 | 256   | tile/0/x036/x028/x797/x018/x963/967 |

  Scenario Outline: The tile's path is refused when it is written as <path>
    Then the tile path "<path>" is refused

    Examples:
      | path                                |
      | /tile/0/000                         |
      | tile/0/000/                         |
      | tile/0/0                            |
      | tile/0/0000                         |
      | tile/00/000                         |
      | tile/01/000                         |
      | tile/64/000                         |
      | tile/-1/000                         |
      | tile/+1/000                         |
      | tile/٣/000                          |
      | tile/0/x000/000                     |
      | tile/0/001/000                      |
      | tile/0/x001/x000                    |
      | tile/0/X001/000                     |
      | tile/0/000.p/0                      |
      | tile/0/000.p/01                     |
      | tile/0/000.p/256                    |
      | tile/0/000.p/257                    |
      | tile/0/000.p/                       |
      | tile/0/000.p                        |
      | tile/0/x036/x028/x797/x018/x963/968 |
      | tile/0/x999/x999/x999/x999/x999/x999/999 |
      | tile/entries                        |
      | tile/Entries/000                    |
      | tile/0/../000                       |
      | checkpoint                          |

  Scenario: The tile's path reads back as the same tile, and nothing else is read
    Then the tile paths round-trip, and any other text is refused

  Scenario Outline: The tiles of a tree of <size> leaves are those of the specification
    Then the tiles of a tree of size <size> are
      | level | tiles     |
      | 0     | <level 0> |
      | 1     | <level 1> |
      | 2     | <level 2> |

    Examples:
      | size  | level 0               | level 1              | level 2              |
      | 70000 | 273 full, partial 112 | 1 full, partial 17   | 0 full, partial 1    |
      | 256   | 1 full, partial none  | 0 full, partial 1    | 0 full, partial none |
      | 65536 | 256 full, partial none | 1 full, partial none | 0 full, partial 1   |
      | 255   | 0 full, partial 255   | 0 full, partial none | 0 full, partial none |

  Scenario: The tiles that batches complete are those of the whole tree
    Then the tiles completed by any batches are those of the tree, beyond 65536 leaves too

  Scenario: The tile state restored from a database goes on as if it had never been dropped
    Then the tile state restored at any size completes the same tiles

  Scenario: The tile state is not restored from hashes that were changed
    Then the tile state is refused for any changed bit, hash or level

  Scenario: The tiles to write for a larger tree are those that are new or wider
    Then the tiles that are new at each step add up to the tree's

  Scenario: The tile bundle gives back its entries
    Then the tile bundle round-trips, and is refused when cut, padded or miscounted

  Scenario: The tile bundle holds entries up to 65,535 bytes
    Then the tile bundle of one entry of 65535 bytes starts with ffff

  Scenario Outline: The tile is refused with a clear error: <case>
    When the tile is tried with <case>
    Then the tile's refusal says "<says>"

    Examples:
      | case                        | says                                                          |
      | an entry of 65,536 bytes    | entry 1 of the bundle is 65536 bytes long; an entry bundle of C2SP tlog-tiles writes the length in 16 bits |
      | a bundle of 257 entries     | an entry bundle holds from 1 to 256 entries; got 257          |
      | a bundle of no entries      | an entry bundle holds from 1 to 256 entries; got 0            |
      | a bundle cut inside an entry | the entry bundle of width 2 ends inside entry 1              |
      | a bundle cut inside a length | the entry bundle of width 2 ends inside entry 1              |
      | a tile of 257 hashes        | a tile has at most 256 hashes; got 257                        |
      | a tile with a short hash    | hashes[2]                                                     |
      | a tile cut by a byte        | a tile of width 2 has 64 bytes; got 63 bytes                  |
      | a tile wider than asked     | a tile of width 2 has 64 bytes; got 96 bytes                  |
      | level 64                    | the tile level 64 is not between 0 and 63                     |
      | level -1                    | the tile level -1 is not between 0 and 63                     |
      | width 0                     | the tile width 0 is not between 1 and 256                     |
      | width 257                   | the tile width 257 is not between 1 and 256                   |
      | index -1                    | the tile index -1 is not between 0 and                        |
      | a short leaf hash           | leaf_hashes[1] is 31 bytes long                               |
      | more leaves than the limit  | exceed the largest tree size, 9223372036854775807             |
      | tiles from 5 to 4           | the new size 4 is below the old size 5                        |
      | partial tiles of size -1    | the tree size -1 is not an int between 0                      |
