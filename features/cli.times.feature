Feature: Times on the command line
  As somebody who asks what happened since yesterday
  I want to write times as I think of them
  So that no time is guessed and none is taken for another

  A time needs its zone. Days begin at midnight in the machine's own zone.

  Scenario Outline: At <now>, "<text>" is <moment>
    Given indelible's clock stands at <now> in Central Europe
    Then the time "<text>" is <moment> for indelible

    Examples: Points in time
      | now                  | text                      | moment               |
      | 2026-06-15T12:00:00Z | 2026-03-01T09:00:00Z      | 2026-03-01T09:00:00Z |
      | 2026-06-15T12:00:00Z | 2026-03-01T09:00+01:00    | 2026-03-01T08:00:00Z |
      | 2026-06-15T12:00:00Z | 2026-03-01 09:00:00.5-05:30 | 2026-03-01T14:30:00.500000Z |
      | 2026-06-15T12:00:00Z | now                       | 2026-06-15T12:00:00Z |

    Examples: How long ago
      | now                  | text | moment               |
      | 2026-06-15T12:00:00Z | 30s  | 2026-06-15T11:59:30Z |
      | 2026-06-15T12:00:00Z | 15m  | 2026-06-15T11:45:00Z |
      | 2026-06-15T12:00:00Z | 2h   | 2026-06-15T10:00:00Z |
      | 2026-06-15T12:00:00Z | 3d   | 2026-06-12T12:00:00Z |
      | 2026-06-15T12:00:00Z | 1w   | 2026-06-08T12:00:00Z |
      | 2026-06-15T12:00:00Z | 2H   | 2026-06-15T10:00:00Z |
      | 2026-06-15T12:00:00Z | 0s   | 2026-06-15T12:00:00Z |

    Examples: Days, also those on which the clocks change
      | now                  | text      | moment               |
      | 2026-06-15T12:00:00Z | today     | 2026-06-14T22:00:00Z |
      | 2026-06-15T12:00:00Z | Yesterday | 2026-06-13T22:00:00Z |
      | 2026-06-15T22:30:00Z | today     | 2026-06-15T22:00:00Z |
      | 2026-03-29T12:00:00Z | today     | 2026-03-28T23:00:00Z |
      | 2026-03-30T12:00:00Z | today     | 2026-03-29T22:00:00Z |
      | 2026-03-30T12:00:00Z | yesterday | 2026-03-28T23:00:00Z |

  Scenario Outline: "<text>" is refused
    Given indelible's clock stands at 2026-06-15T12:00:00Z in Central Europe
    Then the time "<text>" is refused by indelible with "<problem>"

    Examples:
      | text                | problem                          |
      | 2026-03-01T09:00:00 | has no time zone                 |
      | 2026-03-01          | has no time zone                 |
      | tomorrow            | 'tomorrow' is no time. Write     |
      | 2 hours             | '2 hours' is no time. Write      |
      | 1h30m               | '1h30m' is no time. Write        |
      | -1h                 | '-1h' is no time. Write          |
      | 2026-13-01T00:00Z   | is no time. Write                |
      | 999999999w          | lies before the calendar begins  |
      | 99999d9             | is no time. Write                |

  Scenario Outline: A filter that is no time is wrong usage
    When indelible runs "list <option> soon"
    Then indelible ends with code 2
    And indelible says "Invalid value for '<option>': 'soon' is no time"

    Examples:
      | option  |
      | --since |
      | --until |
