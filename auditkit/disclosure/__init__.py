"""What a result may tell of few people.

`few` says how many few are. `suppression` withholds, in the cells that `smallcells` names; `told` says what is told,
`bounding` attacks it as a reader could, and `withholding` picks what goes for its sake.
Of a finished report, `spoken` reads every text, and `leaks` finds among them what the rows say.
"""
