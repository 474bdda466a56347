/** What this browser remembers of its user's choices. Never tokens, and nothing of what is stored. */
export type Preference = "language" | "theme" | "sidebar" | "namespace" | `browse.${string}` | `look.${string}`;

export function recall(name: Preference): string | null {
  try {
    return localStorage.getItem(`console.${name}`);
  } catch {
    return null; // storage is switched off: the defaults hold
  }
}

export function remember(name: Preference, value: string): void {
  try {
    localStorage.setItem(`console.${name}`, value);
  } catch {
    // The choice lasts as long as the page does.
  }
}
