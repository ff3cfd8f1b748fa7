"""The two sides of every attack, and what their rows show without any model.

`members` says who was in the training and who was not, with the `twins` that belong to neither; `sides` holds an
array for each. `rows_seen` is what a row shows, `features` the same as numbers, and `together` what is fitted on
both sides at once.
"""
