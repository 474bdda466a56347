import { signal } from "@preact/signals";

/** As in `shell.css`: a phone, or a small window. */
const query = matchMedia("(width <= 800px)");
const isNarrow = signal(query.matches);
query.addEventListener("change", () => (isNarrow.value = query.matches));

/** Whether the page is narrow. Components that read it follow it. */
export function useNarrow(): boolean {
  return isNarrow.value;
}
