"""Sphinx's configuration: `./dev docs` builds with warnings as errors."""

from __future__ import annotations

import logging
from importlib.metadata import version as installed_version

project = "Indelible"
author = "The Indelible authors"
version = release = installed_version("indelible")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = "Indelible"
# The page of the benchmarks is a part of the one about performance.
exclude_patterns = ["_build", "explanation/benchmarks.md"]
# In docstrings, a name between single backticks is a link to what it names.
default_role = "py:obj"

# Every heading down to the third level can be linked to by its text.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]

# Types stand in the signatures already; the reference follows the source's own order.
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False


def _no_empty_glob(record: logging.LogRecord) -> bool:
    return getattr(record, "subtype", None) != "empty_glob"


# A part of the documentation may be empty for a while. suppress_warnings would be the place to say
# so, but Sphinx 9.0 gives this warning no type to name there.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(_no_empty_glob)
