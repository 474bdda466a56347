// Browsing a namespace, reading and editing pairs, their history, export and import.
import {
  assert,
  assertEqual,
  call,
  checkAccessibility,
  finish,
  giveAdministratorEverything,
  go,
  HOSTILE,
  newNamespace,
  put,
  signIn,
  step,
  STORE,
  takePictures,
  waitUntil,
} from "./support.mjs";

const SHOP = `${STORE}/namespaces/store-room`;
const of = key => `${SHOP}/pair?key=${encodeURIComponent(key)}`;
const read = async key => await call("GET", of(key)).catch(() => undefined);
const row = text => `.key-row:has-text("${text}")`;
const toPair = key => `/store-room/${encodeURIComponent(key)}`;
const dialog = "dialog[open]";
const answer = async page => await page.click(`${dialog} .foot .button.primary`);

await giveAdministratorEverything();
await newNamespace("store-room", { description: "What is on the shelves", history_kept: 10 });
for (let number = 0; number < 30; number += 1) {
  await put("store-room", `orders/2026/${String(number).padStart(2, "0")}`, { item: "tea", amount: number });
}
await put("store-room", "orders/note", ["first", { paid: true }]);
await call("PUT", of("settings"), '{"currency":"EUR","vat":1.0}');
await call("PUT", `${of("session")}&ttl=3600`, '"anna"');
await call(
  "PUT",
  of("logo"),
  Uint8Array.from(atob(PIXEL()), one => one.charCodeAt(0)),
  { headers: { "Content-Type": "image/png" } },
);

const page = await signIn(undefined, { path: "/store-room" });

await step("keys are a tree by slashes, with the namespace's size, and axe finds nothing", async () => {
  await page.waitForSelector(row("orders/"));
  assertEqual((await page.locator(".key-row a").allTextContents()).sort(), ["logo", "orders/", "session", "settings"]);
  await page.waitForSelector('.facts:has-text("34 pairs")');
  await page.click(`${row("orders/")} a`);
  await page.click(`${row("2026/")} a`);
  await page.waitForSelector(row("07"));
  assertEqual(new URL(page.url()).searchParams.get("prefix"), "orders/2026/");
  await checkAccessibility(page);
  await takePictures(page, "tree");
});

await step("a search finds keys of all levels by a part of them, or by their beginning", async () => {
  await go(page, "/store-room");
  await page.waitForSelector(row("orders/"));
  await page.keyboard.press("/");
  await page.keyboard.type("2026/1");
  await page.waitForSelector(row("orders/2026/17"));
  assertEqual(await page.locator(".key-row").count(), 10);
  await page.selectOption(".tools select", "begins");
  await page.waitForSelector('.empty:has-text("No key is like this")');
  await page.fill(".tools input[type=search]", "se");
  await page.waitForSelector(row("settings"));
  assertEqual(await page.locator(".key-row").count(), 2);
  await page.fill(".tools input[type=search]", "");
  await page.selectOption(".tools select", "contains");
});

