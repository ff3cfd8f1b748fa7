"""Checks of plugins that are given a worker of their own, without network and without writing.

`sandbox` takes both from a process, `choosing` says whose checks go apart and where they keep what they compute,
`store` is that place, `worker` is where such a process begins, and `messages` is how it answers. The supervisor puts
what comes of it to the rest.
"""
