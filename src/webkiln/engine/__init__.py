"""Jobs and tasks: claimed, run, finished, cancelled, rescued; this room knows no kind of work."""
