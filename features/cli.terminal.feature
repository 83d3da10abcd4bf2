Feature: Stored text is shown and never obeyed
  As an auditor whose log holds what strangers typed
  I want control characters, markup and invisible characters shown as they are
  So that no entry can hide another one or take over my terminal

  On a terminal the output is for people, elsewhere it is JSON Lines.

  Background:
    Given indelible has recorded the action "invoice.update" with the details
      """
      {"screen": "\u001b[2J\u001b[31mred", "turned": "a\u202eb", "c1": "x\u009b2Jy",
       "markup": "[bold]x[/bold] :smile: [link=http://x]y[/link]", "lines": "one\ntwo", "nul": "\u0000",
       "quote": "\"12\"", "number": 12, "password": "hunter2", "nothing": null, "yes": true,
       "list": [1, "a", {"b": 2.5}]}
      """

  Scenario: On a terminal there is a table, elsewhere there are JSON Lines
    When indelible runs on a terminal of 100 columns "list"
    Then indelible ends with code 0
    And indelible prints "who, what, to what"
    When indelible runs "list"
    Then indelible prints JSON with
      | member               | value                    |
      | event.details.screen | "\u001b[2J\u001b[31mred" |

  Scenario: Either form can be asked for anywhere
    When indelible runs on a terminal of 100 columns "list --json"
    Then indelible prints JSON with
      | member               | value                    |
      | event.details.screen | "\u001b[2J\u001b[31mred" |
      | event.details.turned | "a\u202eb"               |
      | event.details.c1     | "x\u009b2Jy"             |
    And indelible's output holds nothing that a terminal obeys
    When indelible runs "list --table"
    Then indelible prints "who, what, to what"

  Scenario Outline: Everything shows, with <where>
    When indelible runs <where> "show $ID --table"
    Then indelible ends with code 0
    And indelible's output holds nothing that a terminal obeys
    And indelible shows the detail screen as "\u001b[2J\u001b[31mred"
    And indelible shows the detail turned as "a\u202eb"
    And indelible shows the detail c1 as "x\u009b2Jy"
    And indelible shows the detail markup as "[bold]x[/bold] :smile: [link=http://x]y[/link]"
    And indelible shows the detail lines as "one\ntwo"
    And indelible shows the detail nul as "\u0000"
    And indelible shows the detail quote as "\"12\""
    And indelible shows the detail number as bare 12
    And indelible shows the detail password as bare [redacted]
    And indelible shows the detail nothing as bare null
    And indelible shows the detail yes as bare true
    And indelible shows the detail list as bare [1, "a", {b: 2.5}]

    Examples:
      | where                          |
      | on a terminal of 200 columns   |
      | as a process                   |

  Scenario: Names are shown and not obeyed either
    Given indelible has recorded the action "[red]a\u001b[2J" with the details
      """
      {}
      """
    When indelible runs on a terminal of 160 columns "list"
    Then indelible's output holds nothing that a terminal obeys
    And indelible prints "[red]a\u001b[2J"
    When indelible runs on a terminal of 80 columns "list"
    Then indelible's output holds nothing that a terminal obeys
    And indelible prints "[red]a\u001b[2J"
    When indelible runs on a terminal of 80 columns "show $ID"
    Then indelible's output holds nothing that a terminal obeys
    And indelible prints "[red]a\u001b[2J"

  Scenario Outline: Nothing stored is obeyed by <command>, for people
    Given indelible has recorded events in which each text is hostile
    When indelible runs on a terminal of 300 columns "<command> --table"
    Then indelible ends with code 0
    And indelible's output holds nothing that a terminal obeys
    And indelible prints "<text>"

    Examples:
      | command                         | text                             |
      | list --no-pager                 | \u001b[2Ja\u202eb[red]:smile:   |
      | show 1 --no-pager               | \u001b[2Ja\u202eb[red]:smile:   |
      | history $HOSTILE --no-pager     | \u001b[2Ja\u202eb[red]:smile:   |
      | history $HOSTILE --state --no-pager | \u001b[2Ja\u202eb[red]:smile: |
      | tail                            | \u001b[2Ja\u202eb[red]:smile:   |
      | stats --no-pager                | \u001b[2Ja\u202eb[red]:smile:   |
      | facets actor target action tenant request-id trace-id actor-type target-type --no-pager | \u001b[2Ja\u202eb[red]:smile: |

  Scenario Outline: Nor as JSON on a terminal by <command>
    Given indelible has recorded events in which each text is hostile
    When indelible runs on a terminal of 300 columns "<command> --json"
    Then indelible ends with code 0
    And indelible's output holds nothing that a terminal obeys
    And each of indelible's lines is JSON that holds the hostile text

    Examples:
      | command                 |
      | list --since-seq 1      |
      | show 1                  |
      | history $HOSTILE        |
      | tail --after 0          |
      | stats --since-seq 1     |
      | facets action tenant --since-seq 1 |

  Scenario: Nor what is asked for and is not there
    When indelible runs on a terminal of 300 columns "history invoice:$ESC"
    Then indelible ends with code 1
    And indelible's output holds nothing that a terminal obeys

  Scenario Outline: In <columns> columns nothing of an event is cut off
    Given indelible has recorded the action "invoice.update" by "user:somebody.with-a-long-name" on "invoice:2026-03-000981"
    When indelible runs on a terminal of <columns> columns "list --target invoice:2026-03-000981"
    Then indelible's table shows all of the event in at most <lines> lines

    Examples:
      | columns | lines |
      | 60      | 5     |
      | 80      | 3     |
      | 160     | 1     |

  Scenario: An event in full, with what changed
    Given indelible has recorded an event with every attribute
    When indelible runs "show $ID --table"
    Then indelible's output is this, apart from what is new each time
      """
      event         ID
      action        invoice.update
      actor         user:42 (Ann)
      on behalf of  user:7
      target        invoice:981 (March)
      target        customer:3
      outcome       denied
      occurred at   2026-03-01 09:00:00.000000
      recorded at   TIME
      reason        a typo
      severity      high
      duration      0:00:01.500000
      tenant        acme
      request id    r-1
      trace id      t-1
      span id       s-1
      session id    l-1
      source        billing
      source ip     192.0.2.1
      user agent    curl/8
      place         number 1 of the log audit
      leaf hash     HASH

      details
        color  Color.RED
        dates  {2026-01-01, 2026-01-02}
        email  hmac:HASH
        error  builtins.ValueError: no
        money  Money{amount: 1.10}
        pair   ("a", 1)
        pairs  {("a", 1), ("b", 2)}
        raw    base64:AAE=
        since  2026-01-01T00:00:00+00:00
        took   0:00:01
        uuid   00000000-0000-0000-0000-000000000001

      changes
        address/city  "Rome"      →  "Oslo"
        api_key       [redacted]  →  [redacted]
        gone          1           →  (none)
        new           (none)      →  [1, 2]
        total         10          →  12
      """
    And indelible's page of the same event without its place says that it is not committed

  Scenario: A number that Python writes in no other way
    Given indelible has recorded a number of 20000 bits
    When indelible runs "show $ID --table"
    Then indelible shows that number in hexadecimal

  Scenario: Whatever text is stored, each character of it shows
    Then indelible makes any text visible, and JSON made visible means the same
