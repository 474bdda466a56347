import { MergeView } from "@codemirror/merge";
import { EditorView } from "@codemirror/view";

import { mount } from "./mount";
import { extensions, type CodeLanguage } from "./setup";

export interface Side {
  title: string;
  text: string;
}

export interface Comparison {
  close(): void;
}

/** Shows two texts side by side with their differences. With `onText`, the right one may be edited, and parts taken over into it. */
export function openComparison(
  element: HTMLElement,
  left: Side,
  right: Side,
  language: CodeLanguage,
  onText?: (text: string) => void,
): Comparison {
  const view = new MergeView({
    ...mount(element),
    a: { doc: left.text, extensions: extensions(language, left.title, true) },
    b: {
      doc: right.text,
      extensions: [
        extensions(language, right.title, onText === undefined),
        EditorView.updateListener.of(update => update.docChanged && onText?.(update.state.doc.toString())),
      ],
    },
    gutter: true,
    highlightChanges: true,
    collapseUnchanged: { margin: 3, minSize: 6 },
    diffConfig: { scanLimit: 2000, timeout: 500 },
    ...(onText !== undefined && { revertControls: "a-to-b" as const }),
  });
  return { close: () => view.destroy() };
}
