"""Who answers for a model: the records that `[governance] records` names, read and held against each other.

`record` has the types that a result holds. `reading` makes tables of files, `rules` and `kinds` say what is wrong with
each, `links` follow what a statement points to, `overrides` counts a log, `questions` are what `auditkit ask` asks.
"""
