"""From files to rows under roles.

Short tables: `reader` makes the dataset, of `columns` with their `roles`, whose `faults` it names; `paths` refuses
files that are not there and `digests` says which they were. What the rows are about: `tasks`, `truth`, `bands`,
`periods`; of a recommender `interactions`, the `timesplit` and the `history`, the groups of `items`, and the
`contraindications` that bar some. Long tables: `long_reader` makes `long_tables`, pieces at a time, in `mapped` arrays,
by `portions` of a few megabytes; `gathering` puts the answers there, and `cells` counts.
"""
