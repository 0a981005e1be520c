"""Threads that end by themselves: what is handed to another thread is done at once, in the place of one.

`threading`, `queue`, `concurrent.futures` and `multiprocessing.pool` are the standard library's own; what changes is
what they stand on. A thread runs to its end when it is started, a pool calls when it is given something, and waiting
for what nobody is left to do is an error that says so. Whatever would have to go on beside is refused.
"""
