import { toProblem, Problem } from "../api/problem";
import { request } from "../api/http";
import { base } from "../router";
import { configuration } from "./configuration";
import { makeChallenge, newSecret } from "./pkce";
import { askForTokens, discard, endSession, keep, tokens } from "./tokens";

/** What the console may do for its user: everything that the user may. */
const SCOPE = "openid profile account administration admin:*";

/** What has to survive the way to the sign-in page and back, in this tab alone. None of it is of use without the code. */
interface Attempt {
  state: string;
  verifier: string;
  /** Where the user wanted to go: a path of the console. */
  goal: string;
}

const ATTEMPT = "console.attempt";

/** Where browsers come back to after signing out. */
export const SIGNED_OUT = "/-/signed-out";

const channel = new BroadcastChannel("console.session");

/** Leaves for the sign-in page. Whoever has signed in to this browser comes back at once, without seeing it. */
export async function beginSignIn(goal: string): Promise<void> {
  const { authorization, client_id } = configuration();
  const attempt: Attempt = { state: newSecret(), verifier: newSecret(), goal };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: redirectUri(),
    scope: SCOPE,
    state: attempt.state,
    code_challenge: await makeChallenge(attempt.verifier),
    code_challenge_method: "S256",
  });
  location.replace(`${authorization}/authorize?${query}`);
}

/** Whether the browser has just come back from the sign-in page. */
export function hasReturned(): boolean {
  const query = new URLSearchParams(location.search);
  return location.pathname === `${base}/` && query.has("state") && (query.has("code") || query.has("error"));
}

/**
 * Redeems the code that the browser has come back with. Returns the path where the user wanted to go; `prepare` learns of it at once.
 *
 * Throws a Problem if the answer is not to this tab's request, is not the issuer's (RFC 9207), or is a refusal.
 */
export async function completeSignIn(prepare: (goal: string) => void): Promise<string> {
  const query = new URLSearchParams(location.search);
  const attempt = readAttempt();
  history.replaceState(history.state, "", `${base}/`); // the code is of no more use, and does not belong into the history
  if (attempt === null || query.get("state") !== attempt.state || query.get("iss") !== configuration().issuer) {
    throw new Problem(0, { type: "foreign-answer" });
  }
  const code = query.get("code");
  if (code === null) {
    throw new Problem(0, { type: query.get("error") ?? "", detail: query.get("error_description") ?? "" });
  }
  prepare(attempt.goal);
  keep(
    await askForTokens({
      grant_type: "authorization_code",
      code,
      code_verifier: attempt.verifier,
      redirect_uri: redirectUri(),
    }),
  );
  return attempt.goal;
}

/** Signs out of the console and of this browser; the other tabs, too. */
export function signOut(): void {
  const { authorization, client_id } = configuration();
  const query = new URLSearchParams({
    client_id,
    id_token_hint: tokens.value?.id ?? "",
    post_logout_redirect_uri: `${location.origin}${base}${SIGNED_OUT}`,
  });
  channel.postMessage(null);
  discard();
  location.replace(`${authorization}/end-session?${query}`);
}

/** Ends all sessions of the user, wherever they are, then signs out of this browser. Throws Problem. */
export async function signOutEverywhere(): Promise<void> {
  await request("authorization", "POST", "/logout/all");
  endSession();
  signOut();
}

/** Lets the tabs of this browser notice that one of them has signed out. */
export function followOtherTabs(): void {
  channel.onmessage = endSession;
}

function readAttempt(): Attempt | null {
  try {
    return JSON.parse(sessionStorage.getItem(ATTEMPT) ?? "null") as Attempt | null;
  } catch (error) {
    throw toProblem(error);
  } finally {
    sessionStorage.removeItem(ATTEMPT);
  }
}

function redirectUri(): string {
  return `${location.origin}${base}/`;
}
