import { request } from "./http";
import type { Part } from "./pages";

export interface User {
  id: string;
  username: string;
  first_name: string;
  last_name: string | null;
  created_at: string;
  role: "member" | "administrator";
  is_enabled: boolean;
}

export interface UserSession {
  id: string;
  /** Whether it is the one that this page uses. */
  is_current: boolean;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  address: string;
  user_agent: string;
}

/** The grants of a user, and where they come from. */
export interface Rights {
  own: string[];
  by_group: Record<string, string[]>;
}

const PAGE = 50;

/** Returns the address of a user, in the authorization service. */
function of(username: string, ...more: string[]): string {
  return ["/users", ...[username, ...more].map(encodeURIComponent)].join("/");
}

/** Returns users whose names begin with a prefix, by name. */
export async function listUsers(prefix: string, after: string, signal?: AbortSignal): Promise<Part<User>> {
  type Page = { users: User[]; next_cursor: string | null };
  const query = { prefix: prefix || undefined, cursor: after || undefined, limit: PAGE };
  const { value } = await request<Page>("authorization", "GET", "/users", { query, ...(signal && { signal }) });
  return { entries: value.users, next: value.next_cursor };
}

export async function readUser(username: string, signal?: AbortSignal): Promise<User> {
  return (await request<User>("authorization", "GET", of(username), { ...(signal && { signal }) })).value;
}

/** Registers a user, as whoever may register. */
export async function registerUser(user: {
  username: string;
  password: string;
  first_name: string;
  last_name?: string;
}): Promise<void> {
  await request("authorization", "POST", "/register", { body: user });
}

export async function changeUser(username: string, change: Partial<Pick<User, "role" | "is_enabled">>): Promise<void> {
  await request("authorization", "PATCH", of(username), { body: change });
}

export async function deleteUser(username: string): Promise<void> {
  await request("authorization", "DELETE", of(username));
}

/** Forgets the failed attempts to log in. */
export async function unlockUser(username: string): Promise<void> {
  await request("authorization", "POST", of(username, "unlock"));
}

export async function removeFactors(username: string): Promise<void> {
  await request("authorization", "DELETE", of(username, "factors"));
}

export async function readRights(username: string, signal?: AbortSignal): Promise<Rights> {
  return (await request<Rights>("authorization", "GET", of(username, "grants"), { ...(signal && { signal }) })).value;
}

export async function listSessions(username: string, signal?: AbortSignal): Promise<UserSession[]> {
  type Page = { sessions: UserSession[] };
  return (await request<Page>("authorization", "GET", of(username, "sessions"), { ...(signal && { signal }) })).value.sessions;
}

/** Ends a session, or all of them, those of browsers included. */
export async function endSessions(username: string, id?: string): Promise<void> {
  await request("authorization", "DELETE", id === undefined ? of(username, "sessions") : of(username, "sessions", id));
}
