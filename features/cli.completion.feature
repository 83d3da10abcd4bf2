Feature: A shell completes commands, options and values
  As somebody who types a command twice a year
  I want the shell to know its words
  So that I need not look them up

  Scenario Outline: The script for <shell>
    When indelible runs "completion <shell>"
    Then indelible ends with code 0
    And indelible prints "_INDELIBLE_COMPLETE=<shell>_complete"

    Examples:
      | shell |
      | bash  |
      | zsh   |
      | fish  |

  Scenario: Another shell
    When indelible runs "completion cmd"
    Then indelible ends with code 2
    And indelible says "'cmd' is not one of 'bash', 'zsh', 'fish'"

  Scenario Outline: "<words>" is completed
    When a shell asks indelible to complete "<words>"
    Then indelible offers <offers>

    Examples:
      | words                          | offers                     |
      | indelible st                   | stats                      |
      | indelible list --outcome s     | success                    |
      | indelible list --actor-        | --actor-type               |
      | indelible list --since y       | yesterday                  |
      | indelible list --order n       | newest                     |
      | indelible facets ac            | action, actor, actor_type  |
      | indelible facets actor ten     | tenant                     |
      | indelible stats --bucket w     | week                       |
      | indelible record a --severity c | critical                  |
      | indelible completion z         | zsh                        |
      | indelible list --request-id x  | nothing                    |

  Scenario: Completing a command imports none
    Then indelible completes its commands without importing one
