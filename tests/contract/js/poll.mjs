// The v2 client's watcher in a runtime without WebSockets: it polls.

import assert from "node:assert/strict";
import Client from "@mendable/firecrawl-js";
import { check, ITEMS, report } from "./checks.mjs";

delete globalThis.WebSocket;
const client = new Client({ apiKey: process.env.FIRECRAWL_API_KEY, apiUrl: process.env.FIRECRAWL_API_URL });

await check("a batch is watched by polling", async () => {
  const { id } = await client.startBatchScrape(ITEMS, { options: { formats: ["markdown"] } });
  const watcher = client.watcher(id, { kind: "batch", pollInterval: 1, timeout: 50 });
  const documents = new Set();
  watcher.on("document", (page) => documents.add(page.metadata.sourceURL));
  const end = new Promise((resolve) => watcher.on("done", (event) => resolve(event.status)));
  await watcher.start();
  assert.equal(await end, "completed");
  assert.deepEqual([...documents].sort(), ITEMS);
});

report();
