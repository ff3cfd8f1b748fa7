"""A result on the way: as a table of pandas, in a notebook, at a prompt. The report is the `report` package's."""
