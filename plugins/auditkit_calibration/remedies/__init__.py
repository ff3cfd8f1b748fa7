"""What would make probabilities truer: maps fitted to some people's rows and tried on the others'."""
