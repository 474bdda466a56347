import { forceParsing } from "@codemirror/language";
import { EditorView } from "@codemirror/view";

import { mount } from "./mount";
import { extensions, type CodeLanguage } from "./setup";

const SLICE_MILLISECONDS = 15;

export interface EditorOptions {
  text: string;
  language: CodeLanguage;
}

export interface Editor {
  /** Shows another text; what is there already stays with its folds and its place. */
  show(text: string): void;
  close(): void;
}

interface Options extends EditorOptions {
  label: string;
  onText?: (text: string) => void;
}

/** Opens an editor in an element; without `onText`, one that cannot change anything. */
export function openEditor(element: HTMLElement, { text, language, label, onText }: Options): Editor {
  const { root, parent } = mount(element);
  const view = new EditorView({
    doc: text,
    root,
    parent,
    extensions: [
      extensions(language, label, onText === undefined),
      EditorView.updateListener.of(update => {
        if (update.docChanged) {
          onText?.(update.state.doc.toString());
          parseRest();
        }
      }),
    ],
  });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  /**
   * Reads the rest of a long text, in slices between which the page answers: what stands far below the window is otherwise read once it
   * is near, and until then nothing around it can be folded.
   */
  const parseRest = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => forceParsing(view, view.state.doc.length, SLICE_MILLISECONDS) || parseRest(), SLICE_MILLISECONDS);
  };
  parseRest();
  if (onText !== undefined) {
    view.focus();
  }
  return {
    show(now) {
      if (now !== view.state.doc.toString()) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } });
      }
    },
    close() {
      clearTimeout(waiting);
      view.destroy();
    },
  };
}
