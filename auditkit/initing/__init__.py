"""`auditkit init`: from a model and a data file to a commented spec, with what cannot be known asked for.

`surveying` asks every adapter and loader what lies there, `columns` looks at the first rows, `words` holds what columns
are usually called, `roles` and `groups` say which column is what and why, `drafting` puts it together and lists what is
open, `questions` words that, `toml` and `layout` write it down, `placing` validates it and puts it into its file.
"""
