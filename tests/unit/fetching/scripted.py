"""A Fetcher that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

from webkiln.fetching.page import Page


def answer(body=b"", status=200, url=None):
    """Return a page as it would come over HTTP; `url` is where redirects ended."""

    def page(request):
        end = request.url if url is None else url
        return Page(request.url, end, status, (), "", body, body[: request.first_bytes], 0.0)

    return page


class ScriptedFetcher:
    """Gives one answer after the other, and the last one again; an error is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def fetch(self, request):
        self.requests.append(request)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, Exception):
            raise given
        return given(request)

    async def close(self):
        pass
