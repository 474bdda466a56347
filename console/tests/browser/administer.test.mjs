// Users, groups, grants, clients, sessions, keys, events and access, as an administrator.
import {
  assert,
  assertEqual,
  AUTHORIZATION,
  call,
  checkAccessibility,
  finish,
  giveAdministratorEverything,
  giveGrants,
  go,
  HOSTILE,
  newNamespace,
  newUser,
  signIn,
  step,
  takePictures,
} from "./support.mjs";

await giveAdministratorEverything();
await newNamespace("ledger");
const anna = await newUser(["read:ledger/config/*"]);
const bella = await newUser();
// As hostile as names may be: the service allows no more than these characters.
const address = `o'${"x".repeat(40)}&=#?%{|}~+tag@example.org`;
const team = `team-${process.pid}`;

const page = await signIn();
const agree = async text => await page.click(`dialog .foot .button:has-text("${text}")`);

await step("users are listed, searched by the beginning of the name, and created", async () => {
  await go(page, "/-/administer/users");
  await page.waitForSelector(`td:has-text("${anna.username}")`);
  await checkAccessibility(page);
  await takePictures(page, "users");
  await page.keyboard.press("n");
  await page.waitForSelector("dialog");
  await checkAccessibility(page);
  await page.fill('dialog input[type="text"] >> nth=0', address);
  await page.fill('dialog input[type="password"]', "short");
  await page.fill('dialog input[type="text"] >> nth=1', HOSTILE.script.slice(0, 60));
  await page.click('dialog .button:has-text("Create the user")');
  await page.waitForSelector("dialog .field .error"); // the rule stands at its field
  await page.fill('dialog input[type="password"]', "Correct-horse-7");
  await page.fill('dialog input[type="text"] >> nth=1', "Anna");
  await page.fill('dialog input[type="text"] >> nth=2', "O’Hara");
  await page.click('dialog .button:has-text("Create the user")');
  await page.waitForSelector(`h1:has-text("${address}")`);
  await checkAccessibility(page);
  await go(page, "/-/administer/users");
  await page.waitForSelector(`td:has-text("${address}")`);
  await page.keyboard.press("/");
  await page.keyboard.type("person-");
  await page.waitForSelector(`td:has-text("${anna.username}")`);
  await page.waitForSelector(`td:has-text("${address}")`, { state: "detached" });
});

await step("a group is created, gets members and grants, and loses them after a question", async () => {
  await go(page, "/-/administer/groups");
  await page.click('.button:has-text("New group")');
  await page.fill("dialog input", "Not A Name");
  await page.click('dialog .button:has-text("Create the group")');
  await page.waitForSelector("dialog .error, dialog .note.bad");
  await page.fill("dialog input", team);
  await page.click('dialog .button:has-text("Create the group")');
  await page.waitForSelector(`h1:has-text("${team}")`);
  for (const { username } of [anna, bella]) {
    await page.fill('form:has(.button:text-is("Add")) input', username);
    await page.click('.button:text-is("Add")');
    await page.waitForSelector(`.entries a:has-text("${username}")`);
  }
  await page.fill('form:has(.button:text-is("Add")) input', "nobody-at-all");
  await page.click('.button:text-is("Add")');
  await page.waitForSelector('.note.bad:has-text("User not found")');
  await page.selectOption(".new-grant select", "write");
  await page.fill(".new-grant input >> nth=0", "ledger");
  await page.waitForSelector('.new-grant .said:has-text("write everything in ledger")');
  await page.click('.new-grant .button:has-text("Give")');
  await page.waitForSelector('.entries code:has-text("write:ledger")');
  await checkAccessibility(page);
  await takePictures(page, "group");
  await page.click(`[aria-label="Remove ${bella.username}"]`);
  await page.waitForSelector("dialog");
  await checkAccessibility(page);
  await agree("Remove");
  await page.waitForSelector(`.entries a:has-text("${bella.username}")`, { state: "detached" });
  const { members, grants } = await call("GET", `${AUTHORIZATION}/groups/${team}`);
  assertEqual([members, grants], [[anna.username], ["write:ledger"]]);
});

await step("a grant on keys of any script is written as the services read it", async () => {
  await go(page, "/-/administer/grants");
  await page.waitForSelector(".entries");
  await checkAccessibility(page);
  await takePictures(page, "grants");
  await page.fill(".filters input", bella.username);
  await page.click('.button:has-text("Show")');
  await page.waitForSelector(".new-grant");
  await page.selectOption(".new-grant select", "read");
  await page.fill(".new-grant input >> nth=0", "ledger");
  await page.fill(".new-grant input >> nth=1", "<script>заказы/*");
  await page.click('.new-grant .button:has-text("Give")');
  const grant = `read:ledger/${encodeURIComponent("<script>заказы/").replace(/%2F/g, "/")}*`;
  await page.waitForSelector(`.entries code:text-is("${grant}")`);
  await page.waitForSelector('.entries:has-text("that begin with <script>заказы/")');
  assert((await call("GET", `${AUTHORIZATION}/users/${bella.username}/grants`)).own.includes(grant), "it is another grant");
  await page.click(`[aria-label="Take ${grant} away"]`);
  await agree("Take it away");
  await page.waitForSelector(`.entries code:text-is("${grant}")`, { state: "detached" });
});

