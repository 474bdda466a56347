import { readPair, type StoredPair } from "../../api/pairs";
import { useRead } from "../../api/use-read";
import { useChanges } from "../../live";

export interface PresentPair {
  /** undefined until it is read; null if there is none. */
  pair: StoredPair | null | undefined;
  error: unknown;
  reload: () => void;
}

/** A pair as it is, read anew whenever it changes. */
export function usePair(namespace: string, key: string): PresentPair {
  const { value, error, reload } = useRead(signal => readPair(namespace, key, signal), [namespace, key]);
  useChanges(
    namespace,
    key,
    changes => {
      const last = changes.filter(change => change.key === key).at(-1);
      if (last !== undefined && last.revision !== value?.revision) {
        reload();
      }
    },
    { onLost: reload },
  );
  return { pair: value, error, reload };
}
