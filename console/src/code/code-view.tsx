import { useEffect, useRef } from "preact/hooks";

import type { Editor, EditorOptions } from "./editor";

interface Props extends EditorOptions {
  /** What it shows, for those who do not see it. */
  label: string;
  /** Called with the whole text after each change, in an editor. */
  onText?: (text: string) => void;
}

/** Text with line numbers, highlighting and folding; with `onText` it may be edited. Its module is loaded when it is first shown. */
export function CodeView({ label, text, language, onText }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const latest = useRef(onText);
  latest.current = onText;
  const isEditor = onText !== undefined;
  useEffect(() => {
    let isGone = false;
    void import("./editor").then(({ openEditor }) => {
      if (!isGone && place.current !== null) {
        const change = (now: string) => latest.current?.(now);
        editor.current = openEditor(place.current, { text, language, label, ...(isEditor && { onText: change }) });
      }
    });
    return () => {
      isGone = true;
      editor.current?.close();
      editor.current = null;
    };
  }, [language, isEditor, label]);
  useEffect(() => {
    // What comes back from an editor may be older than what is in it: an editor is given another text by another `key`.
    if (!isEditor) {
      editor.current?.show(text);
    }
  }, [text]);
  return <div class="code" ref={place} />;
}
