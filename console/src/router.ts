import { computed, signal } from "@preact/signals";

/** Where the console is published, without a slash at the end: `/console`, or below a proxy's path. */
export const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

export interface Place {
  /** Below the console's own path, still percent-encoded: `/default/orders%2F17`. */
  path: string;
  search: URLSearchParams;
}

export type Params = Record<string, string>;

const here = signal<Place>(read());

/** The present place. Components that read it follow it. */
export const place = computed(() => here.value);

type Guard = () => boolean | Promise<boolean>;
let guard: Guard | null = null;
let index = Number((history.state as { index?: number } | null)?.index ?? 0);
let returning = false;

function read(): Place {
  return { path: location.pathname.slice(base.length) || "/", search: new URLSearchParams(location.search) };
}

/** Returns the address of a path of the console: `href("/default")`. */
export function href(path: string): string {
  return base + path;
}

/** Returns the path of a page with these values in the place of `:name`. */
export function fill(pattern: string, params: Params): string {
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** Returns the path of a namespace. */
export function toNamespace(namespace: string): string {
  return `/${encodeURIComponent(namespace)}`;
}

/**
 * Returns the path of a pair. The URL standard takes the segments `.` and `..` for steps up, however they are encoded, so that these two
 * keys are in the query.
 */
export function toPair(namespace: string, key: string): string {
  const inQuery = key === "." || key === "..";
  return inQuery ? `${toNamespace(namespace)}?key=${key}` : `${toNamespace(namespace)}/${encodeURIComponent(key)}`;
}

/** Returns the parameters if a place is of this pattern, decoded; null otherwise. */
export function match(pattern: string, { path, search }: Place): Params | null {
  const wanted = pattern.split("/");
  const found = path.replace(/(.)\/$/, "$1").split("/");
  const key = search.get("key");
  if (key !== null && pattern.endsWith("/:key") && found.length === wanted.length - 1) {
    found.push(encodeURIComponent(key));
  }
  if (wanted.length !== found.length) {
    return null;
  }
  const params: Params = {};
  for (const [position, part] of wanted.entries()) {
    const given = found[position] ?? "";
    if (part.startsWith(":")) {
      // `-` stands in front of pages that are no namespace's.
      const value = decode(given);
      if (value === null || value === "" || (position === 1 && value === "-")) {
        return null;
      }
      params[part.slice(1)] = value;
    } else if (part !== given) {
      return null;
    }
  }
  return params;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Goes to a path, such as `/default?sort=key`. Resolves to whether the page let go of the present place. */
export async function navigate(path: string, { replace = false } = {}): Promise<boolean> {
  if (!replace && !(await mayLeave())) {
    return false;
  }
  if (replace) {
    history.replaceState({ index }, "", href(path));
  } else {
    index += 1;
    history.pushState({ index }, "", href(path));
  }
  here.value = read();
  return true;
}

/**
 * Asks before the place is left, as long as the returned function is not called: for pages with changes that are not saved.
 * Closing the tab is asked by the browser itself.
 */
export function guardLeaving(ask: Guard): () => void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  guard = ask;
  addEventListener("beforeunload", warn);
  return () => {
    if (guard === ask) {
      guard = null;
    }
    removeEventListener("beforeunload", warn);
  };
}

async function mayLeave(): Promise<boolean> {
  return guard === null || (await guard());
}

async function follow(event: PopStateEvent): Promise<void> {
  const target = Number((event.state as { index?: number } | null)?.index ?? 0);
  if (returning) {
    returning = false;
    return;
  }
  if (guard !== null) {
    const step = target - index;
    if (step !== 0) {
      returning = true;
      history.go(-step); // the address says where the page is until the user has decided
      if (!(await guard())) {
        return;
      }
      guard = null;
      history.go(step);
      return;
    }
  }
  index = target;
  here.value = read();
}

/** Makes links within the console change the page without loading it anew. */
function followLink(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || !isPlain || link.target || link.download) {
    return;
  }
  if (link.origin === location.origin && (link.pathname === base || link.pathname.startsWith(`${base}/`))) {
    event.preventDefault();
    void navigate(link.pathname.slice(base.length) + link.search || "/");
  }
}

/** Begins to follow links and the browser's buttons. */
export function startRouter(): void {
  history.replaceState({ index }, "");
  addEventListener("popstate", event => void follow(event));
  document.addEventListener("click", followLink);
}
