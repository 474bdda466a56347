import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { compareKeys, findPlace } from "../../api/order";
import { listChildren, listKeys, type Child, type Leaf, type Page } from "../../api/pairs";
import { isAbort } from "../../api/problem";
import { useChanges, type Change } from "../../live";

export interface Query {
  prefix: string;
  /** As a tree by `/`, or all keys below each other. */
  isTree: boolean;
  /** Only keys with this text, in a list. */
  contains: string;
  /** Only from this key on: upwards or, in reverse, downwards. Empty: all. */
  from: string;
  reverse: boolean;
}

export interface Listing {
  rows: readonly Child[];
  /** Whether all of them are there. */
  isComplete: boolean;
  isReading: boolean;
  error: unknown;
  /** Of a search: how many keys have been looked at. */
  searched: number;
  /** What the rows are the answer to. */
  shown: Query;
  /** Whether a search waits to be told to go on. */
  isPaused: boolean;
  pause: () => void;
  goOn: () => void;
  /** Reads on, once more rows than these are looked at. */
  readTo: (index: number) => void;
  reload: () => void;
}

const FIRST = 200;
const PAGE = 1000;
const AHEAD = 400;
/** So many rows of a search are looked for before the page waits until they are looked at. */
const ENOUGH = 100;
const MAX_KEY_BYTES = 512;
/** The greatest character: what begins with a text comes before the text with it. */
const BEHIND = "\u{10ffff}";

export const nameOf = (child: Child): string => ("prefix" in child ? child.prefix : child.key);

/** The rows of a listing, read page by page as they are looked at, and kept as they are by the stream of changes. */
export function useListing(namespace: string, query: Query): Listing {
  const [turn, setTurn] = useState(0);
  const [, redraw] = useState(0);
  const reader = useMemo(
    () => new Reader(namespace, query, () => redraw(now => now + 1)),
    [namespace, query.prefix, query.isTree, query.contains, query.from, query.reverse, turn],
  );
  const previous = useRef<Reader | null>(null);
  useLayoutEffect(() => {
    void reader.begin();
    return () => {
      previous.current = reader;
      reader.stop();
    };
  }, [reader]);
  useChanges(namespace, query.prefix, changes => reader.apply(changes), {
    after: reader.revision,
    onLost: () => setTurn(now => now + 1),
  });
  // Until the first page of a new search is there, what was found before stays: rows do not flicker while one types.
  const shown = reader.hasBegun || previous.current?.query.prefix !== query.prefix ? reader : previous.current;
  return {
    rows: shown.rows,
    isComplete: shown.isComplete,
    isReading: reader.isReading || !reader.hasBegun,
    error: reader.error,
    searched: reader.searched,
    shown: shown.query,
    isPaused: reader.isPaused,
    pause: () => reader.pause(),
    goOn: () => reader.goOn(),
    readTo: index => void reader.readTo(index),
    reload: () => setTurn(now => now + 1),
  };
}

