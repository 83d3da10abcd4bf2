Feature: Signed notes and their keys
  A signed note is a text that people can read with signature lines under it (C2SP signed-note). A
  line by an unknown key is ignored, which is how several parties sign one text; a wrong signature
  by a known key refuses the whole note.

  Background:
    # golang.org/x/mod/sumdb/note, note_test.go, BSD-3-Clause; the private key is public on purpose
    Given the note's keys
      | key        | string                                                                          |
      | Peter      | PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW               |
      | Enoch      | EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop                  |
      | Peter's own | PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz |
    And the note's text
      """
      If you think cryptography is the answer to your problem,
      then you don't know what your problem is.
      """
    And the note's signatures
      | name         | base64                                                                                       |
      | PeterNeumann | x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM= |
      | EnochRoot    | rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ= |

  Scenario: The note is signed byte for byte as the reference implementation signs it
    When the note's text is signed with "Peter's own"
    Then the note has the text and the signature lines of PeterNeumann

  Scenario: The note opens with both keys known
    When the note by PeterNeumann, EnochRoot is opened with the keys Peter, Enoch
    Then the note's verified signatures are by PeterNeumann, EnochRoot
    And the note's unverified signatures are by nobody

  Scenario: The note's line by an unknown key is ignored
    When the note by PeterNeumann, EnochRoot is opened with the keys Peter
    Then the note's verified signatures are by PeterNeumann
    And the note's unverified signatures are by EnochRoot

  Scenario: The note is refused without a signature by a known key
    When the note by EnochRoot is opened with the keys Peter
    Then the note's refusal says "the note is signed by 'EnochRoot+af0cfe78' and by no key that is known here"
    And the note's refusal is an UnknownKeyError

  Scenario: The note is refused for a wrong signature by a known key, whatever else is right
    When the note's line of EnochRoot is made over another text
    And the note by PeterNeumann, EnochRoot is opened with the keys Peter, Enoch
    Then the note's refusal says "the signature of EnochRoot+af0cfe78 does not match the note"
    And the note's refusal is a BadSignatureError

  Scenario: The note's second line by the same key is checked as well
    When the note by PeterNeumann, PeterNeumann is opened with the keys Peter
    Then the note's verified signatures are by PeterNeumann
    When the note with two lines of PeterNeumann, the second one changed, is opened with the keys Peter
    Then the note's refusal is a BadSignatureError

  Scenario: The note may carry 100 signatures
    When the note with 99 lines by others and one of PeterNeumann is opened with the keys Peter
    Then the note's verified signatures are by PeterNeumann

  Scenario: The note can be signed by a signer of the caller's, such as a KMS
    When the note's text is signed by a signer of the caller's
    Then the note opens with the key of that signer alone

  Scenario: The note takes on the signatures of witnesses
    When the note by PeterNeumann takes on the line of EnochRoot
    Then the note opens with the keys Peter, Enoch
    And the note that takes on the line of EnochRoot again is the same

  Scenario: The note's keys must not be mistaken for each other
    When the note by PeterNeumann is opened with Peter's key and another of the same name and ID
    Then the note's refusal says "two different verifier keys are called PeterNeumann+c74f20a3"

  Scenario: The note is refused when any one bit is changed
    Then the note is refused for every changed bit

  Scenario: The note's reader never fails in another way than by refusing
    Then the note's readers raise nothing but ProofError on garbage

  Scenario: The note's errors can be passed between processes
    Then the note's errors survive pickling

  Scenario Outline: The note is refused when it is malformed: <damage>
    When the note is opened that has <damage>
    Then the note's refusal says "<says>"

    Examples:
      | damage                      | says                                                       |
      | empty                       | the note has no empty line between text and signatures     |
      | only a text                 | the note has no empty line between text and signatures     |
      | no signatures               | the last signature line of the note is missing             |
      | no newline at the end       | the last signature line of the note is missing             |
      | an empty line at the end    | the last signature line of the note is missing             |
      | a line that is no signature | 'unexpected' is not a signature line                       |
      | a hyphen instead of the dash | is not a signature line                                   |
      | no space after the dash     | is not a signature line                                    |
      | two spaces after the dash   | is not a signature line                                    |
      | no name                     | is not a signature line                                    |
      | a name with a plus          | the key name 'a+b' is empty or has a space, a plus sign    |
      | a name with two words       | is not a signature line                                    |
      | a space at the end          | is not a signature line                                    |
      | base64 without padding      | is not a signature line                                    |
      | base64 with more padding    | is not a signature line                                    |
      | base64 of the URL alphabet  | is not a signature line                                    |
      | base64 with unused bits     | is not a signature line                                    |
      | only a key ID               | is not a signature line                                    |
      | a carriage return           | may have no control characters other than newlines         |
      | a tab                       | may have no control characters other than newlines         |
      | a NUL                       | may have no control characters other than newlines         |
      | a surrogate                 | may have no control characters other than newlines         |
      | invalid UTF-8               | is not text in UTF-8                                       |
      | 101 signatures              | the note has 101 signature lines; 100 are read             |

  Scenario Outline: The note cannot be signed with <case>
    When the note is to be signed with <case>
    Then the note's refusal says "<says>"

    Examples:
      | case                         | says                                               |
      | no newline at the end        | the text of a note must end with a newline         |
      | no text                      | the text of a note must end with a newline         |
      | a control character          | may have no control characters other than newlines |
      | no signer                    | a note has from 1 to 100 signatures; got 0         |
      | a signer's name with a space | the key name 'a b' is empty or has a space         |
      | a signer's ID of 33 bits     | the key ID 4294967296 of bad is not a 32-bit number |
      | an empty signature           | the signature of bad is empty                      |
      | 101 signatures               | a note has from 1 to 100 signatures; got 101       |

  Scenario: The note's key strings are read in their one spelling alone
    Then the note's key strings are refused in part and with any changed character

  Scenario: The note's new key comes back from its strings
    Then the note's generated key signs what its verifier key accepts

  Scenario: The note's key that is no Ed25519 key verifies nothing
    Then the note's verifiers with impossible keys verify nothing

  Scenario: The note's private key is not shown by accident
    Then the note's private key "Peter's own" is not in its repr

  Scenario Outline: The note's key is refused with a clear error: <case>
    When the note's key is read that is <case>
    Then the note's refusal says "<says>"

    Examples:
      | case                         | says                                                              |
      | a key of 35 bytes            | the key PeterNeumann has 35 bytes; an Ed25519 key has 32          |
      | an unknown type              | is of signature type 0x65; supported here: 0x01                   |
      | a private key                | this is a private signer key and not a verifier key               |
      | a public key for signing     | the signer key is malformed; a signer key looks like PRIVATE+KEY+ |
      | a changed ID                 | does not match its key ID: it was mistyped or changed             |
      | a changed ID for signing     | the signer key of PeterNeumann does not match its key ID          |
      | an ID in capitals            | is malformed; a verifier key looks like                           |
      | another name                 | does not match its key ID                                         |
      | a witness's key for a log    | is of signature type 0x04; supported here: 0x01                   |
      | a log's key for a witness    | is of signature type 0x01; supported here: 0x04                   |
      | a name with a space          | the key name 'example com' is empty or has a space                |
      | a name with a no-break space | is empty or has a space                                           |
      | a name with a plus           | the key name 'a+b' is empty or has a space, a plus sign           |
      | an empty name                | the key name '' is empty                                          |
      | a key of 31 bytes            | the key name has 31 bytes; an Ed25519 key has 32                  |
