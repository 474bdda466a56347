import { request } from "./http";
import type { Part } from "./pages";

export interface Group {
  name: string;
  created_at: string;
}

export interface ShownGroup extends Group {
  members: string[];
  grants: string[];
}

export type HolderKind = "user" | "group";

const PAGE = 50;

/** Returns groups by name. */
export async function listGroups(after: string, signal?: AbortSignal): Promise<Part<Group>> {
  type Page = { groups: Group[]; next_cursor: string | null };
  const query = { cursor: after || undefined, limit: PAGE };
  const { value } = await request<Page>("authorization", "GET", "/groups", { query, ...(signal && { signal }) });
  return { entries: value.groups, next: value.next_cursor };
}

export async function readGroup(name: string, signal?: AbortSignal): Promise<ShownGroup> {
  const path = `/groups/${encodeURIComponent(name)}`;
  return (await request<ShownGroup>("authorization", "GET", path, { ...(signal && { signal }) })).value;
}

/** Creates a group; returns false if there is one of this name. */
export async function createGroup(name: string): Promise<boolean> {
  return (await request("authorization", "PUT", `/groups/${encodeURIComponent(name)}`)).status === 201;
}

export async function deleteGroup(name: string): Promise<void> {
  await request("authorization", "DELETE", `/groups/${encodeURIComponent(name)}`);
}

export async function setMember(group: string, username: string, isMember: boolean): Promise<void> {
  const path = `/groups/${encodeURIComponent(group)}/members/${encodeURIComponent(username)}`;
  await request("authorization", isMember ? "PUT" : "DELETE", path);
}

/** Gives a user or a group a grant, or takes it. */
export async function setGrant(kind: HolderKind, name: string, grant: string, isHeld: boolean): Promise<void> {
  const path = `/${kind}s/${encodeURIComponent(name)}/grants/${encodeURIComponent(grant)}`;
  await request("authorization", isHeld ? "PUT" : "DELETE", path);
}
