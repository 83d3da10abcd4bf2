Feature: The page is safe by default
  Whoever can reach the page reads the log, and what the log holds was typed by strangers. So nobody
  reaches it who was not let in, and nothing that is stored does anything.

  Scenario Outline: Every answer tells the browser to trust nobody
    Given the page of a shop's log
    When the reader opens "<address>"
    Then the answer's status is <status>
    And the answer forbids scripts and styles that are not files of the page, frames, sniffing and referrers
    And the answer is kept by <keeper>
    And the page has nothing inline and nothing from elsewhere

    Examples:
      | address                 | status | keeper   |
      | /                       | 200    | nobody   |
      | /events/{updated}       | 200    | nobody   |
      | /events/{updated}/proof | 200    | nobody   |
      | /targets/invoice:981    | 200    | nobody   |
      | /actors/user:anna       | 200    | nobody   |
      | /log                    | 200    | nobody   |
      | /?limit=many            | 400    | nobody   |
      | /nowhere                | 404    | nobody   |
      | /export.csv             | 200    | nobody   |
      | /events/{updated}.json  | 200    | nobody   |

  Scenario: The page's own files are what its addresses say, and may be kept
    Given the page of a shop's log
    When the reader opens "/"
    Then each file that the page names is there, and may be kept
    And the files of htmx are those that its README names

  Scenario Outline: It can be read, and nothing else
    Given the page of a shop's log
    When a client sends <method> to "<address>"
    Then the answer's status is <status>

    Examples:
      | method | address           | status |
      | HEAD   | /                 | 200    |
      | HEAD   | /events/{updated} | 200    |
      | POST   | /                 | 405    |
      | PUT    | /events/{updated} | 405    |
      | DELETE | /events/{updated} | 405    |
      | PATCH  | /targets/a:1      | 405    |
      | OPTIONS | /                | 405    |
      | DELETE | /log              | 405    |

  Scenario: Another site's page cannot start a verification
    Given the page of a shop's log
    When another site's page sends POST to "/log"
    Then the answer's status is 403

  Scenario Outline: Without a hook and a token only this machine is answered, under its own names
    Given the page of a shop's log without hook and token
    When <client> asks for "/" at "<host>"
    Then the answer's status is <status>
    And the answer has nothing of the log, unless it is 200

    Examples:
      | client       | host                | status |
      | 127.0.0.1    | 127.0.0.1:8765      | 200    |
      | 127.0.0.1    | localhost           | 200    |
      | ::1          | [::1]:8765          | 200    |
      | 127.0.0.1    | LOCALHOST:1         | 200    |
      | 127.0.0.1    | rebound.example     | 421    |
      | 127.0.0.1    | 127.0.0.1.example   | 421    |
      | 127.0.0.1    | 192.0.2.1           | 421    |
      | 192.0.2.1    | 127.0.0.1           | 403    |
      | 192.0.2.1    | audit.example       | 403    |

  Scenario Outline: Whoever comes through a proxy on this machine is not this machine
    Given the page of a shop's log without hook and token
    When a proxy asks for "/" and says "<header>"
    Then the answer's status is 403
    And the answer has nothing of the log, unless it is 200

    Examples:
      | header            |
      | x-forwarded-for   |
      | x-real-ip         |
      | forwarded         |
      | via               |

  Scenario Outline: With allowed hosts no other name is answered
    Given the page of a shop's log for the hosts "audit.example"
    When 192.0.2.1 asks for "/" at "<host>"
    Then the answer's status is <status>

    Examples:
      | host              | status |
      | audit.example     | 200    |
      | AUDIT.example:443 | 200    |
      | 192.0.2.9:8765    | 200    |
      | rebound.example   | 421    |

  Scenario: A token is asked for, taken once from the address, and then kept in a cookie
    Given the page of a shop's log with the token "0123456789abcdefghij"
    When the reader opens "/"
    Then the answer's status is 401
    And the answer has nothing of the log, unless it is 200
    When the reader opens "/?token=wrong-wrong-wrong-wrong&actor=user:anna"
    Then the answer's status is 401
    When the reader opens "/?token=0123456789abcdefghij&actor=user:anna" without following
    Then the page leads to an address with "?actor=user:anna" and "/" but without "token", "0123456789"
    And the cookie is for this site alone, out of reach of scripts, and does not hold the token
    When the reader opens "/?actor=user:anna"
    Then the page lists "neighbour, updated, created"
    When the reader signs out
    And the reader opens "/"
    Then the answer's status is 401

  Scenario: A token is taken from the form, and leads to where one wanted to go
    Given the page of a shop's log with the token "0123456789abcdefghij"
    When the reader opens "/events/{updated}"
    And the reader fills in the token "wrong-wrong-wrong-wrong"
    Then the answer's status is 401
    When the reader opens "/events/{updated}"
    And the reader fills in the token "0123456789abcdefghij"
    Then the page leads to "/events/{updated}"
    When the reader opens "/events/{updated}"
    Then the answer's status is 200

  Scenario Outline: The form leads nowhere else
    Given the page of a shop's log with the token "0123456789abcdefghij"
    When the form with the token "0123456789abcdefghij" wants to lead to "<address>"
    Then the page leads to "/"

    Examples:
      | address                 |
      | https://evil.example/   |
      | //evil.example/         |
      | /\\evil.example         |
      | javascript:alert(1)     |

  Scenario: Programs show the token in a header
    Given the page of a shop's log with the token "0123456789abcdefghij"
    When a program asks for "/" with the header "Bearer 0123456789abcdefghij"
    Then the answer's status is 200
    When a program asks for "/" with the header "Bearer 0123456789abcdefghi"
    Then the answer's status is 401
    When a program asks for "/" with the header "Basic 0123456789abcdefghij"
    Then the answer's status is 401

  Scenario Outline: A hook decides, and whatever goes wrong in it lets nobody in
    Given the page of a shop's log with a hook that <does>
    When the reader opens "/"
    Then the answer's status is <status>
    And the answer has nothing of the log, unless it is 200

    Examples:
      | does                             | status |
      | returns a reader                 | 200    |
      | is a coroutine                   | 200    |
      | returns a coroutine              | 200    |
      | returns None                     | 403    |
      | raises                           | 500    |
      | returns True                     | 503    |

  Scenario Outline: What cannot work is told when the page is made
    Then no page can be made with <what>, and the error names "<argument>"

    Examples:
      | what                             | argument       |
      | a short token                    | token          |
      | a token beside a hook            | token          |
      | a hook that cannot be called     | authorize      |
      | hosts in one string              | allowed_hosts  |
      | hosts with a star                | allowed_hosts  |
      | an actor without a type          | actor          |
      | limits in a dict                 | limits         |
      | a page of no events              | page_size      |
      | a page of 1001 events            | most_page_size |
      | queries that may take no time    | query_seconds  |
      | a record_reads that is no bool   | record_reads   |
      | tenants in one string            | tenants        |

  Scenario: Without the extra the error names the line that installs it
    Then importing the page without "starlette" says "pip install 'indelible[web]'"
    And importing the page without "jinja2" says "pip install 'indelible[web]'"

  Scenario Outline: Hostile values are shown, and do nothing: <name>
    Given the page of a log in which "<name>" is stored in every member
    Then on every page about it the value is harmless
    And the event's page shows it as it is, with what does not show written out

    Examples:
      | name      |
      | script    |
      | attribute |
      | quotes    |
      | template  |
      | bidi      |
      | style     |
      | html      |
      | refresh   |
      | address   |
      | controls  |
      | htmx      |
      | path      |

  Scenario Outline: Hostile values in the address do nothing either: <parameter>
    Given the page of a shop's log
    Then no hostile value as "<parameter>" in the address does anything

    Examples:
      | parameter |
      | action    |
      | actor     |
      | since     |
      | cursor    |
      | detail    |
      | zone      |
      | token     |
      | nonsense  |
