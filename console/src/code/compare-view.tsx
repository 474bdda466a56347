import { useEffect, useRef } from "preact/hooks";

import type { Comparison, Side } from "./comparison";
import type { CodeLanguage } from "./setup";

interface Props {
  left: Side;
  right: Side;
  language: CodeLanguage;
  /** With it, the right side may be edited. */
  onText?: (text: string) => void;
}

/** Two texts side by side, with what differs marked. */
export function CompareView({ left, right, language, onText }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => {
    let comparison: Comparison | null = null;
    let isGone = false;
    void import("./comparison").then(({ openComparison }) => {
      if (!isGone && place.current !== null) {
        const change = onText === undefined ? undefined : (text: string) => latest.current?.(text);
        comparison = openComparison(place.current, left, right, language, change);
      }
    });
    return () => {
      isGone = true;
      comparison?.close();
    };
  }, [left.text, left.title, right.title, right.text, language]);
  return (
    <div class="compare">
      <div class="titles">
        <strong>{left.title}</strong>
        <strong>{right.title}</strong>
      </div>
      <div class="code" ref={place} />
    </div>
  );
}
