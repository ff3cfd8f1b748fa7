"""Sphinx, for `make docs`: Markdown pages by MyST, nothing fetched from anywhere."""  # noqa: INP001  Sphinx reads it by its path

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import from_code

project = "auditkit"
author = "The auditkit authors"
version = release = version_of("auditkit")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
from_code.write(Path(__file__).parent)
myst_heading_anchors = 3
# Quotation marks of commands and formulas stay what they are.
smartquotes = False

html_theme = "alabaster"
html_theme_options = {"description": "Audits trained models and signs what it found"}
html_show_sourcelink = False
