/** A part of a text, and the characters in it that nobody sees or that look like others; `name` is what to show in their place. */
export interface Piece {
  text: string;
  /** Null for what is seen as it is. */
  name: string | null;
}

/**
 * Characters that nobody sees, and that change how others are shown: of control, of direction, without width, tags, and spaces that are
 * none of the keyboard. Also joiners (U+200C, U+200D), which scripts and emoji need: between these they are left alone.
 */
const INVISIBLE =
  /([\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|^ +| +$| {2,})/u;

/** Divides a text into what is seen, and what is not. */
export function findInvisible(text: string): Piece[] {
  const parts = text.split(INVISIBLE);
  return parts.flatMap((part, position): Piece[] => {
    if (part === "") {
      return [];
    }
    const isJoiner = part === "\u200c" || part === "\u200d";
    const isNeeded = isJoiner && isJoined(parts[position - 1]?.at(-1)) && isJoined(parts[position + 1]?.[0]);
    return [{ text: part, name: position % 2 === 0 || isNeeded ? null : nameOf(part) }];
  });
}

/** Returns the code points of a text, as Unicode writes them. */
export function codePoints(text: string): string {
  return [...text].map(one => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ");
}

function nameOf(text: string): string {
  return text.startsWith(" ") ? "·".repeat(text.length) : codePoints(text);
}

/** Whether a joiner beside this character does something: it is none of those on a keyboard. */
function isJoined(character: string | undefined): boolean {
  return character !== undefined && character > "\u00ff";
}
