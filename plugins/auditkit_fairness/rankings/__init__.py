"""What the checks of recommendations are made of: what lists show of items, and what users went for.

`candidates` says what stands below the lists, and `exposed` counts a number a user for each group of items;
`exposure_of_groups` and `exposure_of_catalogue` tell of them in `fairness.item-exposure`, with `offered` for other
providers. `used_items` says how popular items are, and `equal_users` compares groups at equal numbers of users, for
`fairness.popularity`. `reranked` makes lists anew for `fairness.exposure-remedies`, whose known cases are
`planted_remedies`.
"""
