from __future__ import annotations

import orjson

from webkiln.contract.map import MapRequest
from webkiln.operations.map_spec import MapSpec


def test_a_spec_comes_back_as_it_went():
    request = MapRequest.model_validate(
        {
            "url": "a.test",
            "search": "  kiln ",
            "timeout": 1500,
            "headers": {"X-A": "b"},
            "location": {"country": "DE", "languages": ["de", "en"]},
            "includePaths": ["^/a"],
            "filterByPath": False,
            "includeSubdomains": False,
        }
    )
    spec = MapSpec.of(request, "http://a.test/", deadline=12.5, warnings=("w",))
    assert MapSpec.decode(orjson.loads(spec.encode())) == spec
    assert (spec.search, spec.timeout_s, spec.country, spec.languages) == ("kiln", 1.5, "de", ("de", "en"))
    assert spec.links.include_paths == ("^/a",)
    assert spec.links.crawl_entire_domain
    assert not spec.links.allow_subdomains


def test_a_search_for_nothing_is_none():
    spec = MapSpec.of(MapRequest(url="a.test", search=" "), "http://a.test/", deadline=None)
    assert (spec.search, spec.timeout_s, spec.country, spec.languages) == (None, None, None, ())
