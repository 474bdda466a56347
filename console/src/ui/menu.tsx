import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { Icon, type IconName } from "./icon";

export type MenuEntry =
  | { kind?: "item"; label: ComponentChildren; icon?: IconName; run: () => void; danger?: boolean }
  | { kind: "link"; label: string; icon?: IconName; href: string; external?: boolean }
  | { kind: "choice"; label: string; chosen: boolean; run: () => void }
  | { kind: "caption"; label: ComponentChildren }
  | { kind: "separator" };

interface Props {
  /** What the button is for, where its content does not say so. */
  label?: string;
  button: ComponentChildren;
  buttonClass?: string;
  entries: MenuEntry[];
  align?: "start" | "end";
}

/** A button that opens a menu (ARIA Authoring Practices: menu button). */
export function Menu({ label, button, buttonClass = "button quiet", entries, align = "start" }: Props) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  const items = () => [...(root.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];

  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    items()[0]?.focus();
    const closeIfOutside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener("pointerdown", closeIfOutside);
    document.addEventListener("focusin", closeIfOutside);
    return () => {
      document.removeEventListener("pointerdown", closeIfOutside);
      document.removeEventListener("focusin", closeIfOutside);
    };
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  const move = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.stopPropagation();
      all.find(item => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  };

  return (
    <div class={`menu ${align}`} ref={root}>
      <button
        type="button"
        class={buttonClass}
        ref={trigger}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={event => {
          if (event.key === "ArrowDown" && !isOpen) {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {button}
      </button>
      {isOpen && (
        <div role="menu" id={id} aria-label={label} onKeyDown={move}>
          {entries.map((entry, position) => (
            <Entry key={position} entry={entry} close={close} />
          ))}
        </div>
      )}
    </div>
  );
}

function Entry({ entry, close }: { entry: MenuEntry; close: () => void }) {
  if (entry.kind === "separator") {
    return <div class="separator" role="separator" />;
  }
  if (entry.kind === "caption") {
    return (
      <div class="caption small soft" role="presentation">
        {entry.label}
      </div>
    );
  }
  if (entry.kind === "link") {
    const away = entry.external ? { target: "_blank", rel: "noopener noreferrer" } : {};
    return (
      <a role="menuitem" tabIndex={-1} href={entry.href} onClick={close} {...away}>
        {entry.icon !== undefined && <Icon name={entry.icon} />}
        {entry.label}
      </a>
    );
  }
  const act = () => {
    close();
    entry.run();
  };
  if (entry.kind === "choice") {
    return (
      <button type="button" role="menuitemradio" tabIndex={-1} aria-checked={entry.chosen} onClick={act}>
        <span class="check">{entry.chosen && <Icon name="check" />}</span>
        {entry.label}
      </button>
    );
  }
  return (
    <button type="button" role="menuitem" tabIndex={-1} class={entry.danger ? "danger" : ""} onClick={act}>
      {entry.icon !== undefined && <Icon name={entry.icon} />}
      {entry.label}
    </button>
  );
}
