import { useRef, useState } from "preact/hooks";

import { measureNamespace } from "../../api/namespaces";
import { isAbort } from "../../api/problem";
import { exportPairs, type Moved } from "../../api/transfer";
import { formatBytes, t } from "../../i18n";
import { announce, Button, Field, ProblemNote } from "../../ui";

/** Saves the pairs of a namespace, or those with a prefix, as a file of lines. */
export function Export({ namespace }: { namespace: string }) {
  const [prefix, setPrefix] = useState("");
  const [moved, setMoved] = useState<Moved | null>(null);
  const [total, setTotal] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const given = useRef<AbortController | null>(null);
  const isBusy = given.current !== null;
  const start = async () => {
    const controller = new AbortController();
    given.current = controller;
    setError(null);
    setMoved({ lines: 0, bytes: 0 });
    try {
      setTotal(
        prefix === ""
          ? await measureNamespace(namespace).then(
              ({ pairs }) => pairs,
              () => null,
            )
          : null,
      );
      const file = await exportPairs(namespace, prefix, setMoved, controller.signal);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = `${namespace}.ndjson`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      announce(t("transfer.exported"));
    } catch (thrown) {
      if (!isAbort(thrown)) {
        setError(thrown);
      }
    }
    given.current = null;
    setMoved(now => (now === null ? null : { ...now }));
  };
  return (
    <section class="card" aria-labelledby="transfer-export">
      <div class="head">
        <h2 id="transfer-export">{t("transfer.export")}</h2>
      </div>
      <div class="body stack">
        <p class="soft">{t("transfer.export.text")}</p>
        <Field
          label={t("transfer.prefix")}
          hint={t("transfer.prefix.hint")}
          value={prefix}
          onValue={setPrefix}
          spellcheck={false}
          autocomplete="off"
        />
        <div class="row">
          <Button kind="primary" icon="file" busy={isBusy} onClick={() => void start()}>
            {t("transfer.export.go")}
          </Button>
          {isBusy && <Button onClick={() => given.current?.abort()}>{t("browse.stop")}</Button>}
        </div>
        {moved !== null && (
          <div role="status" class="stack">
            <progress
              class="progress"
              aria-label={t("transfer.export")}
              {...(total === null ? (isBusy ? {} : { value: 1, max: 1 }) : { value: moved.lines, max: Math.max(1, total) })}
            />
            <span class="soft">
              {t("browse.pairs", { count: moved.lines })} · {formatBytes(moved.bytes)}
            </span>
          </div>
        )}
        {error !== null && <ProblemNote error={error} onRetry={() => void start()} />}
      </div>
    </section>
  );
}
