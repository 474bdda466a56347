/**
 * Returns how well a text matches what was typed: 0 where it does not; more for a beginning, for beginnings of words, and for letters
 * that stand together.
 */
export function rank(text: string, typed: string): number {
  const [where, what] = [text.toLowerCase(), typed.trim().toLowerCase()];
  if (what === "") {
    return 1;
  }
  const at = where.indexOf(what);
  if (at >= 0) {
    return 1000 - Math.min(at, 400) + (at === 0 ? 500 : 0) - Math.min(where.length, 99) / 100;
  }
  let [score, from, previous] = [1, 0, -2];
  for (const letter of what) {
    if (letter === " ") {
      continue;
    }
    const found = where.indexOf(letter, from);
    if (found < 0) {
      return 0;
    }
    score += found === previous + 1 ? 8 : /[\s/._-]/.test(where[found - 1] ?? " ") ? 5 : 1;
    previous = found;
    from = found + 1;
  }
  return score;
}
