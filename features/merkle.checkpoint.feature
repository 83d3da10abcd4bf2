Feature: Checkpoints and cosignatures
  A checkpoint is a log's promise of what it holds: origin, size and root, signed as a note (C2SP
  tlog-checkpoint). A witness that has verified that it continues the last one adds a cosignature
  with the time (C2SP tlog-cosignature).

  Scenario: The checkpoint of the Go checksum database opens
    # sum.golang.org, by way of golang.org/x/mod
    Given the checkpoint
      """
      go.sum database tree
      6476701
      mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=

      — sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=
      """
    When the checkpoint is opened as "go.sum database tree" with the keys
      | key                                                                  |
      | sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 |
    Then the checkpoint has size 6476701 and root 99bf102d022cd19d323f90acb6aea0ba3f3ba1759e0bd80433ca158a49a6f569
    And the checkpoint is verified by sum.golang.org
    And the checkpoint's text is written again as it was

  Scenario: The checkpoint of a Certificate Transparency log opens with a witness's key
    # A public checkpoint of arche2025h1.staging.ct.transparency.dev; the witness's key is in the
    # tests of transparency-dev/formats. Its other lines are of other signers and other types.
    Given the checkpoint
      """
      arche2025h1.staging.ct.transparency.dev
      1432088532
      U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

      — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
      — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
      — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
      — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
      """
    When the checkpoint is opened as "arche2025h1.staging.ct.transparency.dev" with the keys
      | key                                                                                           |
      | remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2                           |
      | arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f |
    Then the checkpoint has size 1432088532 and root 53b58cefd8ebcf2846679fc65014e933b373c1dc9f171eb5b77468be0702e11a
    And the checkpoint is verified by arche2025h1.staging.ct.transparency.dev, remora.n621.de
    And the checkpoint's cosignature by remora.n621.de is of 1779573024

  Scenario: The checkpoint in the specification has a cosignature of 1679315147
    # C2SP tlog-cosignature; its keys are not published
    Given the checkpoint
      """
      example.com/behind-the-sofa
      20852163
      CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

      — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
      — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
      """
    Then the checkpoint's unchecked cosignature by witness.example.com/w1 is of 1679315147

  Scenario: The checkpoint's extension lines are kept and signed
    Given the checkpoint of origin "example.com/log", size 2 and extensions "one", "two words"
    When the checkpoint is signed and opened again
    Then the checkpoint that was opened is the one that was signed
    And the checkpoint with another extension is refused

  Scenario Outline: The checkpoint's size <size> is refused
    Then the checkpoint of size "<size>" is refused as no plain decimal

    Examples:
      | size                 |
      | +5                   |
      | -5                   |
      | 05                   |
      | 00                   |
      | 5_0                  |
      | 5.0                  |
      | 1e3                  |
      | 0x5                  |
      | ٥                    |
      | ５                   |
      | ²                    |
      | \s5                  |
      | 5\s                  |
      | \s                   |
      | 5\r                  |
      | 9223372036854775808  |
      | 18446744073709551616 |
      | 99999999999999999999999999999999999999999999999999 |

  Scenario: The checkpoint's size of more digits than Python converts is refused
    Then the checkpoint of a size of 5000 digits is refused as no plain decimal

  Scenario Outline: The checkpoint's size <size> is read
    Then the checkpoint of size "<size>" is read

    Examples:
      | size                |
      | 1                   |
      | 10                  |
      | 9223372036854775807 |

  Scenario Outline: The checkpoint's root is refused when written with <spelling>
    Then the checkpoint of a root with the spelling "right" is read
    And the checkpoint of a root with the spelling "<spelling>" is refused

    Examples:
      | spelling          |
      | URL alphabet      |
      | no padding        |
      | more padding      |
      | padding twice     |
      | unused bits set   |
      | a space after it  |
      | a space before it |
      | a carriage return |
      | a space inside    |
      | 31 bytes          |
      | 33 bytes          |
      | hexadecimal       |
      | nothing           |

  Scenario: The checkpoint's text reads back as the same checkpoint, and any other is another
    Then the checkpoint's texts round-trip, and mutated ones are refused or others

  Scenario Outline: The checkpoint is refused with a clear error: <case>
    When the checkpoint is tried with <case>
    Then the checkpoint's refusal says "<says>"

    Examples:
      | case                       | says                                                          |
      | no newline at the end      | does not end with a newline                                   |
      | two lines                  | a checkpoint has at least 3 lines, origin, size and root; got 2 |
      | nothing                    | does not end with a newline                                   |
      | no origin                  | the origin '' must be one line of text                        |
      | an empty extension         | the extension '' must be one line of text                     |
      | an empty line inside       | the extension '' must be one line of text                     |
      | a tab in the origin        | must be one line of text: not empty, no control characters    |
      | size 0, another root       | a tree of size 0 has the root e3b0c442                        |
      | making a negative size     | the tree size -1 is not an int between 0                      |
      | making a short root        | is not a hash: 32 bytes                                       |
      | making a root of text      | is not a hash: 32 bytes                                       |
      | making two lines of origin | must be one line of text                                      |
      | making an empty extension  | the extension '' must be one line of text                     |
      | another origin             | the checkpoint is of the log 'example.com/a', not of 'example.com/b' |
      | another key                | and by no key that is known here                              |
      | a note that is none        | a checkpoint has at least 3 lines                             |

  Scenario: The checkpoint's cosignature fits it alone
    Then the checkpoint's cosignature is refused for every changed bit

  Scenario: The checkpoint is signed by its log and a witness
    When the checkpoint is signed by a log and cosigned by a witness at 1679315147
    Then the checkpoint opens with both keys, and with each alone
    And the checkpoint's cosignature by witness.example/w1 is of 1679315147

  Scenario: The checkpoint's witness counts once, however often it cosigns
    When the checkpoint is cosigned twice by a witness, a minute apart
    Then the checkpoint is verified by witness.example/w1

  Scenario Outline: The checkpoint is not cosigned with <case>
    When the checkpoint is to be cosigned with <case>
    Then the checkpoint's refusal says "<says>"

    Examples:
      | case                         | says                                                  |
      | a text that is no checkpoint | a checkpoint has at least 3 lines                     |
      | bytes that are no text       | must be one line of text                              |
      | a time past 63 bits          | the clock shows 9223372036854775808                   |
      | a time before 1970           | the clock shows -5                                    |
      | the time of a log's signature | is not a cosignature/v1: 72 bytes                    |
      | the time of 64 bits          | is not a cosignature/v1                               |
      | the time of 73 bytes         | is not a cosignature/v1                               |
