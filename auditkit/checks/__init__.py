"""Checks as they run: `measuring` is the room on one screen.

`planning` says which run, `checking` runs them and `asking` one of them, `controls` first on cases whose answers are
known, and `selftesting` on their rows drawn anew; `summaries` is what the result says of subject and data. `events` and
`stopping` are what the supervisor hears and says.
"""
