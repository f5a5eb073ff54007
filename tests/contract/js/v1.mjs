// The v1 client: `node v1.mjs <package>`, on its own or as `.v1` of a later one.

import assert from "node:assert/strict";
import { check, ITEMS, NOBODY, report, START } from "./checks.mjs";

const { default: Client } = await import(process.argv[2]);
const access = { apiKey: process.env.FIRECRAWL_API_KEY, apiUrl: process.env.FIRECRAWL_API_URL };
const made = new Client(access);
const client = made.v1 ?? made;

const watched = (watcher) =>
  new Promise((resolve, reject) => {
    let documents = 0;
    watcher.addEventListener("document", () => (documents += 1));
    watcher.addEventListener("done", (event) => {
      watcher.close();
      resolve([event.detail.status, documents]);
    });
    watcher.addEventListener("error", (event) => reject(new Error(event.detail.error)));
  });

await check("a page is scraped", async () => {
  const page = await client.scrapeUrl(START, { formats: ["markdown", "html", "rawHtml", "links"], timeout: 30_000 });
  assert.equal(page.success, true);
  assert.match(page.markdown, /The kiln manual/);
  assert.ok(page.html && page.rawHtml);
  assert.ok(page.links.includes(`${START}glazes`));
  assert.equal(page.metadata.statusCode, 200);
  assert.equal(page.metadata.sourceURL, START);
});

await check("what is not served is said", async () => {
  const asked = client.scrapeUrl(START, { formats: ["json"], jsonOptions: { prompt: "the cones" } });
  await assert.rejects(asked, { message: /The format 'json' is not available on this server/, statusCode: 400 });
});

await check("a wrong key is refused", async () => {
  const stranger = new Client({ ...access, apiKey: `fc-${"0".repeat(32)}` });
  await assert.rejects((stranger.v1 ?? stranger).scrapeUrl(START, {}), { message: /Unauthorized|401/ });
});

await check("a batch is waited for", async () => {
  const done = await client.batchScrapeUrls(ITEMS, { formats: ["markdown"] }, 1);
  assert.deepEqual([done.success, done.status, done.completed, done.total], [true, "completed", 2, 2]);
  assert.deepEqual(done.data.map((page) => page.metadata.sourceURL).sort(), ITEMS);
});

await check("a batch is started, asked for and read page by page", async () => {
  const started = await client.asyncBatchScrapeUrls(ITEMS, { formats: ["markdown"] });
  assert.match(started.url, new RegExp(`/v1/batch/scrape/${started.id}$`));
  let all = await client.checkBatchScrapeStatus(started.id, true);
  while (all.status === "scraping") all = await client.checkBatchScrapeStatus(started.id, true);
  assert.equal(all.data.length, 2);
  const first = await client.checkBatchScrapeStatus(started.id, false, undefined, 0, 1);
  assert.equal(first.data.length, 1);
  assert.match(first.next, new RegExp(`/v1/batch/scrape/${started.id}\\?.*skip=1`));
  const failures = await client.checkBatchScrapeErrors(started.id);
  assert.deepEqual([failures.errors, failures.robotsBlocked], [[], []]);
});

await check("invalid URLs are left out when that is asked for", async () => {
  const started = await client.asyncBatchScrapeUrls([...ITEMS, "ftp://x"], {}, undefined, undefined, true);
  assert.deepEqual(started.invalidURLs, ["ftp://x"]);
});

await check("a crawl is waited for", async () => {
  const asked = { limit: 3, ignoreSitemap: true, maxDepth: 1, scrapeOptions: { formats: ["markdown"] } };
  const done = await client.crawlUrl(START, asked, 1);
  assert.deepEqual([done.success, done.status, done.completed], [true, "completed", 3]);
  assert.ok(done.data.every((page) => page.markdown));
});

await check("a crawl is started, asked for and cancelled", async () => {
  const started = await client.asyncCrawlUrl(START, { limit: 500, delay: 5, allowBackwardLinks: true });
  assert.equal((await client.checkCrawlStatus(started.id)).status, "scraping");
  assert.deepEqual((await client.checkCrawlErrors(started.id)).errors, []);
  assert.equal((await client.cancelCrawl(started.id)).status, "cancelled");
  assert.equal((await client.checkCrawlStatus(started.id)).status, "cancelled");
});

await check("an unknown job is not found", async () => {
  await assert.rejects(client.checkCrawlStatus(NOBODY), { message: /not found|404/i });
  await assert.rejects(client.checkBatchScrapeStatus(NOBODY), { message: /not found|404/i });
});

await check("a crawl is watched", async () => {
  const watcher = await client.crawlUrlAndWatch(START, { limit: 2, ignoreSitemap: true });
  assert.deepEqual(await watched(watcher), ["completed", 2]);
});

await check("a batch is watched", async () => {
  const watcher = await client.batchScrapeUrlsAndWatch(ITEMS, { formats: ["markdown"] });
  assert.deepEqual(await watched(watcher), ["completed", 2]);
});

await check("the web is searched", async () => {
  const found = await client.search("paris", { limit: 1 });
  assert.equal(found.success, true);
  assert.deepEqual(found.data.map((hit) => hit.url), ["https://example.com/paris"]);
});

await check("hits are scraped", async () => {
  const found = await client.search("documentation", { limit: 1, scrapeOptions: { formats: ["markdown"] } });
  assert.match(found.data[0].markdown, /The kiln manual/);
});

await check("a site is mapped", async () => {
  const map = await client.mapUrl(START, { limit: 50 });
  assert.equal(map.success, true);
  assert.ok(map.links.includes(`${START}glazes`));
});

report();
