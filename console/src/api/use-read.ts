import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

import { isAbort } from "./problem";

export interface Reading<T> {
  /** What was last read; undefined until then. It stays while it is read anew, and where that fails. */
  value: T | undefined;
  /** Why the last attempt failed; null where it did not. */
  error: unknown;
  isReading: boolean;
  /** Reads anew. */
  reload: () => void;
}

/** Reads something when the component is first shown, and whenever one of `inputs` changes. What is no longer wanted is given up. */
export function useRead<T>(read: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Reading<T> {
  const [state, setState] = useState<{ value: T | undefined; error: unknown; isReading: boolean }>({
    value: undefined,
    error: null,
    isReading: true,
  });
  const [turn, setTurn] = useState(0);
  const known = useRef(inputs);
  const isSame = known.current.length === inputs.length && known.current.every((input, at) => Object.is(input, inputs[at]));
  if (!isSame) {
    known.current = inputs; // what is shown belongs to other inputs: it goes at once
    state.value = undefined;
    state.error = null;
    state.isReading = true;
  }
  // Before the browser draws, so that the request is on its way meanwhile.
  useLayoutEffect(() => {
    const given = new AbortController();
    setState(before => ({ ...before, isReading: true }));
    read(given.signal).then(
      value => given.signal.aborted || setState({ value, error: null, isReading: false }),
      (error: unknown) => {
        if (!given.signal.aborted && !isAbort(error)) {
          setState(before => ({ ...before, error, isReading: false }));
        }
      },
    );
    return () => given.abort();
  }, [...inputs, turn]);
  const reload = useCallback(() => setTurn(before => before + 1), []);
  return { ...state, reload };
}
