Feature: A wrong argument is refused where it is passed
  As an application's author
  I want a wrong argument refused by the constructor, with its name, its value and the mend
  So that a typing error does not wait for the first event to be found

  Scenario: Each refusal names the argument, the value and the mend
    Then a service with each of these arguments is refused
      | argument      | value            | says                                                             |
      | bind          | 5                | bind=5: pass a database URL such as 'sqlite:///audit.db', or a SQLAlchemy Engine |
      | bind          | None             | bind=None: pass a database URL                                   |
      | on_error      | 'log'            | on_error='log': pass 'raise', 'spool', 'drop', or a callable     |
      | on_error      | None             | on_error=None: pass 'raise', 'spool', 'drop', or a callable      |
      | on_error      | []               | on_error=[]: pass 'raise', 'spool', 'drop', or a callable        |
      | clock         | 'utc'            | clock='utc': pass a callable that returns a datetime             |
      | audit_async   | 1                | audit_async=1: pass True or False                                |
      | on_full       | 'wait'           | on_full='wait': pass one of 'block', 'raise', 'spool', 'drop'    |
      | on_full       | []               | on_full=[]: pass one of                                          |
      | spool         | ''               | spool='': pass the path of a directory, or None                  |
      | spool         | 5                | spool=5: pass the path of a directory, or None                   |
      | spool_max_bytes | 1048575        | spool_max_bytes=1048575: pass a whole number from 1048576        |
      | timeout       | 0                | timeout=0: pass seconds as a number above 0                      |
      | timeout       | True             | timeout=True: pass seconds                                       |
      | log           | 'a+b'            | log='a+b': use 1 to 255 printable characters                     |
      | log           | ''               | log='': use 1 to 255 printable characters                        |

  Scenario: Policies that make no sense together are refused
    Then a service with each of these combinations is refused
      | arguments                                                  | argument | says                                              |
      | {"audit_async": True, "on_full": "spool"}                  | on_full  | on_full='spool': name the directory as well       |
      | {"audit_async": False, "on_error": "spool"}                | on_error | on_error='spool': name the directory as well      |
      | {"audit_async": True, "on_error": "spool", "spool": "d"}   | on_error | leave on_error out, or use on_full='spool'        |
      | {"audit_async": True, "on_error": "drop", "spool": "d"}    | on_error | never dropped because the database fails          |
      | {"audit_async": False, "spool": "d"}                       | spool    | pass on_error='spool' as well, or audit_async=True |
      | {"audit_async": False, "spool": "d", "on_error": "drop"}   | spool    | pass on_error='spool' as well, or audit_async=True |
      | {"audit_async": False, "on_full": "drop"}                  | on_full  | there is no queue to be full in synchronous mode  |
      | {"audit_async": False, "on_full": "spool", "on_error": "spool", "spool": "d"} | on_full | pass 'block' or 'raise'         |

  Scenario: Policies that make sense are accepted, and nothing is made yet
    Then a service with each of these combinations is accepted, and makes no directory
      | arguments                                                  |
      | {"audit_async": True, "spool": "d"}                        |
      | {"audit_async": True, "spool": "d", "on_full": "raise"}    |
      | {"audit_async": True, "spool": "d", "on_full": "spool"}    |
      | {"audit_async": True, "spool": "d", "on_full": "drop"}     |
      | {"audit_async": True, "on_full": "drop"}                   |
      | {"audit_async": True, "on_error": "drop"}                  |
      | {"audit_async": True, "on_full": "drop", "on_error": "drop"} |
      | {"audit_async": False, "on_error": "drop"}                 |
      | {"audit_async": False, "on_error": "spool", "spool": "d"}  |
      | {"audit_async": False, "on_error": "spool", "spool": "d", "on_full": "drop"} |
      | {"audit_async": False, "on_full": "raise"}                 |
