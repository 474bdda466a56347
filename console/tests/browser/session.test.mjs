// Signing in and out, tokens, tabs, rights that change while the page is open.
import {
  assert,
  assertEqual,
  AUTHORIZATION,
  call,
  checkAccessibility,
  CONSOLE,
  finish,
  giveAdministratorEverything,
  giveGrants,
  logIn,
  newContext,
  newNamespace,
  newPage,
  newUser,
  signIn,
  step,
  takePictures,
  waitUntil,
} from "./support.mjs";

await giveAdministratorEverything();
await newNamespace("session-test");
const anna = await newUser();
const countSessions = async () => {
  const as = await logIn(anna); // which is a session, too
  const { sessions } = await call("GET", `${AUTHORIZATION}/sessions`, undefined, { as });
  await call("POST", `${AUTHORIZATION}/logout`, undefined, { as });
  return sessions.length - 1;
};

const context = await newContext();
let page;

await step("a link that somebody has sent leads where it says, after signing in", async () => {
  page = await signIn(anna, { path: "/-/changes/default", context });
  await page.waitForSelector('h1:has-text("Changes")');
  assertEqual(new URL(page.url()).pathname, "/console/-/changes/default");
});

await step("a page that is loaded anew signs in without a question, and leaves no session behind", async () => {
  for (let time = 0; time < 3; time += 1) {
    await page.reload();
    await page.waitForSelector('h1:has-text("Changes")');
  }
  await waitUntil(async () => (await countSessions()) === 1, "the end of the sessions before");
});

await step("nothing of the session is in the browser's storage, in a cookie that scripts see, or in the address", async () => {
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
  );
  assert(!/eyJ|refresh|code=|verifier/.test(kept), kept);
});

await step("an answer that this tab has not asked for is not redeemed", async () => {
  const other = await newPage(context);
  const { issuer } = await (await fetch(`${CONSOLE}/-/configuration.json`)).json();
  await other.goto(`${CONSOLE}/?${new URLSearchParams({ code: "x", state: "y", iss: issuer })}`);
  await other.waitForSelector('.gate:has-text("not to a request of this tab")');
  await checkAccessibility(other);
  await takePictures(other, "sign_in_failed");
  await other.close();
});

let second;

await step("rights that are given while two tabs are open appear in both, and neither signs the other out", async () => {
  second = await newPage(context);
  await second.goto(`${CONSOLE}/`);
  await second.waitForSelector('.namespace-card:has-text("default")');
  await giveGrants(anna.username, ["read:session-test"]); // which revokes the tokens that they have
  for (const tab of [page, second]) {
    await tab.click('.navigation a:has-text("Overview")');
    await tab.click('.navigation a:has-text("Changes")'); // a page that asks for something
    await tab.click('.navigation a:has-text("Overview")');
    await tab.waitForSelector('.namespace-card:has-text("session-test"):has-text("read only")');
  }
});

await step("tokens are renewed in time, in the background", async () => {
  const timed = await newPage(context);
  await timed.clock.install();
  await timed.goto(`${CONSOLE}/`);
  await timed.waitForSelector(".shell");
  const renewal = timed.waitForRequest(request => (request.postData() ?? "").includes("grant_type=refresh_token"));
  await timed.clock.fastForward(13 * 60 * 1000);
  assertEqual((await (await renewal).response()).status(), 200);
  await timed.close();
});

await step("signing out signs out of this browser; another tab says so, and keeps what is on its page", async () => {
  await page.click(".avatar");
  await page.click('[role="menuitem"]:text-is("Sign out")');
  await page.waitForSelector('.gate:has-text("You are signed out")');
  await checkAccessibility(page);
  await takePictures(page, "signed_out");
  await second.waitForSelector('dialog:has-text("Your session has ended")');
  await checkAccessibility(second);
  await takePictures(second, "session_ended");
  await second.click('button:has-text("Stay on this page")');
  await second.waitForSelector(".namespace-card");
  assertEqual(await countSessions(), 0);
});

await step("signing in again is a click and a password", async () => {
  await page.click('button:has-text("Sign in")');
  await page.fill('input[name="username"]', anna.username);
  await page.fill('input[name="password"]', anna.password);
  await page.click("button.primary");
  await page.waitForSelector('h1:has-text("Overview")');
});

await step("signing out everywhere asks first, and ends the sessions of other devices", async () => {
  const elsewhere = await signIn(anna);
  await page.click(".avatar");
  await page.click('[role="menuitem"]:text-is("Sign out everywhere")');
  await page.waitForSelector("dialog[open]");
  await checkAccessibility(page);
  await takePictures(page, "sign_out_everywhere");
  await page.click('dialog button:has-text("Sign out everywhere")');
  await page.waitForSelector('.gate:has-text("You are signed out")');
  // Its watch of changes ends with the token: it need not ask for anything to notice.
  await elsewhere.waitForSelector('dialog:has-text("Your session has ended")');
  assertEqual(await countSessions(), 0);
});

await step("somebody without any right is told what to ask for", async () => {
  for (const grant of ["read:default", "write:default", "read:session-test"]) {
    await call("DELETE", `${AUTHORIZATION}/users/${anna.username}/grants/${encodeURIComponent(grant)}`);
  }
  const poor = await signIn(anna);
  await poor.waitForSelector('.empty:has-text("You have no namespace yet")');
  assertEqual(await poor.locator(".navigation a").allInnerTexts(), ["Overview"]);
  await checkAccessibility(poor);
  await takePictures(poor, "overview_empty");
  assertEqual(poor.errors, []);
});

await finish();
