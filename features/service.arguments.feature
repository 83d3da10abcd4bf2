Feature: A wrong argument is refused where it is passed
  As an application's author
  I want a wrong argument refused by the constructor, with its name, its value and the mend
  So that a typing error does not wait for the first event to be found

  Scenario: Each refusal names the argument, the value and the mend
    Then a service with each of these arguments is refused
      | argument      | value            | says                                                             |
      | bind          | 5                | bind=5: pass a database URL such as 'sqlite:///audit.db', or a SQLAlchemy Engine |
      | bind          | None             | bind=None: pass a database URL                                   |
      | on_error      | 'log'            | on_error='log': pass 'raise'                                      |
      | on_error      | None             | on_error=None: pass 'raise'                                       |
      | clock         | 'utc'            | clock='utc': pass a callable that returns a datetime             |
      | audit_async   | 1                | audit_async=1: pass True or False                                |
      | on_full       | 'wait'           | on_full='wait': pass one of                                      |
      | timeout       | 0                | timeout=0: pass seconds as a number above 0                      |
      | timeout       | True             | timeout=True: pass seconds                                       |
      | log           | 'a+b'            | log='a+b': use 1 to 255 printable characters                     |
      | log           | ''               | log='': use 1 to 255 printable characters                        |
