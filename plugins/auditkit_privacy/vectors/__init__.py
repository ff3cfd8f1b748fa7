"""What the vectors that a model makes of rows give away, to those who are handed them.

`probing` tells an attribute from them, and from the rows themselves. `nearness` tells who was trained on, and `besides`
how much nearer members lie. `tables` shows all of it; `cards` and `planted` are the metrics explained and the cases
whose answer is known.
"""
