// Charts of what the service does.
import {
  assert,
  assertEqual,
  call,
  checkAccessibility,
  finish,
  giveAdministratorEverything,
  go,
  newNamespace,
  newUser,
  put,
  signIn,
  step,
  STORE,
  takePictures,
  waitUntil,
} from "./support.mjs";

await giveAdministratorEverything();
await newNamespace("looked-at");

let page;
let isLoading = true;

/** Reads and writes all the time, so that there is something to see. */
async function load() {
  for (let number = 0; isLoading; number += 1) {
    await put("looked-at", `key-${number % 50}`, number);
    await call("POST", `${STORE}/read`, { namespace: "looked-at", keys: ["key-1"] });
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

const loaded = load();

await step("charts show requests, latency, changes, pairs and memory, as the service measures them", async () => {
  page = await signIn(undefined, { path: "/-/look" });
  await page.waitForSelector('h1:has-text("Look")');
  await page.waitForSelector(".chart canvas");
  for (const title of ["Requests a second", "Latency", "Changes a second", "Pairs", "Memory of the database", "Load"]) {
    await page.waitForSelector(`.chart[aria-label="${title}"] canvas`);
  }
  await page.waitForSelector('.chart[aria-label="Requests a second"] .legend:has-text("POST /read")');
  await page.waitForSelector('.facts:has-text("Pairs"):has-text("Memory in use")');
  const changes = page.locator('.chart[aria-label="Changes a second"] .legend b');
  await waitUntil(async () => Number.parseFloat((await changes.textContent()) ?? "") > 0, "changes being counted");
});

await step("axe finds nothing on the charts, nor on their numbers", async () => {
  await page.waitForTimeout(6000); // some more points, for the picture
  await checkAccessibility(page);
  await takePictures(page, "look");
  await page.keyboard.press("t");
  await page.waitForSelector('.chart[aria-label="Latency"] table');
  await checkAccessibility(page);
  await takePictures(page, "look_numbers");
  await page.keyboard.press("t");
  await page.waitForSelector(".chart canvas");
});

await step("one operation can be looked at alone, and another window chosen", async () => {
  await page.selectOption('select:has(option:text-is("All operations"))', "POST /read");
  await page.waitForSelector('.chart[aria-label="Requests a second"] .legend li:only-child:has-text("POST /read")');
  await page.selectOption('select:has(option:text-is("15 minutes"))', "900");
  await page.selectOption('select:has(option:text-is("All operations"))', "");
});

await step("a pause lets the charts stand still, and they go on where they would be", async () => {
  const shown = () => page.locator('.chart[aria-label="Requests a second"] tbody tr >> nth=0').textContent();
  await page.keyboard.press("t");
  await page.keyboard.press("p");
  await page.waitForSelector(".note.warn");
  const before = await shown();
  await page.waitForTimeout(5000);
  assertEqual(await shown(), before);
  await page.keyboard.press("p");
  await waitUntil(async () => (await shown()) !== before, "the charts going on");
  await page.keyboard.press("t");
});

await step("charts keep what was measured while another page was shown", async () => {
  await go(page, "/");
  await page.waitForSelector('h1:has-text("Overview")');
  await go(page, "/-/look");
  await page.waitForSelector(".chart canvas", { timeout: 3000 }); // at once, and not after the next figures
});

await step("whoever may not administer all namespaces is not offered the charts, and is told why", async () => {
  const other = await signIn(await newUser());
  await other.waitForSelector(".navigation");
  assertEqual(await other.locator('.navigation a:has-text("Look")').count(), 0);
  await go(other, "/-/look");
  await other.waitForSelector('.empty:has-text("You have no right to do this")');
  await checkAccessibility(other);
  assertEqual(other.errors, []);
});

isLoading = false;
await loaded;

await step("the charts have thrown nothing, and tried nothing that the policy forbids", async () => {
  assertEqual(page.errors, []);
  assert(!(await page.title()).includes("broken"), "the title was changed");
});

await finish();
