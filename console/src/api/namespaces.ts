import { t } from "../i18n";
import { request } from "./http";
import { Problem, refusal } from "./problem";

/** What is decided about a namespace. */
export interface Settings {
  description: string;
  quota_pairs: number | null;
  quota_bytes: number | null;
  /** Seconds after which pairs written without a time to live expire; null: never. */
  default_ttl: number | null;
  changes_kept: number;
  history_kept: number;
}

export interface Namespace extends Settings {
  name: string;
  created_at: string;
}

export interface Statistics {
  pairs: number;
  bytes: number;
  /** Revision of the last change. */
  revision: number;
  oldest_change: number;
}

/** Of a new namespace, where nothing else is said. */
export const DEFAULTS: Settings = {
  description: "",
  quota_pairs: null,
  quota_bytes: null,
  default_ttl: null,
  changes_kept: 10_000,
  history_kept: 0,
};

const PAGE = 1000;
const path = (name: string) => `/namespaces/${encodeURIComponent(name)}`;

/** Returns all namespaces of which the user may see anything, by name. */
export async function listNamespaces(signal?: AbortSignal): Promise<Namespace[]> {
  const all: Namespace[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    type Page = { namespaces: Namespace[]; next_cursor: string | null };
    const query = { limit: PAGE, cursor: cursor || undefined };
    const page: Page = (await request<Page>("store", "GET", "/namespaces", { query, ...(signal && { signal }) })).value;
    all.push(...page.namespaces);
    cursor = page.next_cursor;
  }
  return all;
}

/** Returns what a namespace holds. Needs the right to read all of it. */
export async function measureNamespace(name: string, signal?: AbortSignal): Promise<Statistics> {
  return (await request<Statistics>("store", "GET", `${path(name)}/stats`, signal && { signal })).value;
}

export async function readNamespace(name: string, signal?: AbortSignal): Promise<Namespace> {
  return (await request<Namespace>("store", "GET", path(name), signal && { signal })).value;
}

/** Creates a namespace. Throws Problem, also where there is one of this name, which stays as it is. */
export async function createNamespace(name: string, settings: Settings): Promise<void> {
  const isKnown = await readNamespace(name).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Problem && error.status === 404) {
        return false;
      }
      throw error;
    },
  );
  if (isKnown) {
    throw refusal("name", t("namespace.known", { name }));
  }
  await request("store", "PUT", path(name), { body: settings });
}

/** Replaces the settings of a namespace, if they are still those that were seen. Throws Problem. */
export async function changeSettings({ name, ...seen }: Namespace, settings: Settings): Promise<void> {
  const present = await readNamespace(name);
  if ((Object.keys(settings) as (keyof Settings)[]).some(setting => present[setting] !== seen[setting])) {
    throw new Problem(409, { title: t("namespace.overtaken.title"), detail: t("namespace.overtaken.text") });
  }
  await request("store", "PUT", path(name), { body: settings });
}

/** Deletes a namespace: one that has pairs only with `force`. */
export async function deleteNamespace(name: string, force: boolean): Promise<void> {
  await request("store", "DELETE", path(name), { query: { force: force || undefined } });
}
