import { request } from "./http";
import type { Part } from "./pages";

/** An event of the authorization service, with the members of its type. */
export interface AuditEvent {
  number: number;
  type: string;
  user_id: string | null;
  username: string | null;
  occurred_at: string;
  [member: string]: unknown;
}

export interface Access {
  name: string;
  is_enabled: boolean;
  /** What may be done in the whole namespace; empty: something, but on some keys only. */
  actions: ("read" | "write" | "admin")[];
  /** `group`: where the grant comes from; null: it is held directly. */
  reasons: { grant: string; group: string | null }[];
}

export interface SigningKey {
  key_id: string;
  state: "waiting" | "signing" | "retired" | "expired";
  created_at: string;
  signs_from: string;
  published_until: string | null;
}

const PAGE = 50;
/** How many users or clients the service looks through in one request. */
const LOOKED_THROUGH = 500;

/** Returns events, the newest first: of a type, and of a user by name or id, if these are not empty. */
export async function listEvents(type: string, user: string, after: string, signal?: AbortSignal): Promise<Part<AuditEvent>> {
  type Page = { events: AuditEvent[]; next: number | null };
  const query = { order: "newest", type: type || undefined, user: user || undefined, after: after || undefined, limit: PAGE };
  const { value } = await request<Page>("authorization", "GET", "/events", { query, ...(signal && { signal }) });
  return { entries: value.events, next: value.next === null ? null : String(value.next) };
}

/** Returns those that may do something in a namespace: users or clients, by name. */
export async function findAccess(
  namespace: string,
  kind: "user" | "client",
  after: string,
  signal?: AbortSignal,
): Promise<Part<Access>> {
  type Page = { access: Access[]; next_cursor: string | null };
  const found: Access[] = [];
  let cursor: string | null = after;
  do {
    const query = { namespace, kind, cursor: cursor || undefined, limit: LOOKED_THROUGH };
    const page: Page = (await request<Page>("authorization", "GET", "/access", { query, ...(signal && { signal }) })).value;
    found.push(...page.access);
    cursor = page.next_cursor;
  } while (cursor !== null && found.length < PAGE);
  return { entries: found, next: cursor };
}

export async function listKeys(signal?: AbortSignal): Promise<SigningKey[]> {
  type Page = { keys: SigningKey[] };
  return (await request<Page>("authorization", "GET", "/signing-keys", { ...(signal && { signal }) })).value.keys;
}

/** Creates a signing key; if the others are compromised, it signs at once and they are withdrawn. */
export async function rotateKey(compromised: boolean): Promise<void> {
  await request("authorization", "POST", "/signing-keys", { body: { compromised } });
}
