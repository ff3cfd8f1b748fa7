"""What would help against attacks on membership, and what it would cost: shared by the checks that try it.

`sampling` draws the rows and says whether there is anything to mend. An `alternative` is what another model says of
them: `handing` makes the answers coarser, `training` trains anew, and `series` takes earlier states of the model.
`comparing` attacks each of them on the same people, `calibration_error` is how far off they then are, and `telling`
tells both. The metric cards are in `cards`, the cases whose answer is known in `planted`.
"""
