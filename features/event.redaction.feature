Feature: Redaction
  An audit log outlives the systems whose credentials pass through it. What sounds like a secret by
  its name or looks like one by its shape never reaches the database, and where a rule fails, the
  event is refused rather than stored unseen.

  Background:
    Given a redaction's service

  Rule: Names

    Scenario: Redaction knows every default name in every way of writing it
      Then the redaction covers each default name in 16 spellings, and no secret is in the body

    Scenario: Redaction leaves a missing value, a yes and a no under a secret's name
      When the redaction sees the details {"password": null, "token": true, "has_secret": false}
      Then the redaction leaves the details {"password": null, "token": true, "has_secret": false}

    Scenario: Redaction replaces whole containers under a secret's name
      When the redaction sees the details {"credentials": {"user": "hunter2", "n": ["hunter2"]}, "tokens": [1]}
      Then the redaction's event has nothing but the mask under "credentials tokens"

    Scenario: Redaction leaves names that only resemble secrets
      Then the redaction leaves each of these names alone
        """
        secretary secretariat shipping shippingAddress opinion spinning pinned pins tokenizer
        token_count max_tokens prompt_tokens total_tokens tokensUsed token_type cookieConsent
        key keys primary_key public_key keyboard monkey author authorized passenger compass bypass
        """

  Rule: Shapes

    Scenario: Redaction finds every kind of credential in every kind of text
      Then the redaction masks any credential of each kind wherever it stands

    Scenario: Redaction's quick test suspects every text that would be changed
      Then the redaction suspects any text that it changes, and changes it once

    Scenario: Redaction leaves ordinary texts alone
      Then the redaction leaves each of these texts alone
        | text                                                                     |
        | secretary                                                                |
        | shipping to pin 4                                                        |
        | Basic troubleshooting                                                    |
        | basic understanding of tokens and passwords                              |
        | Bearer of bad news                                                       |
        | user:42                                                                  |
        | invoice:981                                                              |
        | 0af76519-16cd-43dd-8448-eb211c80319c                                     |
        | 0af7651916cd43dd8448eb211c80319c                                         |
        | ada.lovelace@example.com                                                 |
        | mailto:ada@example.com                                                   |
        | https://example.com:8443/users/ada@example.com?x=1#y                     |
        | http://user@example.com/                                                 |
        | postgresql://db.example.com:5432/audit                                   |
        | git+ssh://git@example.com/group/project.git@v1.2                         |
        | 2026-01-01T12:30:45+02:00                                                |
        | 12:30:45                                                                 |
        | the password was changed by an administrator                             |
        | her token of appreciation                                                |
        | monkey=banana; key=value; design: blue                                   |
        | total=12, status=paid                                                    |
        | ask-a-question, risk-based, task-12                                      |
        | npm_config_registry_is_a_long_name                                       |
        | pypi-attestation-models-in-a-long-package-name                           |
        | AKIAK is a village                                                       |
        | SG.1                                                                     |
        | eyJust a word                                                            |
        | -----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----               |
        | Größe: 12 cm, Straße: "Am Wall"                                          |
        | {"total": 12, "status": "paid", "lines": [{"sku": "a-1"}]}               |

    Scenario Outline: Redaction keeps what stands around a credential
      When the redaction sees the text <text>
      Then the redaction leaves the text <rest>

      Examples:
        | text                                                             | rest                                                             |
        | GET /x?access_token=hunter2&page=2                               | GET /x?access_token=[redacted]&page=2                            |
        | login failed: password='hunter2', user='ada'                     | login failed: password=[redacted], user='ada'                    |
        | {"api_key": "hunter2", "n": 1}                                   | {"api_key": [redacted], "n": 1}                                  |
        | {\"api_key\": \"hunter2\", \"n\": 1}                             | {\"api_key\": [redacted], \"n\": 1}                              |
        | could not connect to postgresql://app:hunter2@db:5432/audit now  | could not connect to postgresql://app:[redacted]@db:5432/audit now |
        | smtp://ada@example.com:hunter2@mail.example.com                  | smtp://ada@example.com:[redacted]@mail.example.com               |
        | Server=db;User=sa;Password=hunter2;Encrypt=yes                   | Server=db;User=sa;Password=[redacted];Encrypt=yes                |
        | Authorization: Bearer hunter2hunter2                             | Authorization: Bearer [redacted]                                 |
        | Authorization: Token hunter2hunter2, Accept: x                   | Authorization: [redacted], Accept: x                             |
        | Cookie: theme=dark; sid=hunter2; lang=de                         | Cookie: [redacted]                                               |
        | pwd=1234                                                         | pwd=[redacted]                                                   |

    Scenario: Redaction takes linear time for any text
      Then the redaction of texts made to be slow takes less than 500 milliseconds each

  Rule: Places

    Scenario: Redaction reaches into every container and every argument that holds text
      When the redaction sees a secret in every place that it can stand
      Then the redaction's event holds no secret in any place
      And the redaction's event still says who did what to what

    Scenario: Redaction masks credentials in keys, and refuses keys that become one
      When the redaction sees the details {"calls": {"https://ada:hunter2@example.com": 200, "$Bearer hunter2hunter2": 1}}
      Then the redaction leaves the details {"calls": {"https://ada:[redacted]@example.com": 200, "$Bearer [redacted]": 1}}
      And the redaction refuses keys that differ in their credentials alone, naming "details.calls"
      And the redaction refuses changed keys that differ in their credentials alone

    Scenario: Redaction shows that a secret changed, and not what it was
      When the redaction sees a changed password and an unchanged token
      Then the redaction's change of "user/password" is from mask to mask, and "user/token" has none

    Scenario Outline: No secret reaches the files of the database in <mode> mode
      Given a redaction's service in <mode> mode
      When the redaction sees a secret in every place that it can stand
      Then no file of the redaction's database holds the secret, before and after closing

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

  Rule: Rules of the caller

    Scenario: Redaction takes further names, spelled like the default ones
      Given a redaction's service with the further names "iban national.id field2"
      When the redaction sees the details {"IBAN": "x", "customer-iban": "x", "nationalId": "x", "NATIONAL_ID": "x", "field2": "x", "field3": "y", "ibanity": "y"}
      Then the redaction's event has nothing but the mask under "IBAN customer-iban nationalId NATIONAL_ID field2"
      And the redaction's event has its value under "field3 ibanity"

    Scenario: Redaction takes patterns, for texts of any length
      Given a redaction's service with the patterns "\d{4}-\d{4}" and "^X$"
      When the redaction sees the details {"a": "card 1234-5678!", "b": "X", "c": "XX", "d": ["1234-5678"]}
      Then the redaction leaves the details {"a": "card [redacted]!", "b": "[redacted]", "c": "XX", "d": ["[redacted]"]}

    Scenario: Redaction takes callables, which see each value with its path
      Then the redaction's callable sees paths and values, and its answer is stored

    Scenario: Redaction by callables does not hide that an event is nested too deep
      Then the redaction's callable sees no event of 70 dicts, which is refused for its depth

    Scenario: Redaction can be told to allow names, and to do nothing by default
      Given a redaction's service that allows "token" and has no defaults
      When the redaction sees the details {"token": "t", "password": "hunter2", "url": "s://u:hunter2@h"}
      Then the redaction leaves the details {"token": "t", "password": "hunter2", "url": "s://u:hunter2@h"}
      Given a redaction's service that allows "token"
      When the redaction sees the details {"token": "t", "Token": "T"}
      Then the redaction's event has its value under "token"
      And the redaction's event has nothing but the mask under "Token"

    Scenario: Redaction replaces keyed fields by a hash under which equal values are found
      Then the redaction's keyed hashes find equal values, tell others apart and hide them all

    Scenario: Redaction refuses an event whose keyed field cannot be hashed
      Then the redaction refuses keyed fields that hold NaN, a surrogate or an object

    Scenario Outline: Redaction refuses the event when a rule raises in <mode> mode
      Given a redaction's service in <mode> mode whose rule raises at "iban"
      When the redaction sees in vain the details {"iban": "hunter2"}
      Then the redaction's error names "details.iban", chains the rule's own error and hides the value
      And the redaction has stored nothing
      When the redaction sees the details {"total": 12}
      Then the redaction leaves the details {"total": 12}

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario: Redaction with a caller's patterns alone
      Given a redaction's service with the pattern "\d{4}-\d{4}" and no defaults
      When the redaction sees the details {"a": "1234-5678", "password": "hunter2"}
      Then the redaction leaves the details {"a": "[redacted]", "password": "hunter2"}

    Scenario: Redaction's placeholder is one object through copies and pickles
      Then the redaction's REDACTED is one object, falsy, and shown as the mask

    Scenario: Redaction's rules are checked in the constructor
      Then the redaction refuses each of these rules
        | rule                  | says                                                     |
        | a lone string         | redact='password': pass a list, even for a single rule   |
        | a number              | redact=5: a rule is a key's name, a compiled pattern     |
        | an empty name         | redact='': a rule is a key's name                        |
        | a name of separators  | redact='-_.': a rule is a key's name                     |
        | a pattern for bytes   | a compiled pattern for str                               |
        | no iterable           | redact=5: pass a list                                    |
        | a hash without a key  | hash_key=None: keyed_hash needs a secret key             |
        | a hash with a short key | hash_key=[redacted]: keyed_hash needs a secret key of at least 16 bytes |
        | a hash with a text key | hash_key=[redacted]: keyed_hash needs                   |
        | a lone hashed name    | keyed_hash='email': pass a list                          |
        | a hash beside a Redaction | pass it to the Redaction that is given as redact=    |
