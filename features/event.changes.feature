Feature: The diff of before and after
  Of two states an event keeps what differs, each difference under the path to it, and leaves the
  unchanged out. An auditor can undo and redo every step, so nothing that differs may be missed.

  Background:
    Given a diff's service

  Scenario: The diff names each change by its path
    # "..." stands for a value that is not there.
    Then the diff of these states is
      | before                                | after                                   | changes                                     |
      | {"a": 1}                              | {"a": 2}                                | {"a": (1, 2)}                               |
      | {"a": 1, "b": 2}                      | {"a": 1, "b": 3}                        | {"b": (2, 3)}                               |
      | {"a": 1}                              | {"a": 1, "b": None}                     | {"b": (..., None)}                          |
      | {"a": 1, "b": None}                   | {"a": 1}                                | {"b": (None, ...)}                          |
      | None                                  | {"a": 1, "b": {"c": 2}}                 | {"a": (..., 1), "b": (..., {"c": 2})}       |
      | {"a": 1}                              | None                                    | {"a": (1, ...)}                             |
      | {"a": {"b": {"c": 1, "d": 2}, "e": 3}} | {"a": {"b": {"c": 9, "d": 2}, "e": 3}} | {"a/b/c": (1, 9)}                           |
      | {"a": {"b": 1}}                       | {"a": {}}                               | {"a/b": (1, ...)}                           |
      | {"a": {}}                             | {"a": {"b": {}}}                        | {"a/b": (..., {})}                          |
      | {"a": {"b": 1}}                       | {"a": 1}                                | {"a": ({"b": 1}, 1)}                        |
      | {"a": None}                           | {"a": {"b": 1}}                         | {"a": (None, {"b": 1})}                     |
      | {"a": [1, 2]}                         | {"a": [1, 3]}                           | {"a": ([1, 2], [1, 3])}                     |
      | {"a": [1, 2]}                         | {"a": [1, 2, 3]}                        | {"a": ([1, 2], [1, 2, 3])}                  |
      | {"a": [{"b": 1}]}                     | {"a": [{"b": 2}]}                       | {"a": ([{"b": 1}], [{"b": 2}])}             |
      | {"a": ""}                             | {"a": None}                             | {"a": ("", None)}                           |
      | {"a": {1, 2}}                         | {"a": {2, 3}}                           | {"a": ({1, 2}, {2, 3})}                     |

  Scenario: The diff sees a change of type alone
    Then the diff of these states is
      | before              | after                | changes                               |
      | {"a": 1}            | {"a": True}          | {"a": (1, True)}                      |
      | {"a": 1}            | {"a": 1.0}           | {"a": (1, 1.0)}                       |
      | {"a": False}        | {"a": 0}             | {"a": (False, 0)}                     |
      | {"a": [0, [1]]}     | {"a": [0, [True]]}   | {"a": ([0, [1]], [0, [True]])}        |
      | {"a": [{"b": 1}]}   | {"a": [{"b": 1.0}]}  | {"a": ([{"b": 1}], [{"b": 1.0}])}     |
      | {"a": (1, 2)}       | {"a": [1, 2]}        | {"a": ((1, 2), [1, 2])}               |
      | {"a": (1,)}         | {"a": (True,)}       | {"a": ((1,), (True,))}                |
      | {"a": {1}}          | {"a": {True}}        | {"a": ({1}, {True})}                  |
      | {"a": "1"}          | {"a": b"1"}          | {"a": ("1", b"1")}                    |
      | {"a": None}         | {"a": False}         | {"a": (None, False)}                  |

  Scenario: The diff leaves out what is unchanged
    Then the diff of these states is
      | before                                                 | after                                                  | changes |
      | {}                                                     | {}                                                     | {}      |
      | None                                                   | {}                                                     | {}      |
      | {"a": 1, "b": "x", "c": None, "d": 1.5}                | {"d": 1.5, "c": None, "b": "x", "a": 1}                | {}      |
      | {"a": {"b": [1, {"c": (2, {3})}]}}                     | {"a": {"b": [1, {"c": (2, {3})}]}}                     | {}      |
      | {"a": {}}                                              | {"a": {}}                                              | {}      |
      | {"a": 100000000000000000000, "b": b"x", "c": {"d": []}} | {"a": 100000000000000000000, "b": b"x", "c": {"d": []}} | {}     |
    And the diff of unchanged states has no member in the body

  Scenario: The diff escapes separators in keys and keeps odd keys apart
    Then the diff of these states is
      | before                                      | after                                       | changes                                            |
      | {"a/b": 1, "a": {"b": 2}}                   | {"a/b": 3, "a": {"b": 4}}                   | {"a~1b": (1, 3), "a/b": (2, 4)}                    |
      | {"~": 1, "~1": {"/": 2}}                    | {"~": 2, "~1": {"/": 3}}                    | {"~0": (1, 2), "~01/~1": (2, 3)}                   |
      | {"": 1, "x": {"": {"": 1}}}                 | {"": 2, "x": {"": {"": 2}}}                 | {"": (1, 2), "x//": (1, 2)}                        |
      | {"$decimal": "1", "$$decimal": "1"}         | {"$decimal": "2", "$$decimal": "3"}         | {"$decimal": ("1", "2"), "$$decimal": ("1", "3")}  |
      | {"$a": {"b": 1, "c": 2}}                    | {"$a": {"b": 1, "c": 3}}                    | {"$a/c": (2, 3)}                                   |
      | {"a": {"$b": 1, "c": 2}}                    | {"a": {"$b": 3, "c": 2}}                    | {"a/$b": (1, 3)}                                   |
      | {"n\x00": {"m\x00": 1, "o": 2}}             | {"n\x00": {"m\x00": 2, "o": 2}}             | {"n\x00/m\x00": (1, 2)}                            |

  Scenario: The diff compares dataclass instances and mappings of any class member by member
    Then the diff of dataclass instances names the changed fields
    And the diff of a dict and an equal mapping of another class is empty
    And the diff of nested mappings of different classes names what changed inside
    And the diff of values that compare equal although their fields differ in type names them

  Scenario: The diff takes an object's word for nothing
    Then the diff of values whose comparison raises names them
    And the diff of equal decimals, times and enum members is empty

  Scenario: The diff applied to before gives after, and backwards
    Then the diff of any states leads from one to the other

  Scenario: The diff's placeholder is one object, falsy and told apart from None
    Then the diff's MISSING is one object through copies and pickles
