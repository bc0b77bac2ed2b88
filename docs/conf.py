"""Sphinx configuration: text notebooks, executed at each build; nothing from a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "megabar"
author = "The megabar developers"
project_copyright = "2026, the megabar developers"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "mathml",
]
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_prev_next": False, "use_edit_page_button": False, "footer_end": []}
html_title = "megabar"
html_sidebars = {"**": []}  # flat pages: the width goes to code and tables
exclude_patterns = ["_build", "jupyter_execute"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False
