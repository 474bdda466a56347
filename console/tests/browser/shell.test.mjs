// Signing in, the frame around all pages, the overview and the stream of changes.
import {
  ADMINISTRATOR,
  assert,
  assertEqual,
  AUTHORIZATION,
  checkAccessibility,
  CONSOLE,
  finish,
  giveAdministratorEverything,
  go,
  HOSTILE,
  newContext,
  newNamespace,
  newPage,
  put,
  step,
  STORE,
  takePictures,
} from "./support.mjs";

await giveAdministratorEverything();
await newNamespace("shop", { description: "Orders and stock", quota_pairs: 100, history_kept: 3 });
for (let number = 0; number < 12; number += 1) {
  await put("shop", `orders/2026/${number}`, { item: "tea", amount: number, paid: number % 2 === 0 });
}

let page;

await step("a browser at the root is led to the console, signs in, and comes back to it", async () => {
  page = await newPage(await newContext());
  await page.goto(STORE);
  await page.waitForURL(`${AUTHORIZATION}/**`);
  await page.fill('input[name="username"]', ADMINISTRATOR.username);
  await page.fill('input[name="password"]', ADMINISTRATOR.password);
  await page.click("button.primary");
  await page.waitForSelector("h1");
  assertEqual(page.url(), `${CONSOLE}/`);
  assertEqual(await page.textContent("h1"), "Overview");
});

await step("the overview shows each namespace with its size, and axe finds nothing", async () => {
  await page.waitForSelector('.namespace-card:has-text("shop"):has-text("12 pairs"):has-text("12 of 100")');
  await checkAccessibility(page);
  await takePictures(page, "overview");
});

await step(
  "what is written elsewhere appears in the stream of changes within a second, whatever its key and value are",
  async () => {
    await go(page, "/-/changes/shop");
    await page.waitForSelector(".change-row");
    const began = Date.now();
    await put("shop", HOSTILE.emojiKey, HOSTILE.script);
    await page.waitForSelector(`.change-row:has-text("${HOSTILE.emojiKey}")`);
    assert(Date.now() - began < 10_000, "it took too long"); // an interface that polls now and then would take longer still
    await put("shop", HOSTILE.rightToLeft, HOSTILE.megabyte);
    await page.waitForSelector('.change-row:has-text("xxxx…")');
    assert(!(await page.title()).includes("broken"), "what is stored was run");
    await checkAccessibility(page);
    await takePictures(page, "changes");
  },
);

await step("the sheet of shortcuts opens with a question mark, and the palette with Ctrl K", async () => {
  await page.keyboard.press("?");
  await page.waitForSelector(".sheet");
  await checkAccessibility(page);
  await takePictures(page, "shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette");
  await checkAccessibility(page);
  await takePictures(page, "palette");
  await page.keyboard.type("overv");
  await page.keyboard.press("Enter");
  await page.waitForSelector('h1:has-text("Overview")');
});

await step("no page has thrown, or tried what the policy forbids", async () => {
  assertEqual(page.errors, []);
});

await finish();
