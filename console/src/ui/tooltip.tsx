import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What explains its content to those who point at it, reach it by keyboard, or hear it. Nothing that one needs to know. */
export function Tooltip({ text, children }: { text: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <span class="tooltip" aria-describedby={id}>
      {children}
      <span role="tooltip" id={id}>
        {text}
      </span>
    </span>
  );
}
