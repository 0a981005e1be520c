"""Packages with compiled parts that others load and seldom use: `cryptography`, `nacl`, `PIL` and `jiter`.

Where an action's packages require one of them, and none is there that works here, something stands in its place for
those packages, and for nobody else: they load, and what they use of it is an error that says what to do. `jiter`, which
reads JSON, works. A package that does without, if it has to, finds nothing, and takes the way that it has for that.
"""
