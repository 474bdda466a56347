import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { Button } from "./button";

interface Shown {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const SECONDS = 6;
const MAX_SHOWN = 3;

const shown = signal<Shown[]>([]);
let next = 0;

/** Says briefly what has happened, also to those who do not see it; with an action, such as to undo it. */
export function announce(text: string, action?: { label: string; run: () => void }): void {
  next += 1;
  const toast: Shown = { id: next, text, ...(action === undefined ? {} : { action }) };
  shown.value = [...shown.value.slice(1 - MAX_SHOWN), toast];
}

/** Where `announce` speaks; the shell has it once. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map(toast => (
        <Toast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Toast({ toast }: { toast: Shown }) {
  const close = () => {
    shown.value = shown.value.filter(({ id }) => id !== toast.id);
  };
  useEffect(() => {
    const timer = setTimeout(close, SECONDS * 1000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="toast">
      <span class="foreign">{toast.text}</span>
      {toast.action !== undefined && (
        <Button
          size="small"
          onClick={() => {
            toast.action?.run();
            close();
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <Button size="small" kind="quiet" icon="close" label={t("ui.close")} onClick={close} />
    </div>
  );
}
