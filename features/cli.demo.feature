Feature: The demonstration shows the library at work
  As somebody who has just cloned the repository
  I want to see a real service record who did what
  So that I believe it before I read about it

  An HTTP service on loopback, eight users at once, first sync and then async. At the end the log
  holds one event for each request, one of them is proven, an edited row is found, and nothing of
  the demonstration is left.

  Scenario: Requests and events agree
    When indelible runs the demonstration "demo --requests 120"
    Then indelible ends with code 0
    And indelible prints "8 users at once, 120 requests in each mode"
    And indelible's demonstration counts in both modes
      | outcome | number |
      | success | 105    |
      | failure | 8      |
      | denied  | 7      |
      | all     | 120    |
    And indelible's demonstration shows an update with its change and without its secret
    And indelible's demonstration has left nothing behind

  Scenario: The users' passwords and payments are nowhere in the log
    When indelible runs the demonstration "demo --requests 80 --url $URL"
    Then indelible ends with code 0
    And indelible's database holds 160 events of the demonstration, and none of its secrets
    And indelible's database tells in each event who, where, for whom and in which request
    And indelible's demonstration has left nothing behind

  Scenario: A second run counts its own events alone
    When indelible runs the demonstration "demo --requests 40 --url $URL"
    And indelible runs the demonstration "demo --requests 40 --url $URL"
    Then indelible ends with code 0
    When indelible runs "count"
    Then indelible prints "160"

  Scenario: An event is proven, and the row that is edited afterwards is found
    When indelible runs the demonstration "demo --requests 40 --url ''"
    Then indelible ends with code 0
    And indelible's demonstration proves one of 80 events, and finds that very event edited
    And indelible's demonstration has left nothing behind

  Scenario: A database that is named is verified and not touched
    When indelible runs the demonstration "demo --requests 40 --url $URL"
    Then indelible ends with code 0
    And indelible prints "80 events: PROVEN"
    And indelible prints "left out   the tampering"
    And indelible's database has no finding and no checkpoint of the demonstration

  Scenario: A named database that was edited before is not called proven
    Given indelible's demonstration has run once, and somebody has edited an event of it
    When indelible runs the demonstration "demo --requests 40 --url $URL"
    Then indelible ends with code 1
    And indelible says in one line "nothing is proven: the log 'audit' is not as it was recorded"

  Scenario Outline: <edit> in place of the edit is not what should be found
    Given indelible's demonstration makes <edit>
    When indelible runs the demonstration "demo --requests 40 --url ''"
    Then indelible ends with code 1
    And indelible says in one line "the verification did not say what it should"

    Examples:
      | edit             |
      | no edit          |
      | two edits        |
      | another deletion |

  Scenario: A log that misses an event is found out
    Given indelible's log loses one event
    When indelible runs the demonstration "demo --requests 40"
    Then indelible ends with code 1
    And indelible prints "NOT EQUAL"
    And indelible says in one line "requests and events do not agree"
    And indelible's demonstration has left nothing behind

  Scenario: A log that misses all events has none to prove
    Given indelible's log loses every event
    When indelible runs the demonstration "demo --requests 40"
    Then indelible ends with code 1
    And indelible prints "NOT EQUAL"
    And indelible does not print "Is the log as it was recorded?"
    And indelible says in one line "requests and events do not agree"
    And indelible's demonstration has left nothing behind

  Scenario Outline: A service that answers one user with <answer> ends the demonstration of all
    When 2 users send 100000 requests to a service that answers one of them with <answer>
    Then within 10 seconds they are told "<text>"

    Examples:
      | answer          | text                                        |
      | a failure       | POST /login was answered by 500: out of order |
      | no JSON         | JSONDecodeError: Expecting value            |
      | no token        | KeyError: 'token'                           |
      | no HTTP at all  | BadStatusLine: nonsense                     |

  Scenario: A log that cannot take an event turns the request away
    Given indelible's log refuses every update
    When indelible runs the demonstration "demo --requests 40"
    Then indelible ends with code 4
    And indelible says "was answered by 503: {"error": "the audit log is not available"}"
    And indelible's demonstration has left nothing behind

  Scenario: A request without a login, or for what is not there
    Then indelible's invoice service answers
      | method | path                | logged in | status | event           | outcome |
      | GET    | /invoices/1         | no        | 401    | none            |         |
      | GET    | /invoices/99        | yes       | 404    | invoice.read    | failure |
      | PUT    | /invoices/99        | yes       | 404    | invoice.update  | failure |
      | POST   | /invoices/99/approve | yes      | 404    | invoice.approve | failure |
      | GET    | /customers          | yes       | 404    | none            |         |

  Scenario: On a terminal a bar shows how far it is
    When indelible runs on a terminal of 100 columns "demo --requests 16"
    Then indelible ends with code 0
    And indelible prints "16/16"

  Scenario Outline: <signal> ends it without a trace
    When indelible's demonstration gets <signal> while it runs
    Then indelible's demonstration ends with code <code>
    And indelible's demonstration has left no process and no file

    Examples:
      | signal  | code |
      | SIGINT  | 130  |
      | SIGTERM | 143  |
