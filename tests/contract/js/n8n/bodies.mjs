// The bodies that the n8n node sends, made from the node's own description as n8n makes them: of each
// operation with its fields as they are when it is put into a workflow, and with its scrape options
// opened besides. Printed as JSON: {operation: {defaults, opened}}.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const OPERATIONS = ["scrape", "batchScrape", "crawl", "map", "search"];
const TYPED = { urls: "https://docs.firecrawl.dev/i/1\r\nhttps://docs.firecrawl.dev/i/2\n", query: "paris" };

/** Return what an expression (`={{ … }}`) comes to; n8n takes a type error for nothing. */
function evaluated(told, $value) {
  if (typeof told !== "string" || !told.startsWith("=")) return told;
  const expression = told.slice(1).trim().match(/^\{\{([^]*)\}\}$/);
  if (!expression) return told.slice(1);
  try {
    return new Function("$value", `return (${expression[1]})`)($value);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Put what a description of a body comes to into `body`, object into object. */
function merge(body, told, value) {
  const found = evaluated(told, value);
  if (found === null || typeof found !== "object" || Array.isArray(found)) return found;
  const into = body !== null && typeof body === "object" && !Array.isArray(body) ? body : {};
  for (const [key, one] of Object.entries(found)) {
    const merged = merge(into[key], one, value);
    if (merged !== undefined) into[key] = merged;
  }
  return into;
}

/** Return a collection's value when all that it offers is added with its default. */
function opened(property) {
  const [{ name, values }] = property.options;
  return { [name]: Object.fromEntries(values.map((one) => [one.name, one.default])) };
}

function visible({ displayOptions: { show = {}, hide = {} } = {} }) {
  return !(show.useCustomBody ?? []).includes(true) && !(hide.useCustomBody ?? []).includes(false);
}

/** Add what a property sends with a value, and what those inside of it send. */
function send(property, value, request) {
  const { routing } = property;
  if (routing?.request?.body) merge(request.body, routing.request.body, value);
  request.changes.push(...(routing?.send?.preSend ?? []));
  for (const group of property.type === "fixedCollection" ? property.options : []) {
    for (const one of value?.[group.name] === undefined || Array.isArray(value[group.name]) ? [] : group.values) {
      send(one, value[group.name][one.name], request);
    }
  }
}

async function body(properties, value) {
  const request = { body: { integration: "n8n" }, changes: [] };
  for (const property of properties.filter(visible)) send(property, value(property), request);
  for (const change of request.changes) await change.call({ getNodeParameter: () => false }, request);
  return request.body;
}

const bodies = {};
for (const operation of OPERATIONS) {
  const { properties } = require(`@mendable/n8n-nodes-firecrawl/dist/nodes/Firecrawl/api/${operation}/index.js`);
  const usual = (property) => TYPED[property.name] ?? property.default;
  bodies[operation] = {
    defaults: await body(properties, usual),
    opened: await body(properties, (one) => (one.name === "scrapeOptions" ? opened(one) : usual(one))),
  };
}
process.stdout.write(JSON.stringify(bodies));
