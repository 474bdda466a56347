/** What grants allow: the grammar of `documentation/api_authorization.md`, as the service reads it. */

export type Action = "read" | "write" | "admin";

/** Whether these scopes allow an action on a whole namespace. */
export function allowsNamespace(scopes: readonly string[], action: Action, namespace: string): boolean {
  return scopes.some(scope => {
    const [held, pattern] = split(scope);
    return (held === action || held === "admin") && !pattern.includes("/") && matches(pattern, namespace);
  });
}

/** Whether these scopes allow an action on a key. */
export function allowsKey(scopes: readonly string[], action: Action, namespace: string, key: string): boolean {
  return (
    allowsNamespace(scopes, action, namespace) ||
    scopes.some(scope => {
      const [held, pattern] = split(scope);
      const [name, ...keys] = pattern.split("/");
      const isWildcard = pattern.endsWith("*");
      const granted = decode(keys.join("/").slice(0, isWildcard ? -1 : undefined));
      return held === action && keys.length > 0 && name === namespace && (isWildcard ? key.startsWith(granted) : key === granted);
    })
  );
}

/** Whether these scopes allow an action on anything in a namespace. */
export function allowsAnything(scopes: readonly string[], action: Action, namespace: string): boolean {
  return (
    allowsNamespace(scopes, action, namespace) ||
    scopes.some(scope => {
      const [held, pattern] = split(scope);
      return held === action && pattern.startsWith(`${namespace}/`);
    })
  );
}

/** Whether these scopes allow some namespace to be created beside those that there are. */
export function allowsCreation(scopes: readonly string[], present: readonly string[]): boolean {
  return scopes.some(scope => {
    const [held, pattern] = split(scope);
    return held === "admin" && (pattern.endsWith("*") || !present.includes(pattern));
  });
}

function split(scope: string): [string, string] {
  const colon = scope.indexOf(":");
  return colon < 0 ? ["", ""] : [scope.slice(0, colon), scope.slice(colon + 1)];
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
