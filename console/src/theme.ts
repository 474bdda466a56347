import { signal } from "@preact/signals";

import { recall, remember } from "./preferences";

export type Theme = "system" | "light" | "dark";
export const THEMES: Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>("system");

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark at present. Charts and editors draw by it. */
export const isDark = signal(false);

export function startTheme(): void {
  const chosen = recall("theme");
  prefersDark.addEventListener("change", show);
  setTheme(chosen === "light" || chosen === "dark" ? chosen : "system");
}

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  remember("theme", chosen);
  show();
}

function show(): void {
  isDark.value = theme.value === "dark" || (theme.value === "system" && prefersDark.matches);
  document.documentElement.dataset["theme"] = isDark.value ? "dark" : "light";
}
