import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { MessageKey, Values } from "../i18n";

export interface Shortcut {
  /** Keys as `event.key` names them, several in a row with spaces between: `g n`, `Escape`, `Mod+k`. `Mod` is Ctrl or, on a Mac, Cmd. */
  keys: string;
  title: MessageKey;
  values: Values;
  run: () => void;
  /** Whether it is one of the shell, which every page has. */
  isEverywhere: boolean;
}

export const shortcuts = signal<readonly Shortcut[]>([]);

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

interface Options {
  values?: Values;
  isEverywhere?: boolean;
  /** null or false: not at present. */
  when?: boolean;
}

/**
 * Runs `handler` when the user presses these keys, outside of fields where one types; with `Mod`, in these, too. It is in the sheet of
 * shortcuts and in the palette of commands under its title, as long as the component is shown.
 */
export function useShortcut(keys: string, title: MessageKey, handler: () => void, options: Options = {}): void {
  const latest = useRef(handler);
  latest.current = handler;
  const { values = {}, isEverywhere = false, when = true } = options;
  useEffect(() => {
    if (!when) {
      return undefined;
    }
    return registerShortcut({ keys, title, values, isEverywhere, run: () => latest.current() });
  }, [keys, title, when, JSON.stringify(values)]);
}

/** Adds a shortcut, until the returned function is called. Of several with the same keys, the latest holds. */
export function registerShortcut(shortcut: Shortcut): () => void {
  shortcuts.value = [...shortcuts.peek(), shortcut];
  return () => {
    shortcuts.value = shortcuts.peek().filter(one => one !== shortcut);
  };
}

const SEQUENCE_MILLISECONDS = 1200;

let pressed: string[] = [];
let pressedAt = 0;

/** Begins to listen. */
export function startShortcuts(): void {
  addEventListener("keydown", event => {
    const name = describe(event);
    if (name === null || event.defaultPrevented || event.isComposing || (isTyping(event.target) && !name.startsWith("Mod+"))) {
      pressed = [];
      return;
    }
    if (document.querySelector("dialog[open]") !== null) {
      return; // a dialog has the keyboard to itself
    }
    pressed = event.timeStamp - pressedAt > SEQUENCE_MILLISECONDS ? [name] : [...pressed, name];
    pressedAt = event.timeStamp;
    while (pressed.length > 0) {
      const typed = pressed.join(" ");
      const found = shortcuts.peek().findLast(({ keys }) => keys === typed);
      if (found !== undefined) {
        event.preventDefault();
        pressed = [];
        found.run();
        return;
      }
      if (shortcuts.peek().some(({ keys }) => keys.startsWith(`${typed} `))) {
        event.preventDefault();
        return;
      }
      pressed = pressed.slice(1); // `x g n` is `g n`, too
    }
  });
}

function describe(event: KeyboardEvent): string | null {
  if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) {
    return null;
  }
  const isMod = isMac ? event.metaKey : event.ctrlKey;
  if ((event.ctrlKey || event.metaKey) && !isMod) {
    return null;
  }
  // Where letters are not Latin ones, the place of the key counts.
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  const key = event.key.length === 1 && /[^\x20-\x7e]/.test(event.key) && letter !== undefined ? letter : event.key;
  return `${isMod ? "Mod+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey && key.length > 1 ? "Shift+" : ""}${key}`;
}

function isTyping(target: EventTarget | null): boolean {
  const path = target instanceof Element ? target : null;
  const inner = path?.shadowRoot?.activeElement ?? path;
  return (
    inner !== null && inner.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null
  );
}
