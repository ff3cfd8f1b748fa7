"""Checks of plugins that are given a worker of their own, without network and without writing.

`sandbox` takes both from a process, by Landlock and by a filter of `syscalls`; `choosing` says whose checks go apart
and where they keep what they compute, `store` is that place, `worker` is where such a process begins, `messages` is how
it answers, and `hearing` what counts of that. The supervisor puts what comes of it to the rest.
"""
