"""A plugin package to start from: `files` holds it as templates, `naming` what it may be called, `writing` makes it."""
