// What the scripts beside this file have in common. Each is run by ../test_in_browser.py, and reports each of its steps on a line.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const { CHROMIUM, STORE_URL, AUTHORIZATION_URL, ADMINISTRATOR_PASSWORD, CONSOLE_PICTURES } = process.env;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const ADMINISTRATOR = { username: "admin", password: ADMINISTRATOR_PASSWORD };
export const CONSOLE = `${STORE_URL}/console`;
export const STORE = STORE_URL;
export const AUTHORIZATION = AUTHORIZATION_URL;
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const WAIT = 20_000;

/** What somebody might store, or call a key, to harm those who look at it. */
export const HOSTILE = {
  script: `<script>document.title="broken"</script><img src=x onerror="document.title='broken'">`,
  rightToLeft: "user\u202egnp.exe\u2066 שלום \u2069",
  megabyte: "x".repeat(1_000_000),
  emojiKey: "🧨".repeat(128), // 512 bytes, the longest that a key may be
};

const browser = await chromium.connectOverCDP(CHROMIUM);
const contexts = [];
let present = null;

/** Runs one step of a script, and reports how it went. Later steps are tried in any case. Its name stands on the line of `await step(`. */
export async function step(name, act) {
  let error = null;
  try {
    await act();
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown);
    const path = join(CONSOLE_PICTURES, `failed ${name.replace(/[^\w ]+/g, "")}.png`);
    await present?.screenshot({ path }).catch(() => undefined);
  }
  process.stdout.write(`${JSON.stringify({ name, error })}\n`);
}

/** Ends the script. To be called last. */
export async function finish() {
  await Promise.all(contexts.map(context => context.close().catch(() => undefined)));
  await browser.close();
}

/** Opens a browser of its own: without cookies, in English and light unless `options` say otherwise. */
export async function newContext(options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB", colorScheme: "light", ...options });
  context.setDefaultTimeout(WAIT);
  contexts.push(context);
  return context;
}

/** Opens a tab. `errors` collects what no page may do: exceptions, and what the policy of the page has forbidden. */
export async function newPage(context) {
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", error => page.errors.push(String(error)));
  page.on("console", message => {
    const { url } = message.location();
    if (message.type() === "error" && !url.startsWith(`${AUTHORIZATION}/favicon`)) {
      page.errors.push(`${message.text()} ${url}`);
    }
  });
  present = page;
  return page;
}

/** Signs in at the page of the authorization service, and returns the tab with the console at this path. */
export async function signIn(user = ADMINISTRATOR, { path = "/", context, ...options } = {}) {
  const page = await newPage(context ?? (await newContext(options)));
  await page.goto(`${CONSOLE}${path}`);
  await page.fill('input[name="username"]', user.username);
  await page.fill('input[name="password"]', user.password);
  await page.click("button.primary");
  await page.waitForSelector(".shell");
  return page;
}

/** Goes to a path of the console as a link does, without loading the page anew. */
export async function go(page, path) {
  await page.evaluate(
    to => {
      const link = document.createElement("a");
      link.href = to;
      document.body.append(link);
      link.click();
      link.remove();
    },
    `${new URL(CONSOLE).pathname}${path}`,
  );
}

let token = null;

/** Sends a request to a service as the administrator, or with another token. Throws where it is refused. */
export async function call(method, url, body, { headers = {}, as } = {}) {
  token ??= await logIn(ADMINISTRATOR);
  const isText = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${as ?? token}`, "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  }
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

/** Returns an access token of a user. */
export async function logIn({ username, password }) {
  return (await post(`${AUTHORIZATION}/login`, { username, password })).access_token;
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  }
  return await response.json();
}

/** Gives the administrator the rights on all namespaces. Tokens have them from the next one on. */
export async function giveAdministratorEverything() {
  await giveGrants(ADMINISTRATOR.username, ["admin:*"]);
  token = null;
}

/** Gives a user these grants. */
export async function giveGrants(username, grants) {
  for (const grant of grants) {
    await call("PUT", `${AUTHORIZATION}/users/${username}/grants/${encodeURIComponent(grant)}`);
  }
}

/** Creates a namespace with these settings, as an administrator that may. */
export async function newNamespace(name, settings = {}) {
  await call("PUT", `${STORE}/namespaces/${name}`, settings);
  return name;
}

/** Writes a pair. */
export async function put(namespace, key, value) {
  return await call(
    "PUT",
    `${STORE}/namespaces/${namespace}/pair?key=${encodeURIComponent(key)}`,
    value === undefined ? "null" : JSON.stringify(value),
  );
}

let users = 0;

/** Registers a user; it has the grants of new users, and these. */
export async function newUser(grants = []) {
  users += 1;
  const user = {
    username: `person-${process.pid}-${users}`,
    password: "Correct-horse-7",
    first_name: "Anna",
    last_name: "Petrova",
  };
  const { id } = await post(`${AUTHORIZATION}/register`, user);
  await giveGrants(user.username, grants);
  return { ...user, id };
}

/** Throws unless axe finds nothing wrong on the page, in both themes. */
export async function checkAccessibility(page) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const found = violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
    );
    assert(found.length === 0, `${theme}: ${found.join("\n")}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Takes pictures of the page in both themes, as it is on a desktop and on a phone. */
export async function takePictures(page, name) {
  await page.bringToFront(); // others are not drawn
  for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForTimeout(150); // what moves has come to rest
      await page.screenshot({ path: join(CONSOLE_PICTURES, `${name}_${size}_${theme}.png`) });
    }
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
}

/** Waits until a condition, which may be asynchronous, holds. */
export async function waitUntil(holds, what) {
  const deadline = Date.now() + WAIT;
  while (!(await holds())) {
    assert(Date.now() < deadline, `${what} did not happen`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export function assert(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

export function assertEqual(found, expected) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  assert(one === other, `${one} is not ${other}`);
}
