import { useEffect, useRef, useState } from "preact/hooks";

import { readChanges } from "../api/changes";
import { measureNamespace } from "../api/namespaces";
import { isAbort, Problem } from "../api/problem";
import { useChanges, type Change } from "./index";

export interface Recent {
  /** The newest first. */
  changes: readonly Change[];
  /** Those that have come while it was paused. */
  waiting: number;
  /** Whether some in between are no longer kept. */
  hasGap: boolean;
  /** Whether earlier ones are kept. */
  hasEarlier: boolean;
  error: unknown;
  isReading: boolean;
  clear: () => void;
  readEarlier: () => Promise<void>;
}

/**
 * The latest changes of a namespace, those before now and those that come. At most `most` are kept, and `paused` keeps what comes aside.
 */
export function useRecentChanges(
  namespace: string,
  { first, most, paused = false }: { first: number; most: number; paused?: boolean },
): Recent {
  const [changes, setChanges] = useState<readonly Change[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [start, setStart] = useState<number | null>(null);
  const [oldest, setOldest] = useState(0);
  const [hasGap, setGap] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const aside = useRef<Change[]>([]);

  useEffect(() => {
    const given = new AbortController();
    setChanges([]);
    setStart(null);
    setError(null);
    setGap(false);
    aside.current = [];
    setWaiting(0);
    readLatest(namespace, first, given.signal).then(
      ({ changes: read, last, oldest: kept }) => {
        setChanges(read);
        setOldest(kept);
        setStart(last);
      },
      (thrown: unknown) => {
        if (!isAbort(thrown)) {
          setError(thrown);
          setStart(-1);
        }
      },
    );
    return () => given.abort();
  }, [namespace]);

  useChanges(
    namespace,
    "",
    arrived => {
      const newest = [...arrived].reverse();
      if (paused) {
        aside.current = [...newest, ...aside.current].slice(0, most);
        setWaiting(aside.current.length);
      } else {
        setChanges(before => [...newest, ...before].slice(0, most));
      }
    },
    { after: start === null ? null : Math.max(0, start), onLost: () => setGap(true) },
  );

  useEffect(() => {
    if (!paused && aside.current.length > 0) {
      const kept = aside.current;
      aside.current = [];
      setWaiting(0);
      setChanges(before => [...kept, ...before].slice(0, most));
    }
  }, [paused]);

  const earliest = changes.at(-1)?.revision ?? (start ?? 0) + 1;
  return {
    changes,
    waiting,
    hasGap,
    hasEarlier: start !== null && earliest > oldest,
    error,
    isReading: start === null,
    clear: () => setChanges([]),
    async readEarlier() {
      const { changes: read, oldest: kept } = await readBefore(namespace, earliest, 200);
      setOldest(kept);
      setChanges(before => [...before, ...read]);
    },
  };
}

async function readLatest(namespace: string, count: number, signal: AbortSignal) {
  const { revision } = await measureNamespace(namespace, signal);
  const { changes, oldest } = await readBefore(namespace, revision + 1, count, signal);
  return { changes, oldest, last: revision };
}

/** Returns up to `count` changes before a revision, the newest first. */
async function readBefore(namespace: string, revision: number, count: number, signal?: AbortSignal) {
  const read = async (after: number) => await readChanges(namespace, { after, limit: count }, signal);
  let page;
  try {
    page = await read(Math.max(0, revision - 1 - count));
  } catch (error) {
    if (!(error instanceof Problem && typeof error.members["oldest"] === "number")) {
      throw error;
    }
    page = await read(error.members["oldest"] - 1);
  }
  const seenAt = 0;
  const changes = page.changes.filter(change => change.revision < revision).map((change): Change => ({ ...change, seenAt }));
  return { changes: changes.reverse(), oldest: page.oldest };
}
