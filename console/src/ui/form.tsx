import { useState } from "preact/hooks";

import { toProblem, type Problem } from "../api/problem";
import { t } from "../i18n";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { ProblemNote } from "./problem-note";

export interface Entry {
  /** The name of the field in the request, as a refusal names it. */
  name: string;
  label: string;
  hint?: string;
  initial?: string;
  required?: boolean;
  type?: "text" | "password";
  /** Several lines. */
  isLong?: boolean;
  /** A choice of these. */
  options?: { value: string; label: string }[];
  placeholder?: string;
  /** Whether it is among those that few need, which are shown where they are asked for. */
  isRare?: boolean;
}

interface FormProps {
  text?: string;
  action: string;
  /** The fields, which may depend on what is chosen. */
  entries: (values: Record<string, string>) => Entry[];
  /** Does what the form is for; where it throws, the form says why, at the fields concerned. */
  submit: (values: Record<string, string>) => Promise<void>;
  /** Gives it up; without it, the form stands on a page of its own, and stays after it has done what it is for. */
  onClose?: () => void;
}

/** A dialog with fields and a button. */
export function FormDialog({ title, ...form }: FormProps & { title: string; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={form.onClose}>
      <Form {...form} />
    </Dialog>
  );
}

/** Fields and a button. */
export function Form({ text, action, entries, submit, onClose }: FormProps) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  /** Fields that have been changed since they were refused. */
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  /** Whether rare fields are shown: once they are, they stay, also when what was wrong in them is mended. */
  const [isOpen, setOpen] = useState(false);
  const fields = entries(values);
  const complete = Object.fromEntries(
    fields.map(({ name, initial, options }) => [name, values[name] ?? initial ?? options?.[0]?.value ?? ""]),
  );
  const errorOf = (name: string) =>
    changed.has(name) ? undefined : problem?.errors.find(({ field }) => field === name || field.startsWith(`${name}.`))?.message;
  const isExplained =
    problem !== null &&
    problem.errors.length > 0 &&
    problem.errors.every(({ field }) => fields.some(({ name }) => field === name || field.startsWith(`${name}.`)));
  const act = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setChanged(new Set());
    try {
      await submit(complete);
      setProblem(null);
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
    setBusy(false);
  };
  const show = ({ name, label, hint, required = false, type = "text", isLong = false, options, placeholder }: Entry) => {
    const common = {
      label,
      ...(hint !== undefined && { hint }),
      ...(placeholder !== undefined && { placeholder }),
      error: errorOf(name),
      value: complete[name] ?? "",
      required,
      onValue: (value: string) => {
        setValues(before => ({ ...before, [name]: value }));
        setChanged(before => new Set(before).add(name));
      },
    };
    if (options !== undefined) {
      return (
        <Field key={name} kind="select" {...(common as object)} label={label}>
          {options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </Field>
      );
    }
    const plain = {
      autocomplete: type === "password" ? "new-password" : "off",
      spellcheck: false,
      autofocus: onClose !== undefined && name === fields[0]?.name,
    };
    return isLong ? (
      <Field key={name} kind="text" rows={3} {...(common as object)} label={label} {...plain} />
    ) : (
      <Field key={name} type={type} {...common} {...plain} />
    );
  };
  const rare = fields.filter(({ isRare }) => isRare);
  return (
    <form class="stack" onSubmit={event => void act(event)}>
      {text !== undefined && <p class="soft">{text}</p>}
      {fields.filter(({ isRare }) => !isRare).map(show)}
      {rare.length > 0 && (
        <details
          open={isOpen || rare.some(({ name }) => errorOf(name) !== undefined)}
          onToggle={event => setOpen(event.currentTarget.open)}
        >
          <summary>{t("ui.rare")}</summary>
          <div class="stack">{rare.map(show)}</div>
        </details>
      )}
      {problem !== null && !isExplained && <ProblemNote error={problem} />}
      <div class="row">
        {onClose !== undefined && (
          <Button class="push" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
        )}
        <Button type="submit" kind="primary" busy={isBusy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
