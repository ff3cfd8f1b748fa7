"""Asking about one person after the other: templates, phrases for who it is about, and the rows that they make.

`templates` reads a file of templates and of phrases, `rows` puts them together; `loading` offers that as a loader.
`persons.toml`, `medical.toml` and `tone.toml` are data, each with its source.
"""
