import type { Change } from "../live";
import { request } from "./http";

export interface ChangePage {
  changes: Omit<Change, "seenAt">[];
  /** The revision to go on after. */
  last: number;
  /** The oldest revision that is kept. */
  oldest: number;
}

/** Returns kept changes after a revision. Throws a Problem `revision-gone` where those are no longer kept. */
export async function readChanges(
  namespace: string,
  query: { after: number; prefix?: string | undefined; limit?: number },
  signal?: AbortSignal,
): Promise<ChangePage> {
  const path = `/namespaces/${encodeURIComponent(namespace)}/changes`;
  return (await request<ChangePage>("store", "GET", path, { query, ...(signal && { signal }) })).value;
}
