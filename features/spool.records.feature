Feature: What is appended to a spool is there until it is drained
  As the writer of an audit log whose database may be away
  I want records kept on the local disk, in order, within a bound
  So that an event is safe as soon as it is acknowledged

  Rule: Records come out as they went in

    Scenario: Records of all sizes, in appends of all sizes
      When 400 appends of up to 60 records each go through a spool that is drained at times
      Then the spool has delivered each record once, in order
      And a drained spool keeps the disk it needs and no more

    Scenario: A record that is larger than a segment
      When records of 1, 100000 and 2 bytes go through a spool of small segments
      Then the spool has delivered each record once, in order

    Scenario: Nothing is appended, and nothing is read
      Then an empty spool has nothing to read, and an empty append changes nothing

    Scenario: One thread appends while another drains
      When one thread appends 5000 records to a spool while another drains it
      Then the spool has delivered each record once, in order

    Scenario: A reader asks for little
      Then chunks of a spool keep within the records and bytes that were asked for

    Scenario: A backlog of many segments is read in little memory
      Then reading a spool of 40 MB takes less than 12 MB of memory

  Rule: A spool outlives its process

    Scenario Outline: A process ends <how>, and another takes over
      Given a spool with 200 records, of which 77 are drained, whose process ends <how>
      When its directory is taken over
      Then the spool has delivered the other 123, in order
      And nothing is left of the spool

      Examples:
        | how      |
        | well     |
        | by force |

    Scenario: A spool that is drained goes with its process
      Then a spool that is drained leaves nothing behind when it is closed

    Scenario: A dead process's drained spool is removed
      Then a drained spool of a killed process is removed by whoever looks

    Scenario: A taken-over spool is left half-way, and taken over again
      Then a spool that is drained by three processes in turn is delivered once

    Scenario: What a killed process was making is removed in time
      Then a half-made spool is left alone when it is new, and removed when it is old

  Rule: A spool belongs to one log

    Scenario: Another log's spool
      Given a spool with 20 records that a dead process has left
      When it is taken over for another log
      Then that is refused, naming both logs, and its files stay as they were
      And a directory with another log's spool is refused beforehand

  Rule: A spool is bounded and private

    Scenario: The bound
      Then a spool never takes more than its bound, and has room again once it is drained

    Scenario Outline: A bound that makes no sense
      Then a spool with <argument>=<value> is refused

      Examples:
        | argument      | value   |
        | max_bytes     | 100     |
        | segment_bytes | 100     |
        | segment_bytes | 9999999 |

    Scenario: Files for their owner alone
      Then the files of a spool have mode 0600 and its directories 0700, whatever the umask

  Rule: A spool can be looked at

    Scenario: What is known of a spool that is in use
      Then a spool tells what is pending, and since when

    Scenario: Looking from outside changes nothing
      Then looking at spools of living and dead processes tells what is in them and changes nothing

  Rule: An event's row is kept exactly

    Scenario: Any row
      Then any event's row comes back from bytes as it was

    Scenario: What is no row
      Then what is no event's row is refused by the spool's codec, both ways
