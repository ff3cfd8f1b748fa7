"""What an attribution is worth: every test of it is paired with random attributions of the same rows.

Formulas alone, which ask no model: `removing`, what becomes of the answer when pieces are taken away in the order of
an attribution; `accounting`, whether the attribution accounts for what the answer does; `steadiness`, how far it moves
when little else does; `shape`, how many pieces it rests on, and how even its histogram is; `agreeing`, whether two
attributions say the same.

Asking: `taking` takes pieces out of many rows at once; `nearby` attributes neighbours of rows by gradients, and
exchanges the parameters of a network for random ones and back; `moving` attributes neighbours by asking alone; of each
row `qualities`, `keeping` and `comparing` keep the numbers that a replay has. `telling` says what came of it, and marks
what is not to be relied on; `options` are what the checks share.
"""
