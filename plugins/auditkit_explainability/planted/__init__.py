"""Cases whose answer is known, with which the checks of explainability are tried, a module a check."""
