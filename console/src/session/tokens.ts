import { signal } from "@preact/signals";

import { noteAnswer, noteSilence } from "../live/connection";
import { OfflineError, Problem, SignedOutError } from "../api/problem";
import { configuration } from "./configuration";

/**
 * The tokens of this tab. They are in memory only: what runs on another page, or reads this browser's storage later, finds none. Each tab
 * has a session of its own, so that no two of them use up each other's refresh tokens.
 */
interface Tokens {
  access: string;
  refresh: string;
  id: string;
  scopes: string[];
  /** When the access token is renewed, in milliseconds of performance.now(): after four fifths of its life. */
  renewAt: number;
}

export interface TokenResponse {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  expires_in: number;
  scope: string;
}

export const tokens = signal<Tokens | null>(null);

/** Whether the session has ended while the page was open: everything is still there, but nothing can be asked for. */
export const hasEnded = signal(false);

const MAX_TIMER = 2 ** 31 - 1;

let renewal: Promise<string> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Returns an access token that is valid for some time yet. Throws SignedOutError or OfflineError. */
export async function accessToken(): Promise<string> {
  const held = tokens.value;
  if (held === null || hasEnded.value) {
    throw new SignedOutError();
  }
  return performance.now() < held.renewAt ? held.access : await renew();
}

/** Returns a token that is newer than this one, which a service has refused. Throws SignedOutError or OfflineError. */
export async function renewAfter(refused: string): Promise<string> {
  const held = tokens.value;
  return held !== null && held.access !== refused && !hasEnded.value ? held.access : await renew();
}

/** Renews the tokens, once for all that ask at the same time. The rights are those that the user has by then. */
export function renew(): Promise<string> {
  renewal ??= refresh().finally(() => (renewal = null));
  return renewal;
}

async function refresh(): Promise<string> {
  const held = tokens.value;
  if (held === null || hasEnded.value) {
    throw new SignedOutError();
  }
  try {
    keep(await askForTokens({ grant_type: "refresh_token", refresh_token: held.refresh }));
  } catch (error) {
    if (error instanceof OfflineError || !(error instanceof Problem) || error.status >= 500 || error.status === 429) {
      throw error; // the service cannot tell at present: the next request tries again
    }
    endSession();
    throw new SignedOutError();
  }
  return tokens.value?.access ?? "";
}

/** Sends a request to the token endpoint (RFC 6749, section 3.2). Throws Problem or OfflineError. */
export async function askForTokens(form: Record<string, string>): Promise<TokenResponse> {
  const { authorization, client_id } = configuration();
  let response: Response;
  try {
    const body = new URLSearchParams({ client_id, ...form });
    response = await fetch(`${authorization}/token`, { method: "POST", body, cache: "no-store", credentials: "omit" });
    noteAnswer();
  } catch {
    noteSilence();
    throw new OfflineError();
  }
  const read = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok) {
    throw new Problem(response.status, read);
  }
  return read as unknown as TokenResponse;
}

/** Keeps new tokens, and renews them in time. */
export function keep(response: TokenResponse): void {
  const held = tokens.value;
  tokens.value = {
    access: response.access_token,
    refresh: response.refresh_token ?? held?.refresh ?? "",
    id: response.id_token ?? held?.id ?? "",
    scopes: response.scope.split(" "),
    renewAt: performance.now() + response.expires_in * 800,
  };
  hasEnded.value = false;
  clearTimeout(timer);
  timer = setTimeout(() => void renew().catch(() => undefined), Math.min(response.expires_in * 800, MAX_TIMER));
}

/** Keeps what is on the page, and lets nothing more be asked for. */
export function endSession(): void {
  clearTimeout(timer);
  hasEnded.value = true;
}

/** Forgets the tokens, and ends their session at the service: a page that is gone leaves none behind (RFC 7009). */
export function discard(): void {
  const held = tokens.value;
  clearTimeout(timer);
  tokens.value = null;
  if (held !== null && !hasEnded.value) {
    const { authorization, client_id } = configuration();
    navigator.sendBeacon(`${authorization}/revoke`, new URLSearchParams({ client_id, token: held.refresh }));
  }
}

addEventListener("pagehide", event => {
  if (!event.persisted) {
    discard();
  }
});
