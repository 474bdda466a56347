import { computed, signal } from "@preact/signals";

import { listNamespaces, type Namespace } from "../api/namespaces";
import { match, place } from "../router";
import { recall, remember } from "../preferences";

/** The namespaces of which the user may see anything; null until they are read. */
export const namespaces = signal<Namespace[] | null>(null);

/** Why they could not be read; null where they could. */
export const namespacesError = signal<unknown>(null);

const remembered = signal(recall("namespace") ?? "");

/** The namespace that the page is about, or else the one that was looked at before, or the first one; "" without any. */
export const presentNamespace = computed(() => {
  const [first = "", ...rest] = place.value.path.split("/").slice(1);
  const shown =
    first === "-"
      ? ["changes", "transfer", "history", "settings"].includes(rest[0] ?? "")
        ? match("/:namespace", { ...place.value, path: `/${rest[1] ?? ""}` })
        : null
      : match("/:namespace", { path: `/${first}`, search: new URLSearchParams() });
  const names = namespaces.value?.map(({ name }) => name) ?? [];
  const before = names.includes(remembered.value) || names.length === 0 ? remembered.value : "";
  return shown?.["namespace"] ?? (before || (names.includes("default") ? "default" : (names[0] ?? "")));
});

presentNamespace.subscribe(name => {
  if (name !== "" && name !== remembered.peek()) {
    remembered.value = name;
    remember("namespace", name);
  }
});

/** Reads the list anew: at the start, and where a page has created or deleted one. */
export async function readNamespaces(): Promise<void> {
  try {
    namespaces.value = await listNamespaces();
    namespacesError.value = null;
  } catch (error) {
    namespacesError.value = error;
  }
}
