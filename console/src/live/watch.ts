import { SignedOutError } from "../api/problem";
import { accessToken, renewAfter, tokens } from "../session/tokens";
import { address } from "../api/http";
import { BACK, noteAnswer, noteInterruption, noteSilence } from "./connection";
import { readEvents } from "./events";

/** A change of a pair, as the service reports it. `value` is undefined, and `binary` set, for values of bytes. */
export interface Change {
  revision: number;
  kind: "written" | "deleted" | "expired";
  key: string;
  value?: unknown;
  binary?: { media_type: string; base64: string };
  /** When this page learned of it, in milliseconds since 1970. */
  seenAt: number;
}

/** What followers of a namespace get: changes; or `lost`, after which only a fresh look shows what is there. */
export interface Follower {
  change(changes: Change[]): void;
  lost(): void;
}

type Message = { changes: Change[]; last: number } | { lost: true; last: number };

const HIDDEN_MILLISECONDS = 60_000;
const MAX_PAUSE = 8_000;

/**
 * One watch of a namespace, for all that follow it on this page and on the browser's other tabs: a browser opens few connections to a
 * service, and a watch takes one for as long as it lasts. The tab that holds the lock is connected, and tells the others; when it is
 * closed, or has been out of sight for a minute, the next one goes on where it was.
 */
export class Watch {
  private readonly followers = new Set<Follower>();
  private readonly channel: BroadcastChannel;
  private readonly stopped = new AbortController();
  /** The last revision that this page knows; -1: none yet. */
  private last = -1;

  constructor(
    private readonly namespace: string,
    account: string,
  ) {
    const name = `console.watch.${account}.${namespace}`;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.hand(data);
    void this.takeTurns(name);
  }

  /** Begins after the revision that the follower knows, if it knows one; one that is too late for that is told so. */
  follow(follower: Follower, after?: number): () => void {
    this.followers.add(follower);
    if (after !== undefined && this.last < 0) {
      this.last = after;
    } else if (after !== undefined && after < this.last) {
      queueMicrotask(() => follower.lost());
    }
    return () => this.followers.delete(follower);
  }

  get isIdle(): boolean {
    return this.followers.size === 0;
  }

  stop(): void {
    this.stopped.abort();
    this.channel.close();
  }

  private async takeTurns(name: string): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await becomeVisible(this.stopped.signal);
      try {
        await navigator.locks.request(name, { signal: this.stopped.signal }, () => this.connectWhileVisible());
      } catch {
        // given up while waiting: the watch is stopped
      }
    }
  }

  private async connectWhileVisible(): Promise<void> {
    const turn = new AbortController();
    const end = () => turn.abort();
    this.stopped.signal.addEventListener("abort", end);
    const forget = whenHiddenFor(HIDDEN_MILLISECONDS, end);
    let failures = 0;
    let isBack: (() => void) | null = null;
    while (!turn.signal.aborted) {
      try {
        await this.connect(turn.signal, () => {
          failures = 0;
          isBack?.();
          isBack = null;
        });
        failures += 1; // a stream that ends at once again and again is no better than none
      } catch (error) {
        failures += 1;
        if (error instanceof SignedOutError) {
          this.stop();
        } else if (error instanceof TypeError && !turn.signal.aborted) {
          noteSilence(); // no answer, or a connection that broke
        }
      }
      if (!turn.signal.aborted && failures > 1) {
        isBack ??= noteInterruption();
        await pause(Math.min(MAX_PAUSE, 250 * 2 ** failures), turn.signal);
      }
    }
    (isBack as (() => void) | null)?.();
    forget();
    this.stopped.signal.removeEventListener("abort", end);
  }

  /** Reads one stream to its end. Throws where it is refused. */
  private async connect(signal: AbortSignal, connected: () => void): Promise<void> {
    let token = await accessToken();
    let response = await this.open(token, signal);
    if (response.status === 401) {
      token = await renewAfter(token);
      response = await this.open(token, signal);
    }
    noteAnswer();
    if (response.status === 410) {
      this.tell({ lost: true, last: -1 });
      return;
    }
    if (response.status === 403 || response.status === 404) {
      // The namespace was deleted, or the right to read it was taken away. Both may come back.
      this.tell({ lost: true, last: -1 });
      await pause(MAX_PAUSE, signal);
      return;
    }
    if (!response.ok || response.body === null) {
      throw new Error(`watch: HTTP ${response.status}`);
    }
    let changes: Change[] = [];
    for await (const { id, event, data } of readEvents(response.body)) {
      connected();
      if (event === "ended") {
        const { reason } = JSON.parse(data) as { reason: string };
        if (reason === "token-expired" || reason === "token-revoked") {
          await renewAfter(token);
        }
        return;
      }
      if (event !== "") {
        changes.push({ ...(JSON.parse(data) as Change), seenAt: Date.now() });
      }
      if (changes.length > 0) {
        this.tell({ changes, last: Number(id) });
        changes = [];
      } else if (id !== "") {
        this.tell({ changes: [], last: Number(id) });
      }
    }
  }

  private async open(token: string, signal: AbortSignal): Promise<Response> {
    const path = `/namespaces/${encodeURIComponent(this.namespace)}/watch`;
    return await fetch(address("store", path, { after: this.last < 0 ? undefined : this.last }), {
      headers: { Authorization: `Bearer ${token}` },
      signal,
      cache: "no-store",
      credentials: "omit",
    });
  }

  private tell(message: Message): void {
    this.hand(message);
    this.channel.postMessage(message);
  }

  private hand(message: Message): void {
    const fresh = "changes" in message ? message.changes.filter(({ revision }) => revision > this.last) : [];
    this.last = "lost" in message ? message.last : Math.max(this.last, message.last);
    for (const follower of this.followers) {
      if ("lost" in message) {
        follower.lost();
      } else if (fresh.length > 0) {
        follower.change(fresh);
      }
    }
  }
}

const watches = new Map<string, Watch>();

/** Follows a namespace until the returned function is called. */
export function followNamespace(namespace: string, account: string, follower: Follower, after?: number): () => void {
  const name = `${account} ${namespace}`;
  let watch = watches.get(name);
  if (watch === undefined) {
    watch = new Watch(namespace, account);
    watches.set(name, watch);
  }
  const leave = watch.follow(follower, after);
  return () => {
    leave();
    // Pages change: the next one may follow the same namespace.
    setTimeout(() => {
      if (watch.isIdle && watches.get(name) === watch) {
        watches.delete(name);
        watch.stop();
      }
    }, 1000);
  };
}

// Without a session there is nothing to follow with; the next one begins anew.
tokens.subscribe(held => {
  if (held === null) {
    for (const watch of watches.values()) {
      watch.stop();
    }
    watches.clear();
  }
});

function becomeVisible(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (!document.hidden || signal.aborted) {
        document.removeEventListener("visibilitychange", look);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

function whenHiddenFor(milliseconds: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(act, milliseconds);
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    addEventListener(BACK, end, { once: true });
  });
}
