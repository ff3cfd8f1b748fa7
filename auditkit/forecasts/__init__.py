"""Before a run: what it would do, what it could find, and how long it takes.

`forecast` is what `auditkit plan` says, from `foreseen` (what the rows could show) and `timing` (a sample that is
timed).
"""
