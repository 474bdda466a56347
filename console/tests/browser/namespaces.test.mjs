// Namespaces: created, changed and deleted; and the policy on second factors.
import { createHmac } from "node:crypto";

import {
  assert,
  assertEqual,
  AUTHORIZATION,
  call,
  checkAccessibility,
  CONSOLE,
  finish,
  giveAdministratorEverything,
  go,
  HOSTILE,
  logIn,
  newNamespace,
  newPage,
  newContext,
  newUser,
  put,
  signIn,
  step,
  STORE,
  takePictures,
} from "./support.mjs";

const dialog = "dialog[open]";
const at = (label, where = dialog) => `${where} .field:has(.label:text-is("${label}")) .input`;
const settings = async name => await call("GET", `${STORE}/namespaces/${name}`);

await giveAdministratorEverything();
await newNamespace("taken", { description: "Not to be touched", quota_pairs: 5 });
const page = await signIn();

await step("a namespace is created with its limits, and one that exists is left alone", async () => {
  await page.waitForSelector('button:has-text("New namespace")');
  await page.keyboard.press("n");
  await page.waitForSelector(dialog);
  await page.fill(at("Name"), "taken");
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector(`${dialog} .error:has-text("There is a namespace taken already")`);
  await page.fill(at("Name"), "teas");
  await page.waitForSelector(`${dialog} .error`, { state: "detached" }); // what is below it has moved
  await page.fill(at("Description"), HOSTILE.script);
  await page.click(`${dialog} summary`);
  await page.fill(at("Most pairs"), "1000");
  await page.fill(at("Most bytes"), "many");
  await checkAccessibility(page);
  await takePictures(page, "namespace_new");
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector(`${dialog} .error:has-text("cannot be understood")`);
  await page.fill(at("Most bytes"), "64 MiB");
  await page.fill(at("Pairs expire after"), "30 d");
  await page.fill(at("Earlier values of each pair"), "5");
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector('h1:has-text("teas")');
  const { created_at: _, ...made } = await settings("teas");
  assertEqual(made, {
    name: "teas",
    description: HOSTILE.script,
    quota_pairs: 1000,
    quota_bytes: 64 * 1024 ** 2,
    default_ttl: 30 * 86400,
    changes_kept: 10_000,
    history_kept: 5,
  });
  assertEqual((await settings("taken")).description, "Not to be touched");
  await page.waitForSelector('.facts:has-text("expire after 30 days")');
});

await step("its settings are changed, and not over what somebody else has decided meanwhile", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  const form = ".settings form";
  await page.waitForSelector(form);
  assertEqual(await page.inputValue(at("Most bytes", form)), "64 MiB");
  await checkAccessibility(page);
  await takePictures(page, "settings");
  await page.fill(at("Most pairs", form), "");
  await page.fill(at("Description", form), "Green and black");
  await page.click(`${form} button[type="submit"]`);
  await page.waitForSelector('.toast:has-text("The settings are saved")');
  assertEqual((await settings("teas")).quota_pairs, null);
  await call("PUT", `${STORE}/namespaces/teas`, {
    ...(await settings("teas")),
    name: undefined,
    created_at: undefined,
    history_kept: 9,
  });
  await page.fill(at("Description", form), "Mine");
  await page.click(`${form} button[type="submit"]`);
  await page.waitForSelector('.note.bad:has-text("Somebody else has changed these settings")');
  assertEqual((await settings("teas")).history_kept, 9);
  await page.fill(at("Latest changes", form), "-3");
  await page.click(`${form} button[type="submit"]`);
  await page.waitForSelector(`${form} .error`);
});

