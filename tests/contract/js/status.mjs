// How many requests one look at a running job takes, by every client: `next` must not keep it asking.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import Client from "@mendable/firecrawl-js";
import Older from "firecrawl-js-1";
import { check, report, START } from "./checks.mjs";

const server = new URL(process.env.FIRECRAWL_API_URL);
const apiKey = process.env.FIRECRAWL_API_KEY;
let asked = [];

// Stands in between and writes down what is asked for.
const counter = createServer((incoming, outgoing) => {
  asked.push(`${incoming.method} ${incoming.url}`);
  const { method, headers, url: path } = incoming;
  const passed = request({ hostname: server.hostname, port: server.port, method, headers, path }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(passed);
});
await new Promise((resolve) => counter.listen(0, "127.0.0.1", resolve));
const apiUrl = `http://127.0.0.1:${counter.address().port}`;
const client = new Client({ apiKey, apiUrl });
const older = new Older({ apiKey, apiUrl });

const SLOW = `${START}slow?ms=30000`;
const QUICK = [`${START}i/7`, `${START}i/8`];

/** Return what `look` gives, and how many requests it took. */
async function counted(look) {
  asked = [];
  const found = await look();
  return [found, asked.length];
}

/** Wait until a batch has as many documents. */
async function has(id, count) {
  while ((await client.getBatchScrapeStatus(id, { autoPaginate: false })).completed < count) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await check("a running batch without documents is looked at with one request", async () => {
  const { id } = await client.startBatchScrape([SLOW]);
  const [found, requests] = await counted(() => client.getBatchScrapeStatus(id));
  assert.deepEqual([found.status, found.data, requests], ["scraping", [], 1]);
  const [, ofOlder] = await counted(() => older.checkBatchScrapeStatus(id, true));
  assert.equal(ofOlder, 1);
  await client.cancelBatchScrape(id);
});

await check("a running batch with documents is looked at with two", async () => {
  const { id } = await client.startBatchScrape([...QUICK, SLOW], { options: { maxAge: 0 } });
  await has(id, 2);
  const [found, requests] = await counted(() => client.getBatchScrapeStatus(id));
  assert.deepEqual([found.status, found.data.length, requests], ["scraping", 2, 2]);
  const [page] = await counted(() => client.getBatchScrapeStatus(id, { autoPaginate: false }));
  assert.match(page.next, /\?skip=2$/);
  await client.cancelBatchScrape(id);
});

await check("a running crawl is looked at with one request", async () => {
  const { id } = await client.startCrawl(SLOW, { limit: 3, sitemap: "skip" });
  const [found, requests] = await counted(() => client.getCrawlStatus(id));
  assert.deepEqual([found.status, found.data, requests], ["scraping", [], 1]);
  const [, ofOlder] = await counted(() => older.checkCrawlStatus(id, true));
  assert.equal(ofOlder, 1);
  await client.cancelCrawl(id);
});

await check("who reads while the job runs gets every document in the end", async () => {
  const urls = Array.from({ length: 130 }, (_, number) => `${START}i/${number}`);
  const { id } = await client.startBatchScrape(urls, { options: { maxAge: 0 } });
  let found;
  do {
    found = await client.getBatchScrapeStatus(id);
  } while (found.status === "scraping");
  assert.deepEqual(found.data.map((page) => page.metadata.sourceURL).sort(), [...urls].sort());
});

report();
