import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { isAbort } from "./problem";

/** A part of a list, and where the next one begins; null behind the last one. */
export interface Part<Entry> {
  entries: Entry[];
  next: string | null;
}

export interface Paged<Entry> {
  entries: Entry[];
  error: unknown;
  isReading: boolean;
  /** Whether there are more. */
  hasMore: boolean;
  readMore: () => void;
  /** Reads anew, from the first. */
  reload: () => void;
}

/** Reads the first part of a list when the component is shown and whenever one of `inputs` changes, and others when they are asked for. */
export function usePages<Entry>(
  read: (after: string, signal: AbortSignal) => Promise<Part<Entry>>,
  inputs: readonly unknown[],
): Paged<Entry> {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isReading, setReading] = useState(true);
  const [turn, setTurn] = useState(0);
  const given = useRef<AbortController | null>(null);
  const latest = useRef(read);
  latest.current = read;

  const fetchFrom = useCallback((after: string) => {
    given.current?.abort();
    const mine = new AbortController();
    given.current = mine;
    setReading(true);
    latest.current(after, mine.signal).then(
      part => {
        if (!mine.signal.aborted) {
          setEntries(before => (after === "" ? part.entries : [...before, ...part.entries]));
          setNext(part.next);
          setError(null);
          setReading(false);
        }
      },
      (thrown: unknown) => {
        if (!mine.signal.aborted && !isAbort(thrown)) {
          setError(thrown);
          setReading(false);
        }
      },
    );
  }, []);

  useEffect(() => {
    fetchFrom("");
    return () => given.current?.abort();
  }, [...inputs, turn]);

  return {
    entries,
    error,
    isReading,
    hasMore: next !== null,
    readMore: () => fetchFrom(next ?? ""),
    reload: useCallback(() => setTurn(before => before + 1), []),
  };
}
