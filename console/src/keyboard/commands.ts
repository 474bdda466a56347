import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { MessageKey, Values } from "../i18n";

/** Something that the palette offers, beside pages, namespaces and what has a shortcut. */
export interface Command {
  title: MessageKey;
  values: Values;
  run: () => void;
}

export const commands = signal<readonly Command[]>([]);

/** Adds a command to the palette, until the returned function is called. */
export function registerCommand(command: Command): () => void {
  commands.value = [...commands.peek(), command];
  return () => {
    commands.value = commands.peek().filter(one => one !== command);
  };
}

/** Offers a command in the palette as long as the component is shown. */
export function useCommand(title: MessageKey, handler: () => void, values: Values = {}): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => registerCommand({ title, values, run: () => latest.current() }), [title, JSON.stringify(values)]);
}
