import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Common {
  label: string;
  /** What helps to fill it in. */
  hint?: ComponentChildren;
  /** The rule that the present value breaks. */
  error?: string | undefined;
  onValue?: (value: string) => void;
}

type Input = Common & { kind?: "input" } & Omit<JSX.IntrinsicElements["input"], "label" | "ref">;
type Text = Common & { kind: "text" } & Omit<JSX.IntrinsicElements["textarea"], "label" | "ref">;
type Select = Common & { kind: "select" } & Omit<JSX.IntrinsicElements["select"], "label" | "ref">;

/** A field with its label, hint and error, tied together for those who hear them. `kind`: one line, several, or a choice. */
export function Field(props: Input | Text | Select) {
  const id = useId();
  const { label, hint, error, onValue, kind = "input", ...rest } = props;
  const described = [hint !== undefined ? `${id}-hint` : "", error !== undefined ? `${id}-error` : ""].filter(Boolean).join(" ");
  const common = {
    id,
    class: "input",
    "aria-invalid": error !== undefined,
    ...(described === "" ? {} : { "aria-describedby": described }),
    onInput: (event: Event) => onValue?.((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      {kind === "input" && <input {...(rest as JSX.IntrinsicElements["input"])} {...common} />}
      {kind === "text" && <textarea {...(rest as JSX.IntrinsicElements["textarea"])} {...common} />}
      {kind === "select" && <select {...(rest as JSX.IntrinsicElements["select"])} {...common} />}
      {hint !== undefined && (
        <span class="small soft" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error !== undefined && (
        <span class="error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </div>
  );
}
