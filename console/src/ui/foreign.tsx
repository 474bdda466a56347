import type { ComponentChildren } from "preact";

/**
 * Characters that nobody sees, and that change how others are shown: of control, of direction, without width. Not the joiners U+200C and
 * U+200D, which scripts and emoji need.
 */
const INVISIBLE = /([\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb])/;

/** A text that somebody else has chosen, such as a key: its direction is its own, and what is invisible in it is named. */
export function Foreign({ text }: { text: string }) {
  const parts = text.split(INVISIBLE);
  return <bdi class="foreign">{parts.length === 1 ? text : parts.map(show)}</bdi>;
}

function show(part: string, position: number): ComponentChildren {
  if (position % 2 === 0) {
    return part;
  }
  const code = (part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return (
    <span class="invisible" key={position}>
      U+{code}
    </span>
  );
}
