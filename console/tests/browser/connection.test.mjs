// What the console does without a connection, and on a phone in Russian.
import {
  assertEqual,
  checkAccessibility,
  finish,
  giveAdministratorEverything,
  newContext,
  newNamespace,
  PHONE,
  put,
  signIn,
  step,
  takePictures,
} from "./support.mjs";

await giveAdministratorEverything();
await newNamespace("connection-test");

let page;
let context;

await step("without a connection the page says so, and keeps what was read", async () => {
  context = await newContext();
  page = await signIn(undefined, { path: "/-/changes/connection-test", context });
  await put("connection-test", "before", 1);
  await page.waitForSelector('.change-row:has-text("before")');
  await context.setOffline(true);
  await page.waitForSelector(".connection.offline");
  await page.waitForSelector('.offline-note:has-text("No connection")');
  await page.waitForSelector('.change-row:has-text("before")');
  await checkAccessibility(page);
  await takePictures(page, "offline");
});

await step("what was missed follows when the connection is back, without a click", async () => {
  await put("connection-test", "meanwhile", 2);
  await context.setOffline(false);
  await page.waitForSelector('.change-row:has-text("meanwhile")');
  await page.waitForSelector(".connection.live");
  await page.waitForSelector('.toast:has-text("Connected again")');
});

await step("the stream pauses and goes on, and is filtered by key and kind", async () => {
  await page.keyboard.press("p");
  await page.waitForSelector('.note:has-text("Paused")');
  await put("connection-test", "while-paused", 3);
  await page.waitForSelector('.note:has-text("1 change is waiting")');
  await checkAccessibility(page);
  await takePictures(page, "changes_paused");
  await page.click('button:has-text("Go on")');
  await page.waitForSelector('.change-row:has-text("while-paused")');
  await page.fill('input[type="search"]', "MEAN");
  await page.waitForFunction(() => document.querySelectorAll(".change-row").length === 1);
  await page.selectOption("select", "deleted");
  await page.waitForSelector('.empty:has-text("none matches")');
});

await step("on a phone and in Russian, navigation is behind a button, and nothing is wider than the screen", async () => {
  const phone = await signIn(undefined, { viewport: PHONE, locale: "ru-RU", hasTouch: true, isMobile: true });
  await phone.waitForSelector('h1:has-text("Обзор")');
  assertEqual(await phone.getAttribute("html", "lang"), "ru");
  await phone.waitForSelector('.namespace-card:has-text("пар")');
  await checkAccessibility(phone);
  await phone.screenshot({ path: `${process.env.CONSOLE_PICTURES}/overview_phone_russian.png` });
  await phone.tap('button[aria-label="Меню"]');
  await phone.waitForSelector(".drawer");
  await checkAccessibility(phone);
  await phone.screenshot({ path: `${process.env.CONSOLE_PICTURES}/navigation_phone_russian.png` });
  await phone.tap('.drawer a:has-text("Изменения")');
  await phone.waitForSelector('h1:has-text("Изменения")');
  assertEqual(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  assertEqual(phone.errors, []);
});

await step("language and theme are chosen in the menu of the account, and remembered", async () => {
  await page.click(".avatar");
  await page.click('[role="menuitemradio"]:text-is("Русский")');
  await page.waitForSelector('h1:has-text("Изменения")');
  await page.click(".avatar");
  await page.click('[role="menuitemradio"]:text-is("Тёмное")');
  await page.waitForSelector('html[data-theme="dark"]');
  await page.reload();
  await page.waitForSelector('h1:has-text("Изменения")');
  assertEqual(await page.getAttribute("html", "data-theme"), "dark");
  await page.click(".avatar");
  await checkAccessibility(page);
  await takePictures(page, "account");
});

await finish();
