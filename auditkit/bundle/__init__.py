"""The signed bundle: `write` makes one, `verify` judges one, and the format is in docs/bundle-format.md.

From the bottom up: `canonical` reads JSON without forgiveness, `keys` signs, `dsse` seals a payload, `statements` says
what is claimed, `write` and `placing` put a folder in place, `stored` reads one back without trusting it, `trust` is
what the reader brings, and `verify` compares the three.
"""