await step("access to a namespace says who may do what, and by which grant or group", async () => {
  await giveGrants(bella.username, ["read:led*"]);
  await call("POST", `${AUTHORIZATION}/clients`, { client_id: `job-${process.pid}`, scopes: ["write:ledger"] });
  await go(page, "/-/administer/access");
  await page.fill(".filters input", "ledger");
  await page.click('.button:has-text("Show")');
  const row = name => page.locator(`tr:has-text("${name}")`);
  await row(anna.username).waitFor();
  await page.waitForSelector(`tr:has-text("${anna.username}"):has-text("by the group ${team}"):has-text("write:ledger")`);
  await page.waitForSelector(`tr:has-text("${anna.username}"):has-text("read:ledger/config/*"):has-text("held directly")`);
  await page.waitForSelector(`tr:has-text("${bella.username}"):has-text("read:led*")`);
  await checkAccessibility(page);
  await takePictures(page, "access");
  await page.click('[role="tab"]:has-text("Service accounts")');
  await page.waitForSelector(`tr:has-text("job-${process.pid}"):has-text("write:ledger")`);
  await page.fill(".filters input", "<script>");
  await page.click('.button:has-text("Show")');
  await page.waitForSelector(".note.bad");
});

await step("a secret is shown once, replaced and deleted with its client", async () => {
  const id = `reporter-${process.pid}`;
  await go(page, "/-/administer/clients");
  await page.waitForSelector("h1");
  await page.click('.button:has-text("New client")');
  await page.fill('dialog input[type="text"]', id);
  await page.fill("dialog textarea", "read:ledger read:default");
  await checkAccessibility(page);
  await takePictures(page, "client_new");
  await page.click('dialog .button:has-text("Create the client")');
  await page.waitForSelector('dialog:has-text("cannot be shown again") code');
  const secret = await page.textContent("dialog code");
  await checkAccessibility(page);
  await takePictures(page, "client_secret");
  await page.click('dialog .button:has-text("I have copied it")');
  await page.waitForSelector(`td:has-text("${id}")`);
  assert(!(await page.content()).includes(secret), "the secret is still on the page");
  await checkAccessibility(page);
  await takePictures(page, "clients");
  await page.click(`[aria-label="Replace the secret of ${id}"]`);
  await agree("Replace the secret");
  await page.waitForSelector('dialog:has-text("cannot be shown again") code');
  assert((await page.textContent("dialog code")) !== secret, "it is the same secret");
  await page.keyboard.press("Escape");
  await page.click(`[aria-label="Delete ${id}"]`);
  await agree("Delete");
  await page.waitForSelector(`td:has-text("${id}")`, { state: "detached" });
});

await step("an application is registered with its addresses, and has no secret if it is public", async () => {
  const id = `app-${process.pid}`;
  await page.click('.button:has-text("New client")');
  await page.selectOption("dialog select", "public");
  await page.fill('dialog input[type="text"] >> nth=0', id);
  await page.fill('dialog input[type="text"] >> nth=1', `Reports ${HOSTILE.rightToLeft.slice(-6)}`);
  await page.fill("dialog textarea", "javascript:alert(1)");
  await page.click('dialog .button:has-text("Create the client")');
  await page.waitForSelector("dialog .error, dialog .note.bad");
  await page.fill('dialog input[type="text"] >> nth=1', "Отчёты <b>");
  await page.fill("dialog textarea", "https://app.example.com/callback");
  await page.click('dialog .button:has-text("Create the client")');
  const made = `tr:has-text("${id}"):has-text("https://app.example.com/callback")`;
  await page.waitForSelector(`${made}, dialog .error`);
  if (await page.locator("dialog .error").count()) {
    await page.fill('dialog input[type="text"] >> nth=1', "Отчёты"); // the service takes no such name, and says so
    await page.click('dialog .button:has-text("Create the client")');
    await page.waitForSelector(made);
  }
});

