Feature: What a child of multiprocessing's fork server records is not lost
  As an application whose workers come from a fork server
  I want their queues to be drained when they end
  So that it does not matter which process imported the library first

  Such a child is forked from a server that knows nothing of indelible, imports it afterwards, and
  ends without running atexit.

  Scenario Outline: A child records in the background and returns, its service made <where>
    When a child of the fork server records 50 events in the background, its service made <where>
    Then the database holds 50 events of that child

    Examples:
      | where                            |
      | in its function                  |
      | while its main module is imported |
