// The v2 client: scrapes, batches, crawls, maps, searches, and what it is told of errors and usage.

import assert from "node:assert/strict";
import Client from "@mendable/firecrawl-js";
import { check, ITEMS, NOBODY, report, START } from "./checks.mjs";

const access = { apiKey: process.env.FIRECRAWL_API_KEY, apiUrl: process.env.FIRECRAWL_API_URL };
const client = new Client(access);
const SLOW = `${START}slow?ms=20000`;
// One page of documents at a time; otherwise the client follows `next`.
const NOW = { autoPaginate: false };

await check("a page is scraped", async () => {
  const page = await client.scrape(START, { formats: ["markdown", "html", "rawHtml", "links", "images"] });
  assert.match(page.markdown, /The kiln manual/);
  assert.ok(page.html && page.rawHtml && Array.isArray(page.images));
  assert.ok(page.links.includes(`${START}glazes`));
  assert.equal(page.metadata.statusCode, 200);
  assert.equal(page.metadata.sourceURL, START);
});

await check("formats and options that are not served are refused by name", async () => {
  const schema = { type: "object", properties: { cone: { type: "string" } } };
  const asked = client.scrape(START, { formats: ["markdown", { type: "json", prompt: "the cones", schema }] });
  await assert.rejects(asked, (error) => {
    assert.match(error.message, /The format 'json' is not available on this server/);
    assert.deepEqual([error.status, error.code], [400, "BAD_REQUEST"]);
    assert.deepEqual(error.details[0].path, ["formats", 1]);
    return true;
  });
});

await check("a page that fails says how", async () => {
  await assert.rejects(client.scrape(`${START}reset`), { status: 500, code: /^SCRAPE_/ });
  await assert.rejects(client.scrape(SLOW, { timeout: 1000 }), { status: 408, code: "SCRAPE_TIMEOUT" });
  await assert.rejects(client.scrape("ftp://docs.firecrawl.dev/"), { status: 400, code: "BAD_REQUEST" });
});

await check("a wrong key is refused", async () => {
  const stranger = new Client({ ...access, apiKey: `fc-${"0".repeat(32)}` });
  await assert.rejects(stranger.scrape(START), { status: 401, message: "Unauthorized: Invalid token" });
});

await check("a batch is waited for", async () => {
  const done = await client.batchScrape(ITEMS, { options: { formats: ["markdown"] }, pollInterval: 1, timeout: 60 });
  assert.deepEqual([done.status, done.completed, done.total, done.next], ["completed", 2, 2, null]);
  assert.deepEqual(done.data.map((page) => page.metadata.sourceURL).sort(), ITEMS);
});

await check("a batch is started once for one key", async () => {
  const options = { idempotencyKey: "0198a000-0000-4000-8000-00000000c0de", ignoreInvalidURLs: true };
  const started = await client.startBatchScrape([...ITEMS, "ftp://x"], options);
  assert.match(started.url, new RegExp(`/v2/batch/scrape/${started.id}$`));
  assert.deepEqual(started.invalidURLs, ["ftp://x"]);
  await assert.rejects(client.startBatchScrape(ITEMS, options), { status: 409 });
});

await check("a batch is appended to", async () => {
  const started = await client.startBatchScrape([...ITEMS, SLOW]);
  const appended = await client.startBatchScrape([`${START}i/3`], { appendToId: started.id });
  assert.equal(appended.id, started.id);
  assert.equal((await client.getBatchScrapeStatus(started.id, NOW)).total, 4);
  assert.equal(await client.cancelBatchScrape(started.id), true);
});

await check("documents are read page by page", async () => {
  const urls = Array.from({ length: 110 }, (_, number) => `${START}i/${number}`);
  const started = await client.startBatchScrape(urls, { options: { formats: ["markdown"] } });
  const done = await ended(() => client.getBatchScrapeStatus(started.id, NOW));
  assert.equal(done.data.length, 100);
  assert.match(done.next, new RegExp(`/v2/batch/scrape/${started.id}\\?skip=100`));
  const all = await client.getBatchScrapeStatus(started.id);
  assert.deepEqual(all.data.map((page) => page.metadata.sourceURL).sort(), [...urls].sort());
  assert.equal((await client.getBatchScrapeStatus(started.id, { maxResults: 105 })).data.length, 105);
  assert.equal((await client.getBatchScrapeStatus(started.id, { maxPages: 0 })).data.length, 100);
});

await check("a batch is cancelled, and not after its end", async () => {
  const started = await client.startBatchScrape([SLOW]);
  assert.equal(await client.cancelBatchScrape(started.id), true);
  assert.equal((await client.getBatchScrapeStatus(started.id)).status, "cancelled");
  assert.equal(await client.cancelBatchScrape(started.id), true);
  const { id } = await client.batchScrape(ITEMS, { pollInterval: 1 });
  await assert.rejects(client.cancelBatchScrape(id), { status: 409, message: "Batch scrape is already completed" });
});

