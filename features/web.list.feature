Feature: The list of events in a browser
  Somebody who has never seen the log finds the events that matter by a form, by chips and by clicking
  into a histogram. The address says it all, so that a colleague can be sent it.

  Background:
    Given the page of a shop's log

  Scenario Outline: The address filters as query() does
    When the reader opens "/?<query>"
    Then the page lists "<events>"

    Examples:
      | query                                           | events                           |
      | target=invoice:981                              | denied, updated, created         |
      | actor=user:anna&order=oldest                    | created, updated, neighbour      |
      | action=invoice.*&tenant=globex                  | others, other                    |
      | action=invoice.create&action=mail.send          | traced, other, created           |
      | outcome=denied&outcome=failure                  | denied                           |
      | actor_type=service                              | traced                           |
      | target_type=customer                            | traced, neighbour                |
      | request_id=req-1                                | neighbour, updated               |
      | source_ip=203.0.113.7                           | updated                          |
      | changed=address/city                            | updated                          |
      | detail=channel%3Dweb                            | updated                          |
      | detail=channel%3D"web"&changed=total            | updated                          |
      | since=2026-03-02T10:00Z                         | denied, others                   |
      | until=2026-03-02T07:00%2B01:00                  | created                          |
      | since_seq=2&until_seq=4                         | other, neighbour                 |
      | limit=2                                         | denied, others                   |

  Scenario: A form's empty fields, and times in words, become an address that means the same tomorrow
    When the reader opens "/?actor=&target=invoice:981&since=52w&zone=" without following
    Then the page leads to an address with "target=invoice:981" and "since=20" but without "actor", "52w"

  Scenario: A time without a zone is one of the reader's
    Given the reader's zone is "Asia/Tokyo"
    When the reader opens "/?since=2026-03-02T19:00"
    Then the page lists "denied, others"
    And the page's address holds "since=2026-03-02T19:00:00%2B09:00"

  Scenario: Chips say what is searched, and go one by one
    When the reader opens "/?target=invoice:981&actor=user:anna&outcome=success&outcome=denied&limit=2"
    Then the page has the chips "actor, target, outcome, outcome"
    When the reader removes the chip "actor"
    Then the page has the chips "target, outcome, outcome"
    And the page's address holds "limit=2"
    And the page lists "denied, updated"

  @use.with_db=<db>
  Scenario Outline: From page to page every event is listed once while others arrive, on <db>
    Given the page of a log of 45 orders
    When the reader opens "/?action=order.place&limit=7"
    And 5 more orders are recorded
    Then the page and those behind it list the 45 orders, the newest first
    When the reader opens "/?action=order.place&limit=9&order=oldest"
    Then the page and those behind it list the 50 orders, the oldest first

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The histogram counts what is listed, and a click into it narrows the list, on <db>
    When the reader opens "/?tenant=acme"
    Then the histogram counts 5 events
    When the reader clicks into the first bar of the histogram
    Then the page lists "created"
    And the page has the chips "since, until, tenant"

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: A histogram that takes long does not keep the list waiting
    Given the histogram may take 0.000001 s
    When the reader opens "/"
    Then the page lists 7 events
    And the page has no histogram, but one that follows
    When the reader opens the histogram that follows
    Then the histogram counts 7 events
    When the reader opens "/?histogram=shown"
    Then the histogram counts 7 events

  Scenario: Scripts get the rows alone, and no more of the page
    When a script asks for the second page of "/?limit=3"
    Then the answer lists "other, neighbour, updated" and holds no form

  Scenario: Words can be searched where the log has an index, and the form offers it only then
    When the reader opens "/"
    Then the form has no field "text"
    When the reader opens "/?text=typo"
    Then the answer's status is 400
    And the page says what is wrong with "text"

  Scenario: What matches nothing says so
    When the reader opens "/?action=no.such"
    Then the page says that there is nothing

  Scenario Outline: What makes no sense is told once and clearly, beside the form to mend it
    When the reader opens "/?<query>"
    Then the answer's status is 400
    And the page says what is wrong with "<name>"
    And the form is there with what was typed

    Examples:
      | query                         | name      |
      | since=soon                    | since     |
      | until=2026-13-01              | until     |
      | actor=nobody                  | actor     |
      | outcome=fine                  | outcome   |
      | source_ip=300.1.1.1           | source_ip |
      | since_seq=-1                  | since_seq |
      | until_seq=1e3                 | until_seq |
      | limit=many                    | limit     |
      | limit=201                     | limit     |
      | limit=0                       | limit     |
      | order=random                  | order     |
      | cursor=abc                    | cursor    |
      | detail=nothing                | detail    |
      | detail=a%3D1&detail=a%3D2     | detail    |
      | detail=password%3Dx           | details   |
      | target=a:1&target=a:2         | target    |
      | reads=some                    | reads     |
      | no_such=1                     | no_such   |
      | zone=Mars/Olympus             | zone      |
      | zone=../../etc/passwd         | zone      |

  Scenario: A cursor of another list is refused
    When the reader opens "/?limit=2"
    And the reader takes the link to more events to "/?limit=2&tenant=acme"
    Then the answer's status is 400
    And the page says what is wrong with "cursor"
