import { computed, signal } from "@preact/signals";

import { request } from "../api/http";
import { allowsAnything, allowsKey, allowsNamespace, type Action } from "./rights";
import { tokens } from "./tokens";

export type { Action } from "./rights";

export interface Account {
  /** The user's id. */
  id: string;
  username: string;
  /** First and last name. */
  name: string;
}

export interface Session {
  account: Account;
  scopes: readonly string[];
  isAdministrator: boolean;
  /**
   * Whether the user may do this in a namespace: on the key, if one is given; on anything in it, with `{ anything: true }`;
   * otherwise on all of it.
   */
  can(action: Action, namespace: string, key?: string | { anything: true }): boolean;
}

/** The account, once it has been read; the id alone is in the tokens. */
const known = signal<Account | null>(null);

/** The session of this tab; null before the user has signed in. */
export const session = computed<Session | null>(() => {
  const held = tokens.value;
  if (held === null) {
    return null;
  }
  const { scopes } = held;
  const id = readSubject(held.id);
  return {
    account: known.value?.id === id ? known.value : { id, username: "", name: "" },
    scopes,
    isAdministrator: scopes.includes("administration"),
    can(action, namespace, key) {
      if (key === undefined) {
        return allowsNamespace(scopes, action, namespace);
      }
      return typeof key === "string" ? allowsKey(scopes, action, namespace, key) : allowsAnything(scopes, action, namespace);
    },
  };
});

/** The session, for components that are shown to signed-in users only. They follow it: rights may change while the page is open. */
export function useSession(): Session {
  const present = session.value;
  if (present === null) {
    throw new Error("nobody has signed in");
  }
  return present;
}

/** Reads the names of the account, which are shown but decide nothing. Throws Problem. */
export async function readAccount(): Promise<void> {
  type Me = { id: string; username: string; first_name: string; last_name: string | null };
  const { value: me } = await request<Me>("authorization", "GET", "/me");
  known.value = { id: me.id, username: me.username, name: [me.first_name, me.last_name ?? ""].join(" ").trim() || me.username };
}

/** Reads the subject of an ID token. It came from the token endpoint itself, so that nothing else need prove where it is from. */
function readSubject(token: string): string {
  const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  return (JSON.parse(atob(payload)) as { sub: string }).sub;
}
