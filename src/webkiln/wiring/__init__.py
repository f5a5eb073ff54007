"""The composition root: settings in, running parts out; the only room that names concrete classes.

One file a process, so that a worker never loads the API's libraries.
"""
