Feature: Every example in the documentation runs
  As a reader of the documentation
  I want each example to do what the page shows
  So that I can start from it

  A page reads as one program: its blocks run in order, in one fresh interpreter and an empty
  directory. features/support/docs_examples.py has the rules for those who write pages.

  Scenario Outline: The examples of <page> run
    When the examples of "<page>" are run
    Then all of them have done what the page shows

    @generated.docs_pages
    Examples: found in README.md and docs/
      | page |

  Scenario: The README has examples
    Then "README.md" is among the pages with examples

  Scenario Outline: A page is wrong when <what>
    Given a page
      """
      <page>
      """
    When the examples of that page are run
    Then they fail with "<message>"

    Examples:
      | what                        | page                                                        | message                                |
      | a python block raises       | ```python\nvalue = 1\n1 / 0\n```                            | page.md", line 3                       |
      | its output differs          | ```python\nprint(1)\n```\n```output\n2\n```                 | the page shows                         |
      | a doctest differs           | ```python\n>>> 1 + 1\n3\n```                                | page.md:2: 1 of the examples failed    |
      | a command fails             | ```console\n$ false\n```                                    | $ false: exit status 1                 |
      | a command succeeds instead  | ```console\n$ true  # exits with 2\n```                     | exit status 0                          |
      | a command's output differs  | ```console\n$ echo one\ntwo\n```                            | the page shows                         |
      | a block is not to run       | ```python no-run\n1\n```                                    | every such block runs                  |
      | a block would not run       | ```{code-block} python\n1\n```                              | would not run: write python or console |
      | a console has no command    | ```console\nls\n```                                         | must begin with a command              |
      | an output follows nothing   | ```output\n1\n```                                           | must follow a python block             |
      | it needs what nobody knows  | <!-- requires: oracle -->\n```python\n1\n```                | requires 'oracle'                      |
      | it needs two databases      | <!-- requires: mariadb -->\n<!-- requires: sqlite -->       | requires 2 databases                   |

  Scenario Outline: A page is right when <what>
    Given a page
      """
      <page>
      """
    When the examples of that page are run
    Then all of them have done what the page shows

    Examples:
      | what                        | page                                                                              |
      | blocks build on each other  | ```python\na = 1\n```\ntext\n```python\nassert a == 1\n```                        |
      | output is as shown          | ```python\nprint('one two three')\n```\n```output\none ... three\n```             |
      | a doctest agrees            | ```python\n>>> b = 2\n>>> b\n2\n```\n```python\nassert b == 2\n```                |
      | a command does as shown     | ```console\n$ echo one\none\n$ exit 3  # exits with 3\n```                        |
      | a command is continued      | ```console\n$ echo one \\n  two\none two\n```                                   |
      | a command sees python's env | ```python\nimport os; os.environ['A'] = 'x'\n```\n```console\n$ echo $A\nx\n```   |
      | an export lasts             | ```console\n$ export A=x\n$ echo $A\nx\n```                                       |
      | a command has a terminal    | ```console\n$ test -t 1\n```                                                      |
      | files meet                  | ```console\n$ echo 1 > f\n```\n```python\nassert int(open('f').read()) == 1\n```  |
      | others' blocks stay alone   | ```sh\nfalse\n```\n```sql\nSELECT\n```                                            |
      | it gets its database        | <!-- requires: sqlite -->\n```python\nimport os; os.environ['DATABASE_URL']\n```  |

  Scenario: A page whose server cannot be had is skipped, not failed
    Given a page
      """
      <!-- requires: mariadb -->
      ```python
      1 / 0
      ```
      """
    When the examples of that page are run without MariaDB
    Then the page counts as skipped
