// The v2 client's watcher over a WebSocket.

import assert from "node:assert/strict";
import Client from "@mendable/firecrawl-js";
import { check, ITEMS, NOBODY, report, START } from "./checks.mjs";

const access = { apiKey: process.env.FIRECRAWL_API_KEY, apiUrl: process.env.FIRECRAWL_API_URL };
const client = new Client(access);
const sockets = [];
const WebSocket = globalThis.WebSocket;
globalThis.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    sockets.push(this);
  }
};

/** Watch a job to its end; tell what was heard, and over how many sockets. */
async function heard(id, options, during = () => {}, by = client) {
  const before = sockets.length;
  const watcher = by.watcher(id, { pollInterval: 1, timeout: 50, ...options });
  const documents = [];
  const states = [];
  watcher.on("document", (page) => documents.push(page.metadata.sourceURL));
  watcher.on("snapshot", (snapshot) => states.push(snapshot.status));
  const end = new Promise((resolve) => {
    watcher.on("done", (event) => resolve(event.status));
    watcher.on("error", (event) => resolve(event.error));
  });
  await Promise.all([watcher.start(), during()]);
  watcher.close();
  return { end: await end, documents: documents.sort(), states, sockets: sockets.length - before };
}

await check("a batch is watched over a socket", async () => {
  const { id } = await client.startBatchScrape(ITEMS, { options: { formats: ["markdown"] } });
  const found = await heard(id, { kind: "batch" });
  assert.deepEqual([found.end, found.documents, found.sockets], ["completed", ITEMS, 1]);
  assert.ok(found.states.length > 0);
});

await check("a crawl is watched over a socket", async () => {
  const { id } = await client.startCrawl(START, { limit: 3, sitemap: "skip" });
  const found = await heard(id, { kind: "crawl" });
  assert.deepEqual([found.end, found.documents.length, found.sockets], ["completed", 3, 1]);
});

await check("a job that has ended is watched", async () => {
  const { id } = await client.batchScrape(ITEMS, { pollInterval: 1 });
  const found = await heard(id, { kind: "batch" });
  assert.deepEqual([found.end, found.documents], ["completed", ITEMS]);
});

await check("a watcher hears of a cancel", async () => {
  const { id } = await client.startBatchScrape([`${START}slow?ms=20000`]);
  const found = await heard(id, { kind: "batch" }, () => client.cancelBatchScrape(id));
  assert.deepEqual([found.documents, found.sockets], [[], 1]);
  assert.ok(["cancelled", "completed"].includes(found.end), found.end);
});

await check("a watcher of no job is told so", async () => {
  const found = await heard(NOBODY, { kind: "crawl" });
  assert.deepEqual([found.end, found.states], ["Job not found", []]);
  const stranger = new Client({ ...access, apiKey: `fc-${"0".repeat(32)}` });
  assert.equal((await heard(NOBODY, { kind: "crawl" }, undefined, stranger)).end, "Unauthorized: Invalid token");
});

report();
