"""Looking for personal data: `documents` are a row's texts, `scanning` counts what stands there, by the recognisers.

`column_names` knows columns by their names, `proportions` gives a share its interval, `cards` say what the numbers
are, `planted` the cases whose answer is known.
"""
