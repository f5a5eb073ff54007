"""A parser that never comes back from some pages, and holds its interpreter: a fault in C, as it were."""

import ctypes
import importlib.util

if importlib.util.find_spec("turbohtml") is not None:
    import turbohtml

    _parse = turbohtml.parse

    def parse(html, **options):
        if "/stand-still" in html[:4_000]:
            ctypes.PyDLL(None).sleep(1_000)
        return _parse(html, **options)

    turbohtml.parse = parse
