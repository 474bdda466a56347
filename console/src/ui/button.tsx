import type { ComponentChildren, JSX } from "preact";

import { Icon, type IconName } from "./icon";

interface Props extends Omit<JSX.IntrinsicElements["button"], "icon" | "size" | "ref"> {
  kind?: "normal" | "primary" | "quiet" | "danger";
  icon?: IconName;
  /** For a button that is a drawing alone: what it does. */
  label?: string;
  size?: "normal" | "small";
  /** Something that the button started is still under way. */
  busy?: boolean;
  children?: ComponentChildren;
}

export function Button({ kind = "normal", icon, label, size = "normal", busy = false, children, class: more, ...rest }: Props) {
  const names = ["button", kind, size, children === undefined ? "icon" : "", typeof more === "string" ? more : ""];
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-busy={busy}
      {...rest}
      disabled={Boolean(rest.disabled) || busy}
      class={names.filter(Boolean).join(" ")}
    >
      {busy ? <span class="spinner" /> : icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
