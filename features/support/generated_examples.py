"""Examples tables whose rows are found out when the run starts.

behave has no such thing, but it builds the scenarios of an outline anew when a table is changed.
So a table tagged with one of the names below is filled before the run:

    Scenario Outline: The examples of <page> run
      ...
      @generated.docs_pages
      Examples:
        | page |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from features.support import docs_examples

GENERATORS: dict[str, Callable[[], list[list[str]]]] = {
    "generated.docs_pages": docs_examples.page_rows,
}
"""By tag, the function that makes the rows, each a list of cells."""


def fill(features: Iterable[Any]) -> None:
    """Fill the generated tables of all the features of a run."""
    for feature in features:
        for outline in feature.walk_scenarios(with_outlines=True):
            for examples in getattr(outline, "examples", ()):
                for tag in examples.tags:
                    if tag in GENERATORS:
                        for row in GENERATORS[tag]():
                            examples.table.add_row(row, examples.line)
