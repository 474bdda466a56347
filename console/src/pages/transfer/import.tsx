import { useRef, useState } from "preact/hooks";

import type { ImportSummary } from "../../api/bulk";
import { isAbort } from "../../api/problem";
import { importFile, type Moved } from "../../api/transfer";
import { formatBytes, formatNumber, t } from "../../i18n";
import { Button, confirm, Field, ProblemNote, Table } from "../../ui";

type Mode = "if_absent" | "replace";

/** Writes the lines of a file, chosen or dropped, into a namespace, and says which of them were refused. */
export function Import({ namespace }: { namespace: string }) {
  const [mode, setMode] = useState<Mode>("if_absent");
  const [file, setFile] = useState<File | null>(null);
  const [isOver, setOver] = useState(false);
  const [state, setState] = useState<{ moved: Moved; summary: ImportSummary; isDone: boolean } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const given = useRef<AbortController | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const isBusy = given.current !== null;

  const take = (chosen: File | null | undefined) => {
    if (chosen && !isBusy) {
      setFile(chosen);
      setState(null);
      setError(null);
    }
  };
  const start = async () => {
    if (file === null) {
      return;
    }
    const question = { title: t("transfer.replace.title"), text: t("transfer.replace.text"), action: t("transfer.import.go") };
    if (mode === "replace" && !(await confirm({ ...question, danger: true }))) {
      return;
    }
    const controller = new AbortController();
    given.current = controller;
    setError(null);
    const show = (moved: Moved, summary: ImportSummary) => setState({ moved, summary: { ...summary }, isDone: false });
    show({ lines: 0, bytes: 0 }, { written: 0, skipped: 0, expired: 0, refused: 0, errors: [] });
    try {
      await importFile(namespace, file, mode, show, controller.signal);
    } catch (thrown) {
      if (!isAbort(thrown)) {
        setError(thrown);
      }
    }
    given.current = null;
    setState(before => before && { ...before, isDone: true });
  };
  return (
    <section
      class={isOver ? "card drop over" : "card drop"}
      aria-labelledby="transfer-import"
      onDragOver={event => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <div class="head">
        <h2 id="transfer-import">{t("transfer.import")}</h2>
      </div>
      <div class="body stack">
        <p class="soft">{t("transfer.import.text")}</p>
        <div class="zone">
          <p>{file === null ? t("transfer.drop") : `${file.name} · ${formatBytes(file.size)}`}</p>
          <Button onClick={() => chooser.current?.click()}>{t("transfer.choose")}</Button>
          <input
            ref={chooser}
            type="file"
            hidden
            aria-label={t("transfer.choose")}
            onChange={event => take((event.currentTarget as HTMLInputElement).files?.[0])}
          />
        </div>
        <Field kind="select" label={t("transfer.mode")} value={mode} onValue={value => setMode(value as Mode)}>
          <option value="if_absent">{t("transfer.mode.if_absent")}</option>
          <option value="replace">{t("transfer.mode.replace")}</option>
        </Field>
        <div class="row">
          <Button kind="primary" icon="transfer" busy={isBusy} disabled={file === null} onClick={() => void start()}>
            {t("transfer.import.go")}
          </Button>
          {isBusy && <Button onClick={() => given.current?.abort()}>{t("browse.stop")}</Button>}
        </div>
        {error !== null && <ProblemNote error={error} />}
        {state !== null && file !== null && (
          <div role="status" class="stack">
            <progress class="progress" aria-label={t("transfer.import")} value={state.moved.bytes} max={Math.max(1, file.size)} />
            <span class="soft">
              {t("transfer.result", {
                written: state.summary.written,
                skipped: state.summary.skipped,
                expired: state.summary.expired,
                refused: state.summary.refused,
              })}
            </span>
          </div>
        )}
        {state !== null && state.summary.errors.length > 0 && (
          <Table
            label={t("transfer.errors")}
            rows={state.summary.errors}
            keyOf={({ line, field }) => `${line} ${field}`}
            columns={[
              { title: t("transfer.line"), cell: ({ line }) => formatNumber(line), class: "number" },
              { title: t("transfer.field"), cell: ({ field }) => <code class="foreign">{field}</code> },
              { title: t("transfer.reason"), cell: ({ message }) => <span class="foreign">{message}</span> },
            ]}
          />
        )}
      </div>
    </section>
  );
}
