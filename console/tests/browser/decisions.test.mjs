// What others do to a pair while somebody deletes, restores or edits it; long values and histories; characters that nobody sees.
import {
  assert,
  assertEqual,
  call,
  checkAccessibility,
  finish,
  giveAdministratorEverything,
  go,
  newNamespace,
  put,
  signIn,
  step,
  STORE,
  takePictures,
  waitUntil,
} from "./support.mjs";

const of = key => `${STORE}/namespaces/desk/pair?key=${encodeURIComponent(key)}`;
const read = async key => await call("GET", of(key)).catch(() => undefined);
const toPair = key => `/desk/${encodeURIComponent(key)}`;
const dialog = "dialog[open]";
const answer = async text => await page.click(`${dialog} .button.primary:has-text("${text}")`);
const open = async key => {
  await go(page, toPair(key));
  await page.waitForSelector(`h1:has-text("${key}")`);
  await page.waitForSelector(".cm-content");
};

await giveAdministratorEverything();
await newNamespace("desk", { history_kept: 20 });
for (const key of ["deleted-late", "deleted-twice", "edited-late", "restored-late", "lease"]) {
  await put("desk", key, { version: "first" });
}
const page = await signIn(undefined, { path: toPair("deleted-late") });

await step("a pair that somebody has edited is deleted only by one who has seen that", async () => {
  await page.waitForSelector(".cm-content");
  await page.click('.pair button:has-text("Delete")');
  await page.waitForSelector(dialog);
  await put("desk", "deleted-late", { version: "theirs" });
  await answer("Delete 1 pair");
  await page.waitForSelector(`${dialog} .compare .cm-content:has-text("first")`);
  await page.waitForSelector(`${dialog} .compare .cm-content:has-text("theirs")`);
  assertEqual(await read("deleted-late"), { version: "theirs" });
  await checkAccessibility(page);
  await takePictures(page, "conflict_deletion");
  await answer("Delete what is stored now");
  await waitUntil(async () => (await read("deleted-late")) === undefined, "the deletion");
  await page.waitForSelector('h1:text-is("desk")');
});

await step("a pair that somebody else has deleted is gone without another question", async () => {
  await open("deleted-twice");
  await page.click('.pair button:has-text("Delete")');
  await page.waitForSelector(dialog);
  await call("DELETE", of("deleted-twice"));
  await answer("Delete 1 pair");
  await page.waitForSelector('.toast:has-text("Somebody else has deleted it already")');
  await page.waitForSelector('h1:text-is("desk")');
});

await step("what one edits while somebody deletes it is written again, or left deleted", async () => {
  await open("edited-late");
  await page.keyboard.press("e");
  await page.click('.cm-content[contenteditable="true"]');
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"version": "mine"}');
  await call("DELETE", of("edited-late"));
  await page.keyboard.press("Control+s");
  await page.waitForSelector('.conflict:has-text("It was deleted, or has expired")');
  assertEqual(await read("edited-late"), undefined);
  await checkAccessibility(page);
  await page.click('.conflict button:has-text("Save the right side")');
  await waitUntil(async () => (await read("edited-late"))?.version === "mine", "the value being written again");
  await page.click('.editing button:has-text("Done")');
});

await step("an earlier value is restored only over what one has seen", async () => {
  await put("desk", "restored-late", { version: "second" });
  await go(page, "/-/history/desk/restored-late");
  await page.click('.versions tr:nth-child(2) button:has-text("Restore")');
  await page.waitForSelector(dialog);
  await put("desk", "restored-late", { version: "theirs" });
  await answer("Restore");
  await page.waitForSelector(`${dialog} .compare .cm-content:has-text("theirs")`);
  assertEqual(await read("restored-late"), { version: "theirs" });
  await answer("Restore over what is stored now");
  await waitUntil(async () => (await read("restored-late"))?.version === "first", "the restoration");
});

await step("the expiry alone is changed: the value stays", async () => {
  await open("lease");
  const known = async () => (await call("GET", `${STORE}/namespaces/desk/pairs?prefix=lease`)).pairs[0];
  const before = await known();
  await page.keyboard.press("x");
  await page.waitForSelector(dialog);
  await page.fill(`${dialog} input`, "soon");
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector(`${dialog} .error:has-text("is no time")`);
  await page.fill(`${dialog} input`, "2 d");
  await checkAccessibility(page);
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector('.facts time:has-text("1 d 23:")');
  const after = await known();
  assertEqual([before.expires_at, after.value], [null, before.value]);
  assert(after.expires_at !== null, "it does not expire");
});

await step("a history longer than a part is read further", async () => {
  const lines = number => `{"key":"counter","value":${number}}`;
  for (let number = 0; number < 260; number += 1) {
    await call("POST", `${STORE}/namespaces/desk/import`, lines(number), { headers: { "Content-Type": "application/x-ndjson" } });
  }
  await go(page, "/-/history/desk/counter");
  await page.waitForSelector('.versions button:has-text("Show earlier ones")');
  const rows = page.locator(".versions tbody tr");
  const first = await rows.count();
  assert(first < 260, "all are shown at once");
  await page.click('.versions button:has-text("Show earlier ones")');
  await waitUntil(async () => (await rows.count()) === 260, "the rest of the history");
});

await step("JSON of the largest size is highlighted, and folds as a whole", async () => {
  const long = Object.fromEntries(
    Array.from({ length: 17_500 }, (_, number) => [`key-${number}`, { number, text: "x".repeat(18) }]),
  );
  const size = JSON.stringify(long).length;
  assert(size > 900_000 && size < 2 ** 20, `it has ${size} bytes`);
  await put("desk", "long", long);
  await open("long");
  const colours = async () =>
    await page.$$eval(".cm-line span", all => new Set(all.map(one => getComputedStyle(one).color)).size);
  await waitUntil(async () => (await colours()) >= 3, "the highlighting");
  const fold = page.locator('.cm-foldGutter [title="Fold line"]').first();
  await waitUntil(async () => {
    await fold.click({ timeout: 500 }).catch(() => undefined);
    return (await page.locator(".cm-line").count()) === 1;
  }, "all being folded into one line");
});

await step("characters that nobody sees are named in lists, paths and titles", async () => {
  const keys = [" spaced", "zero\u200bwidth", "user\u202egnp.exe", "ad\u200dmin", "👩\u200d💻"];
  for (const key of keys) {
    await put("desk", `odd/${key}`, 1);
  }
  await go(page, "/desk?prefix=odd%2F");
  await page.waitForSelector('.key-row:has-text("zero")');
  assertEqual((await page.locator(".key-row .invisible").allTextContents()).sort(), ["U+200B", "U+200D", "U+202E", "·"].sort());
  const told = await page.getAttribute('.key-row bdi:has-text("zero")', "title");
  assert(told.includes("U+007A U+0065") && told.includes("U+200B"), told);
  await checkAccessibility(page);
  await takePictures(page, "invisible");
  await go(page, toPair("odd/zero\u200bwidth"));
  await page.waitForSelector('h1 .invisible:text-is("U+200B")');
});

await step("these pages have thrown nothing", async () => {
  assertEqual(
    page.errors.filter(error => !/status of (404|412)/.test(error)),
    [],
  );
});

await finish();
