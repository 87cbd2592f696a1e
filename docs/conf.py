"""Sphinx: the documentation site, built offline by `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kept import digest

project = "hpgaxis"
author = "The hpgaxis authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "mathml"]
html_math_renderer = "mathml"
myst_enable_extensions = ["attrs_inline", "dollarmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["images"]
# The notebooks run at every build, but for those that ran under the same package and packages installed.
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parent.parent / "build" / "notebooks" / digest()[:16])
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 120
html_theme = "furo"
html_title = "hpgaxis"
html_static_path = ["static", "generated/static"]
html_css_files = ["site.css", "figures.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
autodoc_typehints = "description"
autodoc_member_order = "bysource"
html_theme_options = {
    "announcement": "For research and teaching. Not a medical device; not for decisions about a patient.",
}
suppress_warnings = ["myst.header", "misc.highlighting_failure", "ref.python"]