class Reader {
  rows: Child[] = [];
  revision: number | null = null;
  isComplete = false;
  isReading = false;
  hasBegun = false;
  isPaused = false;
  searched = 0;
  error: unknown = null;
  private cursor: string | undefined;
  private wanted = 0;
  private readonly stopped = new AbortController();
  private paused = new AbortController();
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly namespace: string,
    readonly query: Query,
    private readonly redraw: () => void,
  ) {}

  async begin(): Promise<void> {
    await this.readTo(0);
  }

  stop(): void {
    this.stopped.abort();
  }

  /** Looks no further. What was found stays. */
  pause(): void {
    this.isPaused = true;
    this.hasBegun = true;
    this.paused.abort();
  }

  goOn(): void {
    this.isPaused = false;
    this.paused = new AbortController();
    void this.readTo(this.rows.length);
  }

  async readTo(index: number): Promise<void> {
    this.wanted = Math.max(this.wanted, index + AHEAD);
    if (this.isReading || this.isComplete || this.isPaused || this.error !== null) {
      return;
    }
    this.isReading = true;
    try {
      // The first page is drawn as soon as it is there, however many may follow.
      while (
        !this.isComplete &&
        !this.isPaused &&
        (!this.hasBegun ||
          this.rows.length < (this.query.contains ? Math.min(this.wanted, this.rows.length + ENOUGH) : this.wanted))
      ) {
        const page = await this.readPage();
        if (this.stopped.signal.aborted) {
          return;
        }
        this.rows.push(...page.items);
        this.searched += page.searched ?? 0;
        this.revision ??= page.revision;
        this.cursor = page.next ?? undefined;
        this.isComplete = page.next === null;
        this.hasBegun = true;
        this.redraw();
      }
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
        this.hasBegun = true;
      }
    }
    this.isReading = false;
    this.redraw();
  }

  private readPage(): Promise<Page<Child>> {
    const { prefix, isTree, contains, from, reverse } = this.query;
    const ends = reverse ? { end: from === "" ? undefined : endOf(from) } : { start: from };
    const where = { prefix, ...ends, reverse, cursor: this.cursor, limit: this.cursor === undefined ? FIRST : PAGE };
    const signal = AbortSignal.any([this.stopped.signal, this.paused.signal]);
    return isTree ? listChildren(this.namespace, where, signal) : listKeys(this.namespace, { ...where, contains }, signal);
  }

  /** Brings the rows up to date. */
  apply(changes: Change[]): void {
    for (const change of changes) {
      const child = this.childOf(change.key);
      if (child !== null) {
        this.applyOne(change, child);
      }
    }
    this.redraw();
  }

  private childOf(key: string): string | null {
    const { prefix, isTree, contains, from, reverse } = this.query;
    if (from !== "" && (reverse ? compareKeys(key, endOf(from)) >= 0 : compareKeys(key, from) < 0)) {
      return null;
    }
    if (isTree) {
      const end = key.indexOf("/", prefix.length);
      return end < 0 ? key : key.slice(0, end + 1);
    }
    return key.includes(contains) ? key : null;
  }

  private applyOne(change: Change, child: string): void {
    const at = findPlace(this.rows, child, nameOf, this.query.reverse);
    const present = this.rows[at];
    const isThere = present !== undefined && nameOf(present) === child;
    if (child !== change.key) {
      if (change.kind !== "written") {
        void this.checkBranch(child);
      } else if (!isThere && (at < this.rows.length || this.isComplete)) {
        this.rows.splice(at, 0, { prefix: child });
      }
    } else if (change.kind !== "written") {
      if (isThere) {
        this.rows.splice(at, 1);
      }
    } else if (isThere && "key" in present) {
      this.rows[at] = { ...present, revision: change.revision, version: present.version + 1, expires_at: expiryOf(change) };
    } else if (!isThere && (at < this.rows.length || this.isComplete)) {
      const created: Leaf = {
        key: child,
        revision: change.revision,
        created_revision: change.revision,
        version: 1,
        expires_at: expiryOf(change),
      };
      this.rows.splice(at, 0, created);
    }
  }

  /** Takes a branch away that has no pairs any more. */
  private async checkBranch(prefix: string): Promise<void> {
    if (this.doubtful.has(prefix)) {
      return;
    }
    this.doubtful.add(prefix);
    await new Promise(resolve => setTimeout(resolve, 200));
    this.doubtful.delete(prefix);
    const { items } = await listKeys(this.namespace, { prefix, limit: 1 }, this.stopped.signal).catch(() => ({ items: [{}] }));
    const at = findPlace(this.rows, prefix, nameOf, this.query.reverse);
    const present = this.rows[at];
    if (items.length === 0 && present !== undefined && nameOf(present) === prefix) {
      this.rows.splice(at, 1);
      this.redraw();
    }
  }
}

/** Returns what comes behind all keys that begin with a text, as far as that fits into a key. */
function endOf(text: string): string {
  return new TextEncoder().encode(text + BEHIND).length <= MAX_KEY_BYTES ? text + BEHIND : text;
}

function expiryOf(change: Change): string | null {
  return (change as { expires_at?: string }).expires_at ?? null;
}
