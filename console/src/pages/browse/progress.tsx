import { signal } from "@preact/signals";

import { isAbort } from "../../api/problem";
import { formatNumber, t } from "../../i18n";
import { Button, Dialog, ProblemNote } from "../../ui";

interface Shown {
  title: string;
  done: number;
  total: number | undefined;
  error: unknown;
  stop: () => void;
}

const shown = signal<Shown | null>(null);

/**
 * Does something that may take a while, and shows how far it has come. Resolves to null where it has failed, which the dialog says, or
 * was stopped by the user.
 */
export async function track<Result>(
  title: string,
  work: (progress: (done: number) => void, signal: AbortSignal) => Promise<Result>,
  total?: number,
): Promise<Result | null> {
  const given = new AbortController();
  const stop = () => {
    given.abort();
    shown.value = null;
  };
  shown.value = { title, done: 0, total, error: null, stop };
  try {
    const result = await work(done => {
      if (shown.value !== null && !given.signal.aborted) {
        shown.value = { ...shown.value, done };
      }
    }, given.signal);
    shown.value = null;
    return given.signal.aborted ? null : result;
  } catch (error) {
    if (!isAbort(error) && shown.value !== null) {
      shown.value = { ...shown.value, error };
    }
    return null;
  }
}

/** Where `track` shows how far it has come. */
export function ProgressDialog() {
  const present = shown.value;
  if (present === null) {
    return null;
  }
  const { title, done, total, error, stop } = present;
  return (
    <Dialog
      title={title}
      onClose={stop}
      actions={<Button onClick={stop}>{error === null ? t("browse.stop") : t("ui.close")}</Button>}
    >
      {error !== null ? (
        <ProblemNote error={error} />
      ) : (
        <div class="stack">
          <progress
            class="progress"
            aria-label={title}
            {...(total === undefined ? {} : { value: done, max: Math.max(1, total) })}
          />
          <span class="soft">{total === undefined ? formatNumber(done) : `${formatNumber(done)} / ${formatNumber(total)}`}</span>
        </div>
      )}
    </Dialog>
  );
}
