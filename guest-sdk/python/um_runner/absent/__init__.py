"""Modules that are only imported: what this Python comes without, for packages that name it and never use it.

Using one is an error that says what to do. They are put in their places after the standard library has been imported,
which then knows that it has to do without.
"""
