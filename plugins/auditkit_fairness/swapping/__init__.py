"""Words about people swapped for others: `asking` has the model answer and keeps numbers; `planted` is the twin."""
