Feature: Spools are looked at and drained from the command line
  As an administrator whose application was killed while its database was away
  I want to see what it has left on the disk, and to bring that into the database
  So that every acknowledged event is in the log before I start anything else

  Only drain changes something, and only in spools whose processes are dead. The exit codes are
  documented in indelible.cli.exit_codes.

  Rule: status tells what is there

    Scenario: Nothing is there
      Given indelible finds an empty directory "spools"
      When indelible runs "spool status $TMP/spools"
      Then indelible ends with code 0
      And indelible prints nothing
      When indelible runs "spool status $TMP/spools --table"
      Then indelible ends with code 0
      And indelible prints "there is no spool in"

    Scenario: What dead and living processes have
      Given a dead process has left 3 events of the log "audit" in spools
      And a dead process has left 1 event of the log "other" in spools
      And a living process has 2 events in spools
      And what is in spools is remembered
      When indelible runs "spool status $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "4 events left by 2 dead processes"
      And indelible prints lines of JSON with
        | member  | values                       |
        | kind    | ["spool", "spool", "spool"]  |
        | alive   | [false, false, true]         |
        | log     | ["audit", "audit", "other"]  |
        | pending | [3, 1, 2]                    |
        | damaged | [0, 0, 0]                    |
        | problem | [null, null, null]           |
      And what is in spools is as it was

    Scenario: A living process alone needs nobody
      Given a living process has 2 events in spools
      When indelible runs "spool status $TMP/spools"
      Then indelible ends with code 0
      And indelible says nothing

    Scenario: The same for people
      Given a dead process has left 1234 events of the log "audit" in spools
      And the first event in that spool is damaged
      And what is in spools is remembered
      When indelible runs on a terminal of 80 columns "spool status $TMP/spools"
      Then indelible ends with code 1
      And indelible prints that spool's name
      And indelible prints "dead"
      And indelible prints "  1,233  "
      And indelible prints "1 place"
      And indelible prints "1 lost"
      And indelible prints "1,233 events left by 1 dead process, 1 damaged place in spools"
      And what is in spools is as it was

    Scenario: A spool of which nothing tells whose it is
      Given a dead process has left 3 events of the log "audit" in spools
      And nothing tells any more whose that spool is
      When indelible runs "spool status $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "1 spool that cannot be read"
      When indelible runs "spool status $TMP/spools --table"
      Then indelible prints "unknown"

    Scenario: What was set aside is told until somebody takes it away
      Given a dead process has left two different events of one id in spools
      And a dead process has left 3 events of the log "audit" in spools
      And the first event in that spool is damaged
      And indelible's database has its tables
      When indelible runs "spool drain $TMP/spools"
      And indelible runs "spool status $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "1 file of damaged bytes, 1 file of refused events"
      And indelible prints lines of JSON with
        | member  | values             |
        | kind    | ["bad", "refused"] |
        | entries | [1, 1]             |
        | lost    | [1, 0]             |
      When indelible runs "spool status $TMP/spools --table"
      Then indelible prints "1 damaged place, 1 event lost"
      And indelible prints "1 event that the database refuses"

  Rule: inspect shows the events

    Scenario: As they will be stored
      Given a dead process has left 3 events of the log "audit" in spools
      And a living process has 2 events in spools
      And what is in spools is remembered
      When indelible runs "spool inspect $TMP/spools"
      Then indelible ends with code 0
      And indelible says nothing
      And indelible prints the bodies that are in spools, each as it is there
      And what is in spools is as it was

    Scenario: No more than asked for
      Given a dead process has left 3 events of the log "audit" in spools
      When indelible runs "spool inspect $TMP/spools --limit 2"
      Then indelible ends with code 0
      And indelible prints 2 lines
      And indelible says "There are more: raise --limit"
      When indelible runs "spool inspect $TMP/spools --limit 3"
      Then indelible prints 3 lines
      And indelible says nothing

    Scenario: For people, and nothing that a terminal obeys
      Given a dead process has left an event with the action "a\u001b\u202eb" in spools
      When indelible runs on a terminal of 80 columns "spool inspect $TMP/spools"
      Then indelible ends with code 0
      And indelible prints "2026-03-01 09:00:00.000000"
      And indelible prints "a\u001b\u202eb"
      And indelible prints "door:0"
      And indelible's output shows nothing that a terminal obeys but colours
      When indelible runs on a terminal of 80 columns "spool inspect $TMP/spools --json"
      Then indelible's output shows nothing that a terminal obeys but colours

    Scenario: A record that is no event
      Given a dead process has left a record that is no event in spools
      When indelible runs "spool inspect $TMP/spools"
      Then indelible ends with code 0
      And indelible prints JSON with
        | member | value                  |
        | number | 0                      |
        | base64 | "wSBpcyBubyBtZXNzYWdl" |
      And indelible prints "is no event's row"
      When indelible runs "spool inspect $TMP/spools --table"
      Then indelible prints "is no event's row"

    Scenario: Nothing waits
      Given indelible finds an empty directory "spools"
      When indelible runs "spool inspect $TMP/spools --table"
      Then indelible prints "nothing waits"

    Scenario: One that cannot be read
      Given a dead process has left 3 events of the log "audit" in spools
      And nothing tells any more whose that spool is
      When indelible runs "spool inspect $TMP/spools"
      Then indelible ends with code 3
      And indelible says in one line "nothing in the spool"

    Scenario: What can be read comes before the complaint about what cannot
      Given a dead process has left 3 events of the log "audit" in spools
      And nothing tells any more whose that spool is
      And a dead process has left 2 events of the log "audit" in a spool behind that one
      When indelible runs "spool inspect $TMP/spools"
      Then indelible ends with code 3
      And indelible prints 2 lines
      And indelible says in one line "nothing in the spool"

  Rule: drain delivers what dead processes have left

    @use.with_db=<db>
    Scenario Outline: Into <db>, in order, once
      Given indelible's database has its tables
      And a dead process has left 300 events of the log "audit" in spools
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 0
      And indelible says nothing
      And indelible prints JSON with
        | member     | value |
        | committed  | 300   |
        | left       | 0     |
        | left_alone | []    |
      And indelible's database holds the 300 events in their order
      And nothing is left in spools
      When indelible runs "spool drain $TMP/spools --table"
      Then indelible ends with code 0
      And indelible prints "0 events committed, 0 left"

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: A living process's spool is left alone
      Given indelible's database has its tables
      And a dead process has left 3 events of the log "audit" in spools
      And a living process has 2 events in spools
      When indelible runs "spool drain $TMP/spools --table"
      Then indelible ends with code 0
      And indelible prints "3 events committed, 0 left"
      And indelible prints "its process lives and delivers it"
      When indelible runs "spool drain $TMP/spools"
      Then indelible prints "its process lives and delivers it"
      When indelible runs "spool status $TMP/spools"
      Then indelible prints lines of JSON with
        | member  | values |
        | alive   | [true] |
        | pending | [2]    |

    Scenario: A record that is no event costs no other
      Given indelible's database has its tables
      And a dead process has left a record that is no event in spools
      And a dead process has left 3 events of the log "audit" in spools
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "1 damaged place found, 1 event lost"
      And indelible prints JSON with
        | member    | value |
        | committed | 4     |
        | left      | 0     |

    Scenario: Another log's spool is left alone, and its own is drained
      Given indelible's database has its tables
      And a dead process has left 3 events of the log "audit" in spools
      And a dead process has left 2 events of the log "other" in spools
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 3
      And indelible says in one line "holds events of the log 'other', not of 'audit'"
      And indelible prints JSON with
        | member    | value |
        | committed | 3     |
        | left      | 0     |
      And indelible prints "it is another log's"
      When indelible runs "spool drain $TMP/spools --log other"
      Then indelible ends with code 0
      And nothing is left in spools

    Scenario: The database does not take it
      Given indelible's database has its tables
      And indelible's database is locked by somebody else
      And a dead process has left 3 events of the log "audit" in spools
      When indelible runs "spool drain $TMP/spools --busy-timeout 0.1 --timeout 0.5"
      Then indelible ends with code 4
      And indelible says in one line "3 events left in 1 spool, and nothing is lost. Run the same command again when this is mended: "
      And indelible says "database is locked"
      And indelible prints JSON with
        | member    | value |
        | committed | 0     |
        | left      | 3     |

    Scenario: The database takes it after a while
      Given indelible's database has its tables
      And indelible's database is locked for a second
      And a dead process has left 3 events of the log "audit" in spools
      When indelible runs "spool drain $TMP/spools --busy-timeout 0.1"
      Then indelible ends with code 0
      And indelible's database holds the 3 events in their order

    Scenario: A server that is not there
      Given a dead process has left 3 events of the log "audit" in spools
      When indelible runs "spool drain $TMP/spools --url postgresql://u:sekret@127.0.0.1:1/x --timeout 0.5"
      Then indelible ends with code 4
      And indelible says in one line "Connection refused"
      And indelible does not print "sekret"

    Scenario Outline: A mistyped URL receives nothing: <what>
      Given a dead process has left 3 events of the log "audit" in spools
      And what is in spools is remembered
      When indelible runs "spool drain $TMP/spools <arguments>"
      Then indelible ends with code 3
      And indelible says in one line "<text>"
      And what is in spools is as it was

      Examples:
        | what         | arguments                       | text                                        |
        | no file      | --url sqlite:///$TMP/no.db      | there is no SQLite file                     |
        | no URL       | --url ''                        | no database is named                        |
        | no database  | --url mongo://x                 | SQLAlchemy knows no database 'mongo'        |

    Scenario: A database without tables receives nothing
      Given a dead process has left 3 events of the log "audit" in spools
      And indelible finds an SQLite database "new.db" made by
        """
        CREATE TABLE mine (n INTEGER)
        """
      When indelible runs "spool drain $TMP/spools --url sqlite:///$TMP/new.db" in less than 15 seconds
      Then indelible ends with code 3
      And indelible says in one line "the database has no audit tables. Run: indelible db upgrade URL"
      And the tables of indelible's "new.db" are "mine"
      When indelible runs "spool status $TMP/spools"
      Then indelible prints lines of JSON with
        | member  | values |
        | pending | [3]    |

    Scenario: Events that the database refuses are set aside
      Given indelible's database has its tables
      And a dead process has left two different events of one id in spools
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 5
      And indelible says in one line "the database refuses 1 event, set aside with the reasons in"
      And indelible's database holds the 1 events in their order
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 0

    Scenario: Damage is told
      Given indelible's database has its tables
      And a dead process has left 3 events of the log "audit" in spools
      And the first event in that spool is damaged
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "1 damaged place found, 1 event lost. The bytes are kept in"
      When indelible runs "count --action audit.spool.damaged"
      Then indelible prints "1"
      When indelible runs "count --action door.open"
      Then indelible prints "2"

    Scenario: A spool of which nothing tells whose it is
      Given indelible's database has its tables
      And a dead process has left 3 events of the log "audit" in spools
      And nothing tells any more whose that spool is
      And what is in spools is remembered
      When indelible runs "spool drain $TMP/spools --log other"
      Then indelible ends with code 3
      And indelible says in one line "nothing in the spool"
      And indelible prints "it cannot be read"
      And what is in spools is as it was
      When indelible runs "spool drain $TMP/spools"
      Then indelible ends with code 1
      And indelible says in one line "1 damaged place found, 0 events lost"
      When indelible runs "count --action door.open"
      Then indelible prints "3"

  Rule: What is no directory of spools is said so

    Scenario Outline: <command>: <what>
      Given indelible's database has its tables
      And a dead process has left 1 event of the log "audit" in spools
      And indelible finds a file "file" with
        """
        """
      When indelible runs "spool <command> $TMP/<path>"
      Then indelible ends with code 3
      And indelible says in one line "<text>"
      And indelible prints nothing

      Examples:
        | command | what         | path          | text                       |
        | status  | nothing      | no            | there is no directory      |
        | inspect | nothing      | no            | there is no directory      |
        | drain   | nothing      | no            | there is no directory      |
        | status  | a file       | file          | is no directory            |
        | drain   | one spool    | spools/$SPOOL | is a single spool          |
