import { request } from "./http";
import { layOut, parseExactly } from "./exact";
import { Problem } from "./problem";

export interface Metadata {
  revision: number;
  created_revision: number;
  /** Number of writes since the pair was created. */
  version: number;
  /** ISO 8601; null: never. */
  expires_at: string | null;
}

export interface Leaf extends Metadata {
  key: string;
}

/** What a level of the tree of keys has: a pair, or all pairs below a prefix. */
export type Child = Leaf | { prefix: string };

export interface Page<Item> {
  items: Item[];
  revision: number;
  /** Cursor of the next page; null on the last one. */
  next: string | null;
  /** Of a search: how many keys this page has looked at. */
  searched?: number;
}

/** A value as it is stored: JSON text, laid out in lines; or bytes. */
export type Content = { kind: "json"; text: string } | { kind: "bytes"; mediaType: string; bytes: Uint8Array<ArrayBuffer> };

export interface StoredPair extends Leaf {
  content: Content;
  /** Bytes of the value as it is stored. */
  size: number;
}

export interface Binary {
  media_type: string;
  base64: string;
}

export interface PastChange {
  revision: number;
  kind: "written" | "deleted" | "expired";
  value?: unknown;
  binary?: Binary;
  expires_at?: string;
}

interface Where {
  prefix?: string;
  start?: string | undefined;
  end?: string | undefined;
  contains?: string | undefined;
  reverse?: boolean;
  cursor?: string | undefined;
  limit?: number;
}

const path = (namespace: string, rest: string) => `/namespaces/${encodeURIComponent(namespace)}/${rest}`;
const given = ({ prefix, start, end, contains, reverse, cursor, limit }: Where) => ({
  prefix: prefix || undefined,
  start: start || undefined,
  end,
  contains: contains || undefined,
  reverse: reverse || undefined,
  cursor,
  limit,
});

/** Returns a page of one level of the tree of keys, as `/` divides them. */
export async function listChildren(namespace: string, where: Where, signal?: AbortSignal): Promise<Page<Child>> {
  type Answer = { children: Child[]; revision: number; next_cursor: string | null };
  const options = { query: given(where), ...(signal && { signal }) };
  const { value } = await request<Answer>("store", "GET", path(namespace, "children"), options);
  return { items: value.children, revision: value.revision, next: value.next_cursor };
}

/** Returns a page of the keys of a range, whatever divides them. */
export async function listKeys(namespace: string, where: Where, signal?: AbortSignal): Promise<Page<Leaf>> {
  type Answer = { pairs: Leaf[]; revision: number; searched?: number; next_cursor: string | null };
  const options = { query: { ...given(where), keys_only: true }, ...(signal && { signal }) };
  const { value } = await request<Answer>("store", "GET", path(namespace, "pairs"), options);
  return { items: value.pairs, revision: value.revision, next: value.next_cursor, searched: value.searched ?? 0 };
}

/** Returns a pair with its value; null if there is none. */
export async function readPair(namespace: string, key: string, signal?: AbortSignal): Promise<StoredPair | null> {
  for (;;) {
    const known = await listKeys(namespace, { prefix: key, start: key, limit: 1 }, signal);
    const found = known.items[0];
    if (found?.key !== key) {
      return null;
    }
    try {
      const answer = await request<Blob>("store", "GET", path(namespace, "pair"), {
        query: { key },
        as: "blob",
        headers: { "If-Match": `"${found.revision}"` },
        ...(signal && { signal }),
      });
      const mediaType = answer.headers.get("Content-Type") ?? "application/octet-stream";
      const bytes = new Uint8Array(await answer.value.arrayBuffer());
      const content: Content =
        mediaType === "application/json"
          ? { kind: "json", text: layOut(new TextDecoder().decode(bytes)) }
          : { kind: "bytes", mediaType, bytes };
      return { ...found, content, size: bytes.length };
    } catch (error) {
      if (!(error instanceof Problem && (error.status === 412 || error.status === 404))) {
        throw error;
      } // it has changed between the two: what it is now is read
    }
  }
}

/** Seconds for the query: null never, undefined as the namespace says. */
export type TimeToLive = number | null | undefined;

/**
 * Writes a pair if it still has this revision (null: if there is none). Returns the new one. Throws a Problem `precondition-failed`
 * where somebody else was faster.
 */
export async function writePair(
  namespace: string,
  key: string,
  content: Content,
  expected: number | null,
  ttl?: TimeToLive,
): Promise<number> {
  const { value } = await request<{ revision: number }>("store", "PUT", path(namespace, "pair"), {
    query: { key, ttl: ttl === null ? "null" : ttl },
    content: content.kind === "json" ? content.text : content.bytes,
    headers: { "Content-Type": content.kind === "json" ? "application/json" : content.mediaType, ...ifStill(expected) },
  });
  return value.revision;
}

/** Lets a pair expire in so many seconds (null: never), if it still has this revision. Its value stays. */
export async function setTimeToLive(namespace: string, key: string, ttl: number | null, expected: number): Promise<void> {
  await request("store", "PUT", path(namespace, "pair/ttl"), { query: { key }, body: { ttl }, headers: ifStill(expected) });
}

/** Deletes a pair if it still has this revision. */
export async function deletePair(namespace: string, key: string, expected: number): Promise<void> {
  await request("store", "DELETE", path(namespace, "pair"), { query: { key }, headers: ifStill(expected) });
}

/** Returns the kept changes of a pair from the newest one on: at least `most` of them, if there are so many, and whether there are more. */
export async function readHistory(
  namespace: string,
  key: string,
  most: number,
  signal?: AbortSignal,
): Promise<{ changes: PastChange[]; hasMore: boolean }> {
  const changes: PastChange[] = [];
  let cursor: string | undefined;
  do {
    type Answer = { changes: PastChange[]; next_cursor: string | null };
    const options = { query: { key, cursor }, as: "text" as const, ...(signal && { signal }) };
    const { value } = await request<string>("store", "GET", path(namespace, "pair/history"), options);
    const page: Answer = parseExactly(value);
    changes.push(...page.changes);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && changes.length < most);
  return { changes, hasMore: cursor !== undefined };
}

/** Gives a pair the value that it got with an earlier revision, if it still is as it was seen (null: if there is none). */
export async function restorePair(namespace: string, key: string, revision: number, expected: number | null): Promise<number> {
  const options = { query: { key, restore: revision }, headers: ifStill(expected) };
  return (await request<{ revision: number }>("store", "PUT", path(namespace, "pair"), options)).value.revision;
}

function ifStill(revision: number | null): Record<string, string> {
  return revision === null ? { "If-None-Match": "*" } : { "If-Match": `"${revision}"` };
}

/** Returns the bytes of a value in JSON's form for them. */
export function decodeBinary({ base64 }: Binary): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}
