import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { t } from "../i18n";
import { Button } from "./button";
import { ProblemNote } from "./problem-note";

interface Props {
  title: string;
  /** Called when the user closes it: by the button, by Escape, or by a click beside it. */
  onClose: () => void;
  children?: ComponentChildren;
  /** Buttons at its foot. */
  actions?: ComponentChildren;
  wide?: boolean;
  /** Whether the title is shown, or only read out. */
  hideTitle?: boolean;
  class?: string;
}

/** A modal dialog. The browser keeps the focus in it, and gives it back afterwards. */
export function Dialog({ title, onClose, children, actions, wide = false, hideTitle = false, class: more = "" }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector<HTMLElement>("[autofocus]")?.focus();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={["dialog", wide ? "wide" : "", more].filter(Boolean).join(" ")}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={event => {
        if (dialog.current !== null && event.target === dialog.current && isBeside(event, dialog.current)) {
          onClose();
        }
      }}
    >
      <div class={hideTitle ? "visually-hidden" : "head"}>
        <h2 id={id}>{title}</h2>
        {!hideTitle && <Button class="close" kind="quiet" icon="close" label={t("ui.close")} onClick={onClose} />}
      </div>
      <div class="body">{children}</div>
      {actions !== undefined && <div class="foot">{actions}</div>}
    </dialog>
  );
}

function isBeside(event: PointerEvent, dialog: HTMLElement): boolean {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

export interface Question {
  title: string;
  text?: ComponentChildren;
  /** What the button says that does it: a verb, with how many where there are several. */
  action: string;
  danger?: boolean;
  wide?: boolean;
  /** What is done while the dialog still stands; where it fails, the dialog says why. */
  run?: () => Promise<unknown>;
}

const asked = signal<{ question: Question; answer: (agreed: boolean) => void } | null>(null);

/** Asks the user. Resolves to whether the user agrees and, with `run`, whether that was done. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise(resolve => {
    asked.value = {
      question,
      answer: agreed => {
        asked.value = null;
        resolve(agreed);
      },
    };
  });
}

/** Where `confirm` asks; the shell has it once. */
export function Confirmations() {
  const present = asked.value;
  return present === null ? null : <Confirmation key={present.question.title} {...present} />;
}

function Confirmation({ question, answer }: { question: Question; answer: (agreed: boolean) => void }) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = async () => {
    if (question.run === undefined) {
      answer(true);
      return;
    }
    setBusy(true);
    try {
      await question.run();
      answer(true);
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={question.title}
      wide={question.wide ?? false}
      onClose={() => answer(false)}
      actions={
        <>
          <Button onClick={() => answer(false)}>{t("ui.cancel")}</Button>
          <Button kind="primary" class={question.danger ? "danger" : ""} busy={isBusy} autofocus onClick={() => void act()}>
            {question.action}
          </Button>
        </>
      }
    >
      <div class="stack">
        <div class="soft">{question.text}</div>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Dialog>
  );
}
