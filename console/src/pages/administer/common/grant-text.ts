import type { MessageKey } from "../../../i18n";
import type { Action } from "../../../session";

/** A grant in its parts: `write:default/config/*` is `write`, `default` and `config/*`. */
export interface GrantParts {
  action: Action;
  /** A namespace, or a prefix of some with `*`. */
  namespace: string;
  /** A key, or a prefix of some with `*`, as it is; "" for all. */
  keys: string;
}

/** Writes a grant as services read it: in keys, all but letters, digits and `-._~/:@` is percent-encoded, and `*` stands at the end alone. */
export function writeGrant({ action, namespace, keys }: GrantParts): string {
  if (keys === "" || keys === "*") {
    return `${action}:${namespace}`;
  }
  const isPrefix = keys.endsWith("*");
  const encoded = encodeURIComponent(isPrefix ? keys.slice(0, -1) : keys)
    .replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2F/g, "/")
    .replace(/%3A/g, ":")
    .replace(/%40/g, "@");
  return `${action}:${namespace}/${encoded}${isPrefix ? "*" : ""}`;
}

/** Returns the parts of a grant; null for what is none, such as the scope `revocations` of a client. */
export function readGrant(grant: string): GrantParts | null {
  const found = /^(read|write|admin):([^/]+)(?:\/(.*))?$/s.exec(grant);
  if (found === null) {
    return null;
  }
  const [, action, namespace = "", encoded = ""] = found;
  let keys = encoded;
  try {
    keys = decodeURIComponent(encoded);
  } catch {
    // It is shown as it is.
  }
  return { action: action as Action, namespace, keys };
}

/** Returns how to say what a grant allows, with its values. */
export function explainGrant(grant: string): { key: MessageKey; values: Record<string, string> } | null {
  const parts = readGrant(grant);
  if (parts === null) {
    return null;
  }
  const { action, namespace, keys } = parts;
  const isPattern = namespace.endsWith("*");
  const where =
    namespace === "*"
      ? "everywhere"
      : isPattern
        ? "namespaces"
        : keys === ""
          ? "namespace"
          : keys.endsWith("*")
            ? "prefix"
            : "key";
  const values = { namespace: isPattern ? namespace.slice(0, -1) : namespace, keys: keys.replace(/\*$/, "") };
  return { key: `grant.${action}.${where}` as MessageKey, values };
}