await step("by keyboard alone one moves, chooses, opens a level and goes up again", async () => {
  await go(page, "/store-room");
  await page.waitForSelector(row("orders/"));
  await page.focus(".virtual-list");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.waitForSelector(`${row("orders/")}[aria-selected="true"]`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(row("note"));
  await page.focus(".virtual-list");
  await page.keyboard.press("Backspace");
  await page.waitForSelector(row("settings"));
});

await step("what is written and deleted elsewhere appears in the list and disappears from it", async () => {
  await put("store-room", "from-elsewhere/1", 1);
  await page.waitForSelector(row("from-elsewhere/"));
  await call("DELETE", of("from-elsewhere/1"));
  await page.waitForSelector(row("from-elsewhere/"), { state: "detached" });
});

await step("the page learns of it by its watch alone: it reads nothing anew, and is not loaded anew", async () => {
  const asked = [];
  const note = request => /\/(pairs|children|changes|pair)\?|\/console\//.test(request.url()) && asked.push(request.url());
  page.on("request", note);
  await put("store-room", "by-the-watch", 1);
  await page.waitForSelector(row("by-the-watch"));
  await put("store-room", "by-the-watch", 2);
  await page.waitForSelector(`${row("by-the-watch")}:has-text("v2")`);
  await call("DELETE", of("by-the-watch"));
  await page.waitForSelector(row("by-the-watch"), { state: "detached" });
  page.off("request", note);
  assertEqual(asked, []);
});

await step("one goes to a key: the list begins there, upwards or downwards", async () => {
  const names = () => page.locator(".key-row a").allTextContents();
  await page.keyboard.press("f");
  await page.keyboard.type("se");
  await page.waitForFunction(() => document.querySelectorAll(".key-row").length === 2);
  assertEqual(await names(), ["session", "settings"]);
  await page.click('.tools button:text-is("A–Z")');
  await page.waitForSelector(row("orders/note"));
  assertEqual((await names()).slice(0, 3), ["settings", "session", "orders/note"]);
  await page.click('.tools button:text-is("Z–A")');
  await page.fill(".tools input[type=search]", "");
  await page.selectOption(".tools select", "contains");
});

await step("a search says how far it has come, shows what it has found, and stops and goes on when it is told", async () => {
  await newNamespace("many-keys");
  const lines = Array.from({ length: 1500 }, (_, at) => JSON.stringify({ key: `part/${1000 + at}`, value: at }));
  await call("POST", `${STORE}/namespaces/many-keys/import`, lines.join("\n"), {
    headers: { "Content-Type": "application/x-ndjson" },
  });
  await go(page, "/many-keys");
  await page.waitForSelector(row("part/"));
  await page.waitForSelector('.facts:has-text("1,500 pairs")');
  const held = [];
  let isHeld = true;
  await page.route(/\/pairs\?.*cursor=/, async route => (isHeld ? void held.push(route) : await route.continue()));
  await page.fill(".tools input[type=search]", "art/");
  await page.waitForSelector(row("part/1000"));
  await page.waitForSelector('.searched:has-text("13% searched")');
  await waitUntil(() => held.length > 0, "the next page being asked for");
  await checkAccessibility(page);
  await takePictures(page, "search_under_way");
  await page.click('.searched button:text-is("Stop")');
  isHeld = false;
  await Promise.all(held.map(route => route.abort().catch(() => undefined)));
  await page.click('.searched button:text-is("Go on")');
  await page.evaluate(() => (document.querySelector(".virtual-list").scrollTop = 1e9));
  await page.waitForSelector('.searched:has-text("80% searched"), .keys .head:has-text("1,500 rows")');
  await page.focus(".virtual-list");
  await page.keyboard.press("End");
  await page.waitForSelector('.keys .head:has-text("1,500 rows")');
  await page.unroute(/\/pairs\?.*cursor=/);
  assertEqual(
    page.errors.filter(error => !error.includes("net::ERR")),
    [],
  );
  await page.fill(".tools input[type=search]", "");
});

await step("a copy says how many pairs it is, and leaves those alone that exist", async () => {
  await put("store-room", "copies/2026/05", "untouched");
  await go(page, "/store-room?prefix=orders%2F");
  await page.check(`${row("2026/")} input`);
  await page.click('.keys .head button:has-text("Copy")');
  await page.fill(`${dialog} input`, "copies/");
  await answer(page);
  await page.waitForSelector(`${dialog}:has-text("Copy 30 pairs?")`);
  await checkAccessibility(page);
  await answer(page);
  await page.waitForSelector('.toast:has-text("1 pair was not copied")');
  assertEqual(await read("copies/2026/05"), "untouched");
  assertEqual(await read("copies/2026/06"), { item: "tea", amount: 6 });
});

await step("a deletion says how many pairs it is, and spares one that has changed meanwhile", async () => {
  await go(page, "/store-room");
  await page.check(`${row("copies/")} input`);
  await page.click('.keys .head button:has-text("Delete")');
  await page.waitForSelector(`${dialog}:has-text("Delete 30 pairs?")`);
  await checkAccessibility(page);
  await takePictures(page, "deletion");
  await put("store-room", "copies/2026/07", "changed meanwhile");
  await answer(page);
  await page.waitForSelector('.toast:has-text("1 pair was left alone")');
  assertEqual(await read("copies/2026/07"), "changed meanwhile");
  assertEqual(await read("copies/2026/08"), undefined);
});

await step("a pair is read with its facts, and its expiry counts down", async () => {
  await go(page, toPair("session"));
  await page.waitForSelector(".facts time");
  const before = await page.textContent(".facts time");
  await waitUntil(async () => (await page.textContent(".facts time")) !== before, "the countdown");
  await go(page, toPair("settings"));
  await page.waitForSelector('.cm-content:has-text("1.0")'); // as it was written, not as a double has it
  assertEqual(await page.getAttribute(".cm-content", "contenteditable"), "false");
  await checkAccessibility(page);
  await takePictures(page, "pair");
});

await step("a pair is edited, checked while one types, saved with Ctrl S, and edited further", async () => {
  await page.keyboard.press("e");
  await page.click('.cm-content[contenteditable="true"]');
  await page.keyboard.press("Control+a");
  await page.keyboard.type('{"currency": ');
  await page.waitForSelector('.fault:has-text("no JSON")');
  assert(await page.isDisabled('.editing button:has-text("Save")'), "what is no JSON may be saved");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"currency": "USD", "vat": 12345678901234567890}');
  await page.waitForSelector(".fault", { state: "detached" });
  await checkAccessibility(page);
  await takePictures(page, "editing");
  await page.keyboard.press("Control+s");
  await page.waitForSelector('.toast:has-text("Saved as revision")');
  const stored = await (await fetch(of("settings"), { headers: await bearer() })).text();
  assertEqual(stored, '{"currency":"USD","vat":12345678901234567890}');
  await page.waitForSelector('.cm-content[contenteditable="true"]');
});