await check("pages of a batch that failed are listed", async () => {
  const started = await client.startBatchScrape([ITEMS[0], `${START}reset`]);
  await ended(() => client.getBatchScrapeStatus(started.id, NOW));
  const { errors, robotsBlocked } = await client.getBatchScrapeErrors(started.id);
  assert.deepEqual([errors.map((found) => found.url), robotsBlocked], [[`${START}reset`], []]);
  assert.ok(errors[0].id && errors[0].error && errors[0].timestamp);
});

await check("a crawl is waited for", async () => {
  const asked = { limit: 3, sitemap: "skip", maxDiscoveryDepth: 1, scrapeOptions: { formats: ["markdown"] } };
  const done = await client.crawl(START, { ...asked, pollInterval: 1, timeout: 60 });
  assert.deepEqual([done.status, done.completed, done.total], ["completed", 3, 3]);
  assert.ok(done.data.every((page) => page.markdown));
});

await check("a crawl is started, asked for, listed and cancelled", async () => {
  const started = await client.startCrawl(START, { limit: 500, delay: 5, crawlEntireDomain: true });
  assert.match(started.url, new RegExp(`/v2/crawl/${started.id}$`));
  assert.equal((await client.getCrawlStatus(started.id, NOW)).status, "scraping");
  assert.deepEqual(await client.getCrawlErrors(started.id), { errors: [], robotsBlocked: [] });
  const { crawls } = await client.getActiveCrawls();
  assert.equal(crawls.find((crawl) => crawl.id === started.id)?.url, START);
  assert.equal(await client.cancelCrawl(started.id), true);
  assert.equal((await client.getCrawlStatus(started.id)).status, "cancelled");
});

await check("an unknown job is not found", async () => {
  await assert.rejects(client.getCrawlStatus(NOBODY), { status: 404 });
  await assert.rejects(client.getBatchScrapeStatus(NOBODY), { status: 404 });
  await assert.rejects(client.getCrawlErrors(NOBODY), { status: 404 });
  await assert.rejects(client.cancelCrawl(NOBODY), { status: 404, message: "Crawl job not found." });
  await assert.rejects(client.cancelBatchScrape(NOBODY), { status: 404, message: "Batch scrape job not found." });
});

await check("the web is searched", async () => {
  const found = await client.search("paris", { limit: 1 });
  assert.deepEqual(found.web.map((hit) => hit.url), ["https://example.com/paris"]);
  assert.equal(found.web[0].title, "Paris");
  const both = await client.search("paris", { sources: ["web", "news"], limit: 2 });
  assert.ok(both.web.length <= 2 && both.news.length >= 1);
});

await check("hits are scraped", async () => {
  const found = await client.search("documentation", { limit: 1, scrapeOptions: { formats: ["markdown"] } });
  assert.match(found.web[0].markdown, /The kiln manual/);
  assert.equal(found.web[0].metadata.statusCode, 200);
});

await check("pages that were scraped before are searched", async () => {
  await client.scrape(START);
  const found = await client.http.post("/v2/search", { query: "kiln manual", sources: ["local"] });
  assert.ok(found.data.data.local.some((hit) => hit.url === START));
});

await check("a site is mapped", async () => {
  const map = await client.map(START, { limit: 50, sitemap: "include", includeSubdomains: false });
  const found = map.links.find((link) => link.url === `${START}glazes`);
  assert.ok(found?.title);
  assert.equal((await client.map(START, { limit: 2 })).links.length, 2);
});

await check("usage is told", async () => {
  assert.ok((await client.getConcurrency()).maxConcurrency > 0);
  assert.ok((await client.getCreditUsage()).remainingCredits > 0);
  assert.ok((await client.getTokenUsage()).planTokens > 0);
  assert.equal(typeof (await client.getQueueStatus()).jobsInQueue, "number");
  assert.ok((await client.getCreditUsageHistorical()).periods[0].creditsUsed > 0);
  assert.ok((await client.getTokenUsageHistorical(true)).periods[0].totalTokens > 0);
});

await check("the older names do the same", async () => {
  assert.match((await client.scrapeUrl(START)).markdown, /The kiln manual/);
  const started = await client.asyncBatchScrapeUrls(ITEMS);
  assert.equal((await client.checkBatchScrapeStatus(started.id)).total, 2);
  assert.ok((await client.mapUrl(START, { limit: 1 })).links.length);
});

await check("endpoints that are not served are named", async () => {
  const absent = {
    "POST /v2/extract": client.startExtract({ urls: [START], prompt: "the cones" }),
    "POST /v2/agent": client.startAgent({ prompt: "the cones" }),
    "POST /v2/parse": client.parse({ data: "<h1>Cones</h1>", filename: "cones.html", contentType: "text/html" }),
    "GET /v2/monitor": client.listMonitors(),
    "POST /v2/browser": client.browser(),
    "POST /v2/crawl/params-preview": client.crawlParamsPreview(START, "the glazes"),
  };
  for (const [asked, answer] of Object.entries(absent)) {
    await assert.rejects(answer, { message: `There is no ${asked} on this server` });
  }
});

report();

/** Ask for a job's status until it has ended. */
async function ended(ask) {
  let status = await ask();
  while (status.status === "scraping") {
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = await ask();
  }
  return status;
}
