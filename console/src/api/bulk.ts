import { parseExactly } from "./exact";
import { request } from "./http";
import { listKeys, type Binary, type Leaf } from "./pairs";
import { Problem } from "./problem";

const BATCH = 500;

export interface Chosen {
  /** Pairs as they were seen. */
  pairs: Leaf[];
  /** All pairs below these. */
  prefixes: string[];
}

type Progress = (done: number) => void;

/** Returns all pairs that were chosen, with the revisions that they have now. */
export async function collect(namespace: string, { pairs, prefixes }: Chosen, progress: Progress, signal: AbortSignal) {
  const found = new Map(pairs.map(pair => [pair.key, pair]));
  for (const prefix of prefixes) {
    let cursor: string | undefined;
    do {
      const page = await listKeys(namespace, { prefix, cursor, limit: 1000 }, signal);
      page.items.forEach(pair => found.set(pair.key, pair));
      progress(found.size);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }
  return [...found.values()];
}

/**
 * Deletes exactly these pairs, as they were seen: one that has changed since is left alone. Returns how many were deleted, and the keys
 * of those left alone.
 */
export async function deleteExactly(
  namespace: string,
  pairs: Leaf[],
  progress: Progress,
): Promise<{ deleted: number; kept: string[] }> {
  let deleted = 0;
  const kept: string[] = [];
  for (let at = 0; at < pairs.length; at += BATCH) {
    let batch = pairs.slice(at, at + BATCH);
    while (batch.length > 0) {
      const if_revision = Object.fromEntries(batch.map(({ key, revision }) => [key, revision]));
      const body = { namespace, keys: batch.map(({ key }) => key), if_revision };
      try {
        deleted += (await request<{ deleted: number }>("store", "POST", "/delete", { body })).value.deleted;
        break;
      } catch (error) {
        const conflicts = error instanceof Problem ? error.members["conflicts"] : undefined;
        if (!Array.isArray(conflicts) || conflicts.length === 0) {
          throw error;
        }
        const changed = new Set((conflicts as { key: string }[]).map(({ key }) => key));
        kept.push(...batch.filter(({ key }) => changed.has(key)).map(({ key }) => key));
        batch = batch.filter(({ key }) => !changed.has(key));
      }
    }
    progress(Math.min(at + BATCH, pairs.length));
  }
  return { deleted, kept };
}

export interface ImportSummary {
  written: number;
  skipped: number;
  expired: number;
  refused: number;
  errors: { line: number; field: string; rule: string; message: string }[];
}

/** Sends lines of an import. Throws a Problem with `errors` where none of them was accepted. */
export async function importLines(
  namespace: string,
  lines: BodyInit,
  mode: "replace" | "if_absent",
  signal?: AbortSignal,
): Promise<ImportSummary> {
  const options = {
    query: { mode },
    content: lines,
    headers: { "Content-Type": "application/x-ndjson" },
    ...(signal && { signal }),
  };
  return (await request<ImportSummary>("store", "POST", `/namespaces/${encodeURIComponent(namespace)}/import`, options)).value;
}

interface Read {
  data: Record<string, unknown>;
  binary?: Record<string, Binary>;
  metadata: Record<string, { expires_at: string | null }>;
}

/**
 * Copies pairs, with their expiries, under other keys and perhaps into another namespace. A key that exists there is left as it is.
 */
export async function copyPairs(
  from: string,
  pairs: Leaf[],
  to: string,
  rename: (key: string) => string,
  progress: Progress,
): Promise<{ copied: number; skipped: number }> {
  let copied = 0;
  let skipped = 0;
  for (let at = 0; at < pairs.length; at += BATCH) {
    const body = { namespace: from, keys: pairs.slice(at, at + BATCH).map(({ key }) => key), metadata: true };
    const read = parseExactly<Read>((await request<string>("store", "POST", "/read", { body, as: "text" })).value);
    const values = [
      ...Object.entries(read.data).map(([key, value]) => ({ key, value })),
      ...Object.entries(read.binary ?? {}).map(([key, binary]) => ({ key, binary })),
    ];
    const lines = values.map(pair => {
      const expires_at = read.metadata[pair.key]?.expires_at ?? undefined;
      return JSON.stringify({ ...pair, key: rename(pair.key), expires_at });
    });
    if (lines.length > 0) {
      const summary = await importLines(to, lines.join("\n"), "if_absent");
      const [first] = summary.errors;
      if (first !== undefined) {
        throw new Problem(422, { title: first.message, detail: `${copied + summary.written}`, errors: summary.errors });
      }
      copied += summary.written;
      skipped += summary.skipped;
    }
    progress(Math.min(at + BATCH, pairs.length));
  }
  return { copied, skipped };
}
