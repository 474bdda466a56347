import { useEffect, useRef } from "preact/hooks";

import { useSession } from "../session";
import { followNamespace, type Change } from "./watch";

export { useConnection, type Connection } from "./connection";
export type { Change } from "./watch";

export interface ChangesOptions {
  /** The revision that is shown already: changes after it are handed over. null: it is not known yet, so nothing is followed. */
  after?: number | null;
  /** Called where changes were missed: what is shown has to be read anew. By default `handler` gets no changes at all. */
  onLost?: () => void;
}

/**
 * Calls `handler` with the changes of the keys with this prefix, as they happen, in the order of their revisions. All followers of a
 * namespace share one watch. Where connections break, what was missed follows when they are back.
 */
export function useChanges(
  namespace: string,
  prefix: string,
  handler: (changes: Change[]) => void,
  { after, onLost }: ChangesOptions = {},
): void {
  const { account } = useSession();
  const latest = useRef({ handler, after, onLost });
  latest.current = { handler, after, onLost };
  const isKnown = after !== null;
  useEffect(() => {
    if (!isKnown) {
      return undefined;
    }
    return followNamespace(
      namespace,
      account.id,
      {
        change(changes) {
          const wanted = prefix === "" ? changes : changes.filter(({ key }) => key.startsWith(prefix));
          if (wanted.length > 0) {
            latest.current.handler(wanted);
          }
        },
        lost: () => (latest.current.onLost ?? (() => latest.current.handler([])))(),
      },
      latest.current.after ?? undefined,
    );
  }, [namespace, prefix, account.id, isKnown]);
}
