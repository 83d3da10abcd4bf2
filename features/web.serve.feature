Feature: indelible serve
  The page as a server of its own: for this machine unless told otherwise, and nowhere else without
  somebody who decides about readers.

  Scenario: It serves this machine, says where, and ends when it is told to
    Given indelible serves a shop's log
    When a client asks the server for "/?actor=user:anna"
    Then the server answers with 200
    And the server has printed one line, which says where it is
    When the server is told to end
    Then the server ends with code 0
    And the shop's log holds 1 "audit.read.list" by whoever runs the server

  Scenario: Another name for this machine is not answered
    Given indelible serves a shop's log
    When a client calls the server "rebound.example" and asks for "/"
    Then the server answers with 421

  Scenario Outline: It refuses to be reached from elsewhere unless somebody decides about readers
    Given a shop's log
    When indelible runs "serve --port 0 --host <host>"
    Then indelible ends with code 3
    And indelible says "--authorize, --token-file or --generate-token"

    Examples:
      | host      |
      | 0.0.0.0   |
      | ::        |
      | 192.0.2.1 |
      | example   |

  Scenario: With a token in a file it can be reached, and asks for it
    Given a shop's log
    And a file "token" that holds "0123456789abcdefghij"
    And indelible serves it with "--host 0.0.0.0 --token-file {token}"
    When a client asks the server for "/"
    Then the server answers with 401
    When a client shows the token "0123456789abcdefghij" and asks for "/"
    Then the server answers with 200
    And nobody sees "0123456789abcdefghij" among the machine's processes

  Scenario: A token is made, and printed with the address, once
    Given a shop's log
    And indelible serves it with "--generate-token"
    When a client asks the server for "/"
    Then the server answers with 401
    When a client opens the address that the server has printed
    Then the server answers with 303
    And the server has printed one line, which says where it is

  Scenario: A hook decides
    Given a shop's log
    And a file "gate.py" that holds "from indelible.web import Reader; let_in = lambda request: Reader('user:rita', {'globex'})"
    And indelible serves it from there with "--authorize gate:let_in"
    When a client asks the server for "/"
    Then the server answers with 200
    And the answer names "gus" and not "anna"

  Scenario Outline: What cannot work is told in one line
    Given a shop's log
    When indelible runs "serve --port 0 <options>"
    Then indelible ends with code <code>
    And indelible says "<text>"

    Examples:
      | options                                       | code | text                       |
      | --authorize nothing                           | 3    | module:function            |
      | --authorize no_such_module:function           | 3    | cannot be imported         |
      | --authorize json:no_such_function             | 3    | cannot be imported         |
      | --authorize json:__name__                     | 3    | it is no function          |
      | --token-file /no/such/file                    | 2    | does not exist             |
      | --token-file pyproject.toml                   | 3    | token_file                 |
      | --token-file pyproject.toml --generate-token  | 3    | not both                   |
      | --actor rita                                  | 3    | type:id                    |
      | --port 70000                                  | 2    | 70000                      |
      | --page-size 2000                              | 2    | 2000                       |
      | --query-timeout 0                             | 2    | query-timeout              |
      | --allow-host *.example                        | 3    | allowed_hosts              |
      | --host 127.0.0.1.invalid.example. --generate-token | 3 | cannot be bound          |

  Scenario: A port that is taken is told
    Given indelible serves a shop's log
    When indelible serve is run with the same port
    Then indelible ends with code 3
    And indelible says "cannot be bound"

  Scenario: A database without tables is told before anything is served
    Given an empty database
    When indelible runs "serve --port 0"
    Then indelible ends with code 3
    And indelible says "indelible db upgrade"

  Scenario: Without the server's library the error names the line that installs it
    Then indelible serve without "uvicorn" says "pip install 'indelible[web]'"
    And indelible serve without "starlette" says "pip install 'indelible[web]'"
