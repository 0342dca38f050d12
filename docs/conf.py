"""The site: Sphinx with pages in Markdown, notebooks with their outputs, and docstrings.

Nothing is fetched, neither while building nor by a reader's browser.
"""

import sozialraum

project = "sozialraum"
author = "sozialraum developers"
copyright = author
version = release = sozialraum.__version__
language = "en"

extensions = [
    "matplotlib.sphinxext.mathmpl",  # formulas as pictures: MathJax would come from a foreign host
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["_build", "_templates", "tutorials/.ipynb_checkpoints"]
templates_path = ["_templates"]
default_role = "code"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # docs/tutorials.py runs them; tests and this site share the result
nb_merge_streams = True
mathmpl_fontsize = 14.0
mathmpl_srcset = ["2x"]

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "sozialraum"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