await step("a user's page shows grants by source and sessions, and ends these after a question", async () => {
  const tokens = await (
    await fetch(`${AUTHORIZATION}/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: anna.username, password: anna.password }),
    })
  ).json();
  await go(page, `/-/administer/users/${anna.username}`);
  await page.waitForSelector(`h3:has-text("By the group") a:has-text("${team}")`);
  await page.waitForSelector('.button:has-text("End all sessions")');
  await checkAccessibility(page);
  await takePictures(page, "user");
  await page.click('.button:has-text("End all sessions")');
  await agree("End all sessions");
  await page.waitForSelector(`p:has-text("${anna.username} has no sessions")`);
  const answer = await fetch(`${AUTHORIZATION}/me`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
  assertEqual(answer.status, 401);
});

await step("a user is disabled, enabled and deleted, each after a question", async () => {
  for (const [button, done] of [
    ["Disable", "disabled"],
    ["Enable", "member"],
  ]) {
    await page.click(`.danger-zone .button:text-is("${button}")`);
    await page.waitForSelector("dialog");
    await agree(button);
    await page.waitForSelector(`.tags .badge:has-text("${done}")`);
  }
  await page.click('.danger-zone .button:text-is("Delete")');
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape"); // not yet
  await page.waitForSelector("dialog", { state: "detached" });
  await call("GET", `${AUTHORIZATION}/users/${anna.username}`);
  await page.click('.danger-zone .button:text-is("Delete")');
  await agree("Delete");
  await page.waitForSelector('h1:text-is("Users")');
  const answer = await call("GET", `${AUTHORIZATION}/users/${anna.username}`).catch(String);
  assert(String(answer).includes("404"), "the user is still there");
});

await step("the last administrator is not demoted, and the page says why", async () => {
  await go(page, "/-/administer/users/admin");
  await page.click('.danger-zone .button:text-is("Make member")');
  await agree("Make member");
  await page.waitForSelector('dialog .note.bad:has-text("Last administrator must remain")');
  await page.keyboard.press("Escape");
});

await step("one's own sessions are shown, with that of this page", async () => {
  await go(page, "/-/administer/sessions");
  await page.waitForSelector('tr:has-text("this page")');
  await checkAccessibility(page);
  await takePictures(page, "sessions");
  await page.fill(".filters input", "nobody-at-all");
  await page.click('.button:has-text("Show")');
  await page.waitForSelector('.note.bad:has-text("User not found")');
});

await step("events are read from the latest on, filtered, and in parts", async () => {
  await giveGrants(
    bella.username,
    Array.from({ length: 50 }, (_, number) => `read:part-${number}`),
  ); // as many as a part of the list has
  await go(page, "/-/administer/events");
  await page.waitForSelector('td .badge:has-text("Grant given")');
  await checkAccessibility(page);
  await takePictures(page, "events");
  const rows = page.locator("tbody tr");
  const first = await rows.count();
  await page.click('.button:has-text("Show more")');
  await page.waitForFunction(before => document.querySelectorAll("tbody tr").length > before, first);
  await page.selectOption(".filters select", "UserLoggedOut");
  await page.waitForSelector(`tr:has-text("Logged out by another"):has-text("${anna.username}")`);
  await page.selectOption(".filters select", "GrantTaken");
  await page.fill(".filters input", bella.username);
  await page.click('.button:has-text("Filter")');
  await page.waitForSelector('tr:has-text("Grant taken away"):has-text("%3Cscript%3E")');
  await page.fill(".filters input", "<script>alert(1)</script>");
  await page.click('.button:has-text("Filter")');
  await page.waitForSelector(".note.bad");
});

await step("keys are shown with what they are for, and rotated after a question", async () => {
  await go(page, "/-/administer/keys");
  await page.waitForSelector('td:has-text("signs all new tokens")');
  await page.click('.button:has-text("A key was stolen")');
  await page.waitForSelector('dialog:has-text("Withdraw all keys?")');
  await checkAccessibility(page);
  await page.keyboard.press("Escape");
  await page.click('.button:text-is("Rotate")');
  await agree("Rotate");
  await page.waitForSelector('td:has-text("waiting")');
  await checkAccessibility(page);
  await takePictures(page, "keys");
  await page.click('.button:text-is("Rotate")');
  await agree("Rotate");
  await page.waitForSelector('dialog .note.bad:has-text("already waiting")');
  await page.keyboard.press("Escape");
});

await step("whoever does not administer is not offered these pages, and is told why", async () => {
  const other = await signIn(bella);
  await other.waitForSelector(".navigation");
  assert(!(await other.locator(".navigation h2").allTextContents()).includes("Administer"), "the pages are offered");
  await go(other, "/-/administer/users");
  await other.waitForSelector('.empty:has-text("This page is for administrators")');
  assertEqual(other.errors, []);
});

await step("pages are Russian for those who read that", async () => {
  const other = await signIn(undefined, { locale: "ru-RU", path: "/-/administer/access" });
  await other.waitForSelector('h1:has-text("Доступ")');
  await other.waitForSelector("td");
  await takePictures(other, "access_russian");
  await go(other, "/-/administer/events");
  await other.waitForSelector('td .badge:has-text("Вход")');
  assertEqual(other.errors, []);
});

await step("no administrative page has run what others have written", async () => {
  assert(!(await page.title()).includes("broken"), "a name was run");
  const refused = page.errors.filter(error => !/status of (4\d\d)/.test(error)); // refusals are a part of the steps above
  assertEqual(refused, []);
});

await finish();
