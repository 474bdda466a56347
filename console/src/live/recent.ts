import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

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
  /** The last revision that is known, shown or not. */
  const newest = useRef(0);
  const show = useBatches<Change>(arrived => setChanges(before => [...arrived.reverse(), ...before].slice(0, most)));

  useLayoutEffect(() => {
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
        newest.current = last;
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
      newest.current = Math.max(newest.current, ...arrived.map(({ revision }) => revision));
      if (paused) {
        aside.current = [...aside.current, ...arrived].slice(-most);
        setWaiting(aside.current.length);
      } else {
        show(arrived);
      }
    },
    { after: start === null ? null : Math.max(0, start), onLost: () => setGap(true) },
  );

  useEffect(() => {
    if (!paused && aside.current.length > 0) {
      const kept = aside.current;
      aside.current = [];
      setWaiting(0);
      show(kept);
    }
  }, [paused]);

  const earliest = changes.at(-1)?.revision ?? newest.current + 1;
  return {
    changes,
    waiting,
    hasGap,
    hasEarlier: start !== null && earliest > oldest,
    error,
    isReading: start === null,
    clear: () => setChanges([]),
    async readEarlier() {
      const { changes: read, oldest: kept } = await readBefore(namespace, earliest, oldest, 200);
      setOldest(kept);
      setChanges(before => [...before, ...read]);
    },
  };
}

const BATCH_MILLISECONDS = 100;

/** Returns a function that collects items, and hands them over ten times a second: a storm of changes must not hold up the page. */
function useBatches<Item>(hand: (items: Item[]) => void): (items: readonly Item[]) => void {
  const batch = useRef<{ items: Item[]; timer: ReturnType<typeof setTimeout> | null }>({ items: [], timer: null });
  const latest = useRef(hand);
  latest.current = hand;
  useEffect(() => () => clearTimeout(batch.current.timer ?? undefined), []);
  return items => {
    batch.current.items.push(...items);
    batch.current.timer ??= setTimeout(() => {
      const { items: collected } = batch.current;
      batch.current = { items: [], timer: null };
      latest.current(collected);
    }, BATCH_MILLISECONDS);
  };
}

async function readLatest(namespace: string, count: number, signal: AbortSignal) {
  const { revision, oldest_change } = await measureNamespace(namespace, signal);
  const { changes, oldest } = await readBefore(namespace, revision + 1, oldest_change, count, signal);
  return { changes, oldest, last: revision };
}

/** Returns up to `count` changes before a revision, the newest first. `oldest` was the oldest one when that was last asked for. */
async function readBefore(namespace: string, revision: number, oldest: number, count: number, signal?: AbortSignal) {
  const read = async (after: number) => await readChanges(namespace, { after, limit: count }, signal);
  let page;
  try {
    page = await read(Math.max(0, oldest - 1, revision - 1 - count));
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