await step("a namespace that holds something is deleted by its name, and says how much goes", async () => {
  await put("teas", HOSTILE.emojiKey, "boom");
  await put("teas", "sencha", 1);
  await go(page, "/-/settings/teas");
  await page.click('.settings button:has-text("Delete the namespace")');
  await page.waitForSelector(`${dialog}:has-text("2 pairs (")`);
  assert(await page.isDisabled(`${dialog} button[type="submit"]`), "it may be deleted unnamed");
  await page.fill(at("Type teas to delete it"), "tea");
  assert(await page.isDisabled(`${dialog} button[type="submit"]`), "it may be deleted by another name");
  await checkAccessibility(page);
  await takePictures(page, "namespace_deletion");
  await page.fill(at("Type teas to delete it"), "teas");
  await page.keyboard.press("Enter");
  await page.waitForSelector('h1:has-text("Overview")');
  const answer = await settings("teas").catch(String);
  assert(String(answer).includes("404"), "the namespace is still there");
  await go(page, "/-/settings/taken");
  await page.click('.settings button:has-text("Delete the namespace")');
  await page.waitForSelector(`${dialog}:has-text("It holds no pairs")`);
  await put("taken", "late", 1); // after it was counted
  await page.click(`${dialog} button[type="submit"]`);
  await page.waitForSelector(`${dialog} .note.bad`);
  await page.waitForSelector(`${dialog}:has-text("1 pair (")`);
  await page.keyboard.press("Escape");
  assertEqual((await settings("taken")).name, "taken");
  await go(page, "/-/settings/default");
  await page.waitForSelector('.settings:has-text("cannot be deleted")');
});

await step("whoever may not administer a namespace is offered none of this", async () => {
  const reader = await newUser(["read:taken"]);
  const other = await signIn(reader);
  await other.waitForSelector('.namespace-card:has-text("taken")');
  assertEqual(await other.locator('button:has-text("New namespace"), .navigation a:has-text("Settings")').count(), 0);
  await go(other, "/-/settings/taken");
  await other.waitForSelector('.empty:has-text("You have no right to do this")');
  assertEqual(other.errors, []);
  await other.context().close();
});

await step("a second factor is required of administrators, and no longer, by one that has one", async () => {
  const person = await newUser();
  await call("PATCH", `${AUTHORIZATION}/users/${person.username}`, { role: "administrator" });
  const code = await enrol(person);
  await go(page, "/-/administer/policy");
  await page.waitForSelector('.badge:has-text("has no second factor")');
  await checkAccessibility(page);
  await takePictures(page, "policy");
  await page.click('button:has-text("Require it")');
  await page.waitForSelector(dialog);
  await checkAccessibility(page);
  await page.keyboard.press("Escape"); // it would shut this administrator out
  const other = await newPage(await newContext());
  await other.goto(`${CONSOLE}/-/administer/policy`);
  await other.fill('input[name="username"]', person.username);
  await other.fill('input[name="password"]', person.password);
  await other.click("button.primary");
  await other.fill('input[name="code"]', code);
  await other.click("button.primary");
  await other.waitForSelector('.badge:has-text("has 1 second factor")');
  await other.click('button:has-text("Require it")');
  await other.click(`${dialog} .foot .button:has-text("Require it")`);
  await other.waitForSelector('.badge:text-is("required")');
  await page.reload(); // signs in anew, by the password alone
  await page.waitForSelector('.empty:has-text("This page is for administrators")');
  await other.click('button:has-text("Require it no longer")');
  await other.click(`${dialog} .foot .button:has-text("Require it no longer")`);
  await other.waitForSelector('.badge:text-is("not required")');
  await other.context().close();
});

await step("none of these pages has run what others have written", async () => {
  assert(!(await page.title()).includes("broken"), "a description was run");
  const refused = page.errors.filter(error => !/status of (4\d\d)/.test(error)); // refusals are a part of the steps above
  assertEqual(refused, []);
});

await finish();

/** Gives a user an app with codes, and returns a recovery code: codes of the app are good once in 30 seconds. */
async function enrol({ username, password }) {
  const as = await logIn({ username, password });
  const { enrolment, secret } = await call("POST", `${AUTHORIZATION}/me/factors/totp`, { password }, { as });
  const body = { enrolment, code: totp(secret), name: "app" };
  const { recovery_codes } = await call("POST", `${AUTHORIZATION}/me/factors/totp/confirm`, body, { as });
  return recovery_codes[0];
}

/** A code of RFC 6238, by SHA-1, 30 seconds and 6 digits. */
function totp(secret) {
  const bits = [...secret.replace(/=+$/, "")].map(one =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0"),
  );
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
