// How long things take that people wait for; run by benchmarks/console.py, which has the goals. Reports milliseconds on lines.
import { CONSOLE, call, finish, go, newPage, put, signIn, STORE, WAIT } from "./support.mjs";

const { NAMESPACE, PAIRS } = process.env;
const last = Number(PAIRS) - 1;
const keyOf = number => `orders/${String(number).padStart(7, "0")}/item`;

function report(name, milliseconds) {
  process.stdout.write(`${JSON.stringify({ name, milliseconds })}\n`);
}

/** Measures something several times, the first of which warms up. */
async function repeat(times, measure) {
  const samples = [];
  for (let time = 0; time <= times; time += 1) {
    samples.push(await measure(time));
  }
  return samples.slice(1);
}

const page = await signIn();
const context = page.context();
await page.waitForSelector(".namespace-card b");

/** Opens a page as a bookmark does, in a browser that is signed in, until a selector is drawn: from the click on. */
async function open(path, selector) {
  const tab = await newPage(context);
  await tab.bringToFront();
  const began = performance.timeOrigin + performance.now();
  await tab.goto(`${CONSOLE}${path}`, { waitUntil: "commit" }).catch(() => undefined);
  await tab.waitForSelector(selector, { timeout: WAIT });
  const painted = await tab.evaluate(
    () =>
      new Promise(resolve => requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())))),
  );
  await tab.close();
  return painted - began;
}

report(
  "first useful paint of the overview, signed in",
  await repeat(7, () => open("/", '.namespace-card .figures span:has-text("revision")')),
);
report("first useful paint of the keys, signed in", await repeat(5, () => open(`/${NAMESPACE}?search=%2F`, ".key-row")));

await page.bringToFront();
await page.evaluate(() => localStorage.setItem("console.browse.view", "list"));
await go(page, `/${NAMESPACE}`);
await page.click('button:text-is("List")');
await page.waitForSelector(".key-row");

/** Scrolls as wheels, drags of the bar and keys do, and returns the tasks of more than 50 ms that the browser has seen. */
async function scroll(seconds) {
  return await page.evaluate(async length => {
    const tasks = [];
    const observer = new PerformanceObserver(list => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ entryTypes: ["longtask"] });
    const list = document.querySelector(".virtual-list");
    const end = performance.now() + 1000 * length;
    for (let frame = 0; performance.now() < end; frame += 1) {
      await new Promise(requestAnimationFrame);
      if (frame % 60 === 59) {
        list.scrollTop = Math.random() * list.scrollHeight; // a drag of the bar
      } else {
        list.scrollTop += frame % 120 < 60 ? 120 : 1000; // a wheel, and a wheel that is turned fast
      }
    }
    observer.disconnect();
    return tasks;
  }, seconds);
}
/** Returns what came of something, and the CPU time of the longest task of a page meanwhile: on a busy machine, tasks wait for a core. */
async function trace(work) {
  const cdp = await context.browser().newBrowserCDPSession();
  const events = [];
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"] } });
  const result = await work();
  const complete = new Promise(resolve => cdp.once("Tracing.tracingComplete", resolve));
  await cdp.send("Tracing.end");
  await complete;
  const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
  const threads = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(threadOf);
  const tasks = events.filter(event => event.name.endsWith("RunTask") && threads.includes(threadOf(event)));
  return [result, Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000]; // the shortest ones have no time of their own
}
const rounds = [];
for (let round = 0; round < 3; round += 1) {
  rounds.push(await trace(() => scroll(20)));
}
report(
  "longest task while scrolling",
  rounds.map(([tasks]) => Math.max(0, ...tasks)),
);
report(
  "… of its CPU time",
  rounds.map(([, cpu]) => cpu),
);
report(
  "… tasks over 50 ms, in 20 s each",
  rounds.map(([tasks]) => tasks.length),
);

/** Types a text, until the page has an answer to it: keys with it, or how far it has come. */
async function search(text) {
  await page.fill('input[type="search"]', "");
  await page.waitForFunction(() => document.querySelectorAll(".key-row").length > 20);
  return await page.evaluate(async typed => {
    const input = document.querySelector(".browse input[type=search]");
    const began = performance.now();
    input.value = typed;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    let answered = 0;
    for (;;) {
      await new Promise(requestAnimationFrame);
      const rows = [...document.querySelectorAll(".key-row .name a")].map(({ textContent }) => textContent);
      const keys = document.querySelector(".card.keys");
      if (answered === 0 && keys?.dataset.search === typed) {
        answered = performance.now();
      }
      if (
        keys?.dataset.search === typed &&
        (rows.some(row => row.includes(typed)) || document.querySelector(".card.keys .empty"))
      ) {
        return [answered - began, performance.now() - began];
      }
    }
  }, text);
}
for (const [name, texts] of Object.entries({
  "a text of an early key": number => keyOf(100 + number).slice(7, 14),
  "a text of the last key": number => keyOf(last - number).slice(7, 14),
  "a text that no key has": number => `absent-${number}`,
})) {
  const samples = await repeat(7, time => search(texts(time)));
  report(
    `search: ${name}`,
    samples.map(([answered]) => answered),
  );
  report(
    `… until all is searched or found`,
    samples.map(([, done]) => done),
  );
}

await page.fill('input[type="search"]', "");
await page.waitForFunction(() => document.querySelectorAll(".key-row").length > 20);
report(
  "a change elsewhere",
  await repeat(7, async time => {
    const key = `a-new-${time}`;
    const began = performance.now();
    await put(NAMESPACE, key, 1);
    await page.waitForSelector(`.key-row:has-text("${key}")`);
    const seconds = performance.now() - began;
    await call("DELETE", `${STORE}/namespaces/${NAMESPACE}/pair?key=${key}`);
    return seconds;
  }),
);

await finish();
