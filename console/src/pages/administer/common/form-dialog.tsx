import { useState } from "preact/hooks";

import { toProblem, type Problem } from "../../../api/problem";
import { t } from "../../../i18n";
import { Button, Dialog, Field, ProblemNote } from "../../../ui";

interface Entry {
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
}

interface Props {
  title: string;
  text?: string;
  action: string;
  /** The fields, which may depend on what is chosen. */
  entries: (values: Record<string, string>) => Entry[];
  /** Does what the form is for; where it throws, the dialog says why, at the fields concerned. */
  submit: (values: Record<string, string>) => Promise<void>;
  onClose: () => void;
}

/** A dialog with fields and a button. */
export function FormDialog({ title, text, action, entries, submit, onClose }: Props) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const fields = entries(values);
  const complete = Object.fromEntries(
    fields.map(({ name, initial, options }) => [name, values[name] ?? initial ?? options?.[0]?.value ?? ""]),
  );
  const errorOf = (name: string) => problem?.errors.find(({ field }) => field === name || field.startsWith(`${name}.`))?.message;
  const isExplained =
    problem !== null &&
    problem.errors.length > 0 &&
    problem.errors.every(({ field }) => fields.some(({ name }) => field === name || field.startsWith(`${name}.`)));
  const act = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await submit(complete);
    } catch (thrown) {
      setProblem(toProblem(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={event => void act(event)}>
        {text !== undefined && <p class="soft">{text}</p>}
        {fields.map(({ name, label, hint, required = false, type = "text", isLong = false, options, placeholder }, position) => {
          const common = {
            label,
            ...(hint !== undefined && { hint }),
            ...(placeholder !== undefined && { placeholder }),
            error: errorOf(name),
            value: complete[name] ?? "",
            required,
            onValue: (value: string) => setValues(before => ({ ...before, [name]: value })),
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
            autofocus: position === 0,
          };
          return isLong ? (
            <Field key={name} kind="text" rows={3} {...(common as object)} label={label} {...plain} />
          ) : (
            <Field key={name} type={type} {...common} {...plain} />
          );
        })}
        {problem !== null && !isExplained && <ProblemNote error={problem} />}
        <div class="row">
          <Button class="push" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button type="submit" kind="primary" busy={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
