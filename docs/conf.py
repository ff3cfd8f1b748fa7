"""Sphinx, for `make docs`: Markdown pages by MyST, nothing fetched from anywhere."""  # noqa: INP001  Sphinx reads it by its path

from importlib.metadata import version as version_of

project = "auditkit"
author = "The auditkit authors"
version = release = version_of("auditkit")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "alabaster"
html_theme_options = {"description": "Audits trained models and signs what it found"}
html_show_sourcelink = False
