from webkiln.contract.crawl import CrawlRequest
from webkiln.operations.crawl_memory import MEMORY, CrawlMemory
from webkiln.operations.crawl_site import CrawledSite
from webkiln.operations.crawl_spec import CrawlSpec
from webkiln.operations.specs import PageSpec


def site(formats):
    request = CrawlRequest.model_validate({"url": "https://a.test/", "scrapeOptions": {"formats": formats}})
    return CrawledSite(CrawlSpec.of(request, request.url, PageSpec(request.scrape_options)), None, ())


def test_only_a_crawl_that_tracks_changes_remembers():
    assert CrawlMemory.at_start(site(["markdown"])) == []
    (task,) = CrawlMemory.at_start(site(["markdown", "changeTracking"]))
    assert task.payload == MEMORY
    assert "://" not in task.payload
