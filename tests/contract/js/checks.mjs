// Named checks that run one after another; what came of each is printed as JSON in the end.

export const START = "https://docs.firecrawl.dev/";
export const ITEMS = [1, 2].map((number) => `${START}i/${number}`);
export const NOBODY = "0198a000-0000-7000-8000-000000000000";

const LIMIT_MS = 60_000;
const outcomes = {};

/** Run a check: it has passed unless it throws, or nothing comes of it in time. */
export async function check(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, LIMIT_MS, new Error("nothing came of it in time"));
  });
  try {
    await Promise.race([work(), late]);
    outcomes[name] = "passed";
  } catch (error) {
    outcomes[name] = error?.stack ?? String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Print the outcomes by name, and end whatever is still open. */
export function report() {
  process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0));
}