await step("a conflict shows both versions side by side, and only what was seen is overwritten", async () => {
  await page.click('.cm-content[contenteditable="true"]');
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"currency": "GBP"}');
  await put("store-room", "settings", { currency: "CHF", by: "somebody else" });
  await page.keyboard.press("Control+s");
  await page.waitForSelector('.conflict .cm-content:has-text("somebody else")');
  await page.waitForSelector('.conflict .cm-content:has-text("GBP")');
  assertEqual(await read("settings"), { currency: "CHF", by: "somebody else" });
  await checkAccessibility(page);
  await takePictures(page, "conflict");
  await put("store-room", "settings", { currency: "JPY" }); // and once more, while one decides
  await page.click('.conflict button:has-text("Save the right side")');
  await page.waitForSelector('.conflict .cm-content:has-text("JPY")');
  assertEqual(await read("settings"), { currency: "JPY" });
  await page.click('.conflict button:has-text("Save the right side")');
  await page.waitForSelector(".editing");
  assertEqual(await read("settings"), { currency: "GBP" });
  await page.click('.editing button:has-text("Done")');
});

await step("a new pair is created from the key that one types", async () => {
  await go(page, "/store-room");
  await page.waitForSelector(".key-row");
  await page.keyboard.press("n");
  await page.fill(`${dialog} input`, "made/here");
  await page.keyboard.press("Enter");
  await page.click('.cm-content[contenteditable="true"]');
  await page.keyboard.insertText("[1, 2]");
  await page.keyboard.press("Control+s");
  await page.waitForSelector('.toast:has-text("Saved as revision")');
  assertEqual(await read("made/here"), [1, 2]);
});

