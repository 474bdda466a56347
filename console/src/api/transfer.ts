import { importLines, type ImportSummary } from "./bulk";
import { request } from "./http";

/** How far a transfer has come: lines, and bytes. */
export interface Moved {
  lines: number;
  bytes: number;
}

/** Reads an export, and returns it as a file. Throws where it is cut off. */
export async function exportPairs(
  namespace: string,
  prefix: string,
  progress: (moved: Moved) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const options = { query: { prefix: prefix || undefined }, as: "response" as const, signal };
  const { value } = await request<Response>("store", "GET", `/namespaces/${encodeURIComponent(namespace)}/export`, options);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let lines = -1; // the first one has the revision
  for await (const part of value.body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    parts.push(part);
    bytes += part.length;
    lines += count(part);
    progress({ lines: Math.max(0, lines), bytes });
  }
  return new Blob(parts, { type: "application/x-ndjson" });
}

const LINE_FEED = 10;

function count(part: Uint8Array): number {
  let found = 0;
  for (let at = part.indexOf(LINE_FEED); at >= 0; at = part.indexOf(LINE_FEED, at + 1)) {
    found += 1;
  }
  return found;
}

const PART_BYTES = 1 << 20;

/**
 * Sends a file of lines in parts, so that it is known how far it has come, and adds up what each part tells. Numbers of lines are those
 * of the file. What was written before it failed stays written; `progress` has told of it.
 */
export async function importFile(
  namespace: string,
  file: Blob,
  mode: "replace" | "if_absent",
  progress: (moved: Moved, summary: ImportSummary) => void,
  signal: AbortSignal,
): Promise<ImportSummary> {
  const all: ImportSummary = { written: 0, skipped: 0, expired: 0, refused: 0, errors: [] };
  let lines = 0;
  for (let at = 0; at < file.size;) {
    const part = await takeLines(file, at);
    const told = await sendPart(namespace, part, mode, signal);
    all.written += told.written;
    all.skipped += told.skipped;
    all.expired += told.expired;
    all.refused += told.refused;
    all.errors.push(...told.errors.map(error => ({ ...error, line: error.line + lines })));
    all.errors.splice(1000);
    lines += count(part) + (at + part.length === file.size && part.at(-1) !== LINE_FEED ? 1 : 0);
    at += part.length;
    progress({ lines, bytes: at }, all);
  }
  return all;
}

/** Returns some whole lines from a place on. */
async function takeLines(file: Blob, from: number): Promise<Uint8Array<ArrayBuffer>> {
  for (let size = PART_BYTES; ; size *= 2) {
    const part = new Uint8Array(await file.slice(from, from + size).arrayBuffer());
    const end = from + size >= file.size ? part.length : part.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      return part.subarray(0, end);
    }
  }
}

async function sendPart(
  namespace: string,
  part: Uint8Array<ArrayBuffer>,
  mode: "replace" | "if_absent",
  signal: AbortSignal,
): Promise<ImportSummary> {
  try {
    return await importLines(namespace, part, mode, signal);
  } catch (error) {
    // None of its lines was accepted: the answer has the same members.
    const told = (error as { members?: Partial<ImportSummary>; type?: string }) ?? {};
    const { errors, refused } = told.members ?? {};
    if (told.type !== "import-refused" || !Array.isArray(errors) || errors.some(({ line }) => typeof line !== "number")) {
      throw error;
    }
    return { written: 0, skipped: 0, expired: 0, ...told.members, refused: refused ?? errors.length, errors };
  }
}
