"""What an attribution is worth, as numbers: formulas alone, which ask no model.

`removing`: what the answer becomes when pieces are taken away in the order of an attribution; `accounting`: whether the
attribution accounts for what the answer does (completeness, infidelity); `steadiness`: how far it moves when little
else does; `shape`: how many pieces it rests on, and how much a histogram of it tells; `agreeing`: whether two
attributions say the same. Every one of them is paired with random attributions of the same rows by the checks.
"""