await step("the history of a pair shows the difference of any two, and restores one with a click", async () => {
  await go(page, "/-/history/store-room/settings");
  await page.waitForSelector(".versions tr:nth-child(4)");
  await page.click('.versions tr:has-text("Written") >> nth=2 >> input[name="older"]');
  await page.waitForSelector('.compare .cm-content:has-text("CHF")');
  await checkAccessibility(page);
  await takePictures(page, "history");
  await page.click('.versions tr:has-text("Written") >> nth=2 >> button:has-text("Restore")');
  await answer(page);
  await waitUntil(async () => (await read("settings"))?.currency === "CHF", "the restoration");
  await page.waitForSelector('.versions tr:nth-child(1) .badge:has-text("now")');
});

await step("images are shown as images, and all bytes in hexadecimal", async () => {
  await go(page, toPair("logo"));
  await page.waitForSelector(".image img");
  await waitUntil(async () => await page.$eval(".image img", image => image.naturalWidth > 0), "the image being drawn");
  await checkAccessibility(page);
  await page.click('[role="tab"]:has-text("Bytes")');
  await page.waitForSelector('.hex-row:has-text("89 50 4e 47")');
  await checkAccessibility(page);
});

await step("what is hostile is text in the list, in a pair and in its history", async () => {
  const values = [
    [HOSTILE.emojiKey, HOSTILE.script],
    [HOSTILE.rightToLeft, HOSTILE.megabyte],
    [`${HOSTILE.script}`.slice(0, 120), HOSTILE.rightToLeft],
  ];
  for (const [key, value] of values) {
    await put("store-room", key, value);
  }
  await go(page, "/store-room");
  await page.waitForSelector(row(HOSTILE.emojiKey));
  await checkAccessibility(page);
  await takePictures(page, "hostile_keys");
  for (const [key, value] of values) {
    await go(page, toPair(key));
    await page.waitForSelector(`.cm-content:has-text(${JSON.stringify(JSON.stringify(value).slice(1, 12))})`);
    await checkAccessibility(page);
    await go(page, `/-/history/store-room/${encodeURIComponent(key)}`);
    await page.waitForSelector(".compare .cm-content");
  }
  assert((await page.title()) !== "broken", "what is stored was run"); // the page's title has the key in it
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
});

await step("a link to a pair leads to it after signing in", async () => {
  const other = await signIn(undefined, { path: toPair("orders/2026/17") });
  await other.waitForSelector('h1:has-text("orders/2026/17")');
  await other.waitForSelector('.cm-content:has-text("17")');
  await other.context().close();
});

await step("an import tells its progress and each refused line, and an export brings back what is stored", async () => {
  await go(page, "/-/transfer/store-room");
  const lines = ['{"key":"in/1","value":1}', "nonsense", '{"key":"in/2","value":1.0}', '{"key":"","value":2}'];
  await page.setInputFiles('input[type="file"]', { name: "pairs.ndjson", mimeType: "", buffer: Buffer.from(lines.join("\n")) });
  await page.click('.drop button:has-text("Import")');
  await page.waitForSelector('[role="status"]:has-text("2 written, 0 left as they were, 0 had expired, 2 refused")');
  assertEqual(await page.locator(".table tbody td:first-child").allTextContents(), ["2", "4"]);
  await checkAccessibility(page);
  await takePictures(page, "transfer");
  await page.fill('section:has-text("Export") input', "in/");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click('section button:has-text("Export")')]);
  const { readFile } = await import("node:fs/promises");
  const [, ...exported] = (await readFile(await download.path(), "utf8")).trim().split("\n");
  assertEqual(exported, ['{"key":"in/1","value":1}', '{"key":"in/2","value":1.0}']);
});

await step("no page has thrown, or tried what the policy forbids", async () => {
  assertEqual(
    page.errors.filter(error => !/status of (404|409|412)/.test(error)),
    [],
  );
});

await finish();

function PIXEL() {
  return "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
}

async function bearer() {
  const { ADMINISTRATOR, AUTHORIZATION } = await import("./support.mjs");
  const login = await fetch(`${AUTHORIZATION}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(ADMINISTRATOR),
  });
  return { Authorization: `Bearer ${(await login.json()).access_token}` };
}
