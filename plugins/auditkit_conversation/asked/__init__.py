"""Asking about one person after the other: templates, phrases for who it is about, and the rows that they make.

`templates` reads a file of templates and of phrases, `loading` puts them together and offers that as a loader;
`swapping` makes pairs of prompts that people wrote. `bbq` loads multiple-choice questions about two people.
`persons.toml`, `medical.toml` and `tone.toml` are data, each with its source.
"""
