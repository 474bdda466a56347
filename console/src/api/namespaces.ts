import { request } from "./http";

export interface Namespace {
  name: string;
  description: string;
  quota_pairs: number | null;
  quota_bytes: number | null;
  /** Seconds after which pairs written without a time to live expire; null: never. */
  default_ttl: number | null;
  changes_kept: number;
  history_kept: number;
  created_at: string;
}

export interface Statistics {
  pairs: number;
  bytes: number;
  /** Revision of the last change. */
  revision: number;
  oldest_change: number;
}

const PAGE = 1000;

/** Returns all namespaces of which the user may see anything, by name. */
export async function listNamespaces(signal?: AbortSignal): Promise<Namespace[]> {
  const all: Namespace[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    type Page = { namespaces: Namespace[]; next_cursor: string | null };
    const query = { limit: PAGE, cursor: cursor || undefined };
    const page: Page = (await request<Page>("store", "GET", "/namespaces", { query, ...(signal && { signal }) })).value;
    all.push(...page.namespaces);
    cursor = page.next_cursor;
  }
  return all;
}

/** Returns what a namespace holds. Needs the right to read all of it. */
export async function measureNamespace(name: string, signal?: AbortSignal): Promise<Statistics> {
  const path = `/namespaces/${encodeURIComponent(name)}/stats`;
  return (await request<Statistics>("store", "GET", path, signal && { signal })).value;
}
