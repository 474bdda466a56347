import { signal } from "@preact/signals";

import { remember, recall } from "../preferences";
import { en } from "./en";
import type { Message, Messages } from "./message";

export type MessageKey = keyof typeof en;
export type Language = "en" | "ru";
export type Values = Record<string, string | number>;

export const LANGUAGES: Record<Language, string> = { en: "English", ru: "Русский" };

export const language = signal<Language>("en");
const catalog = signal<Messages<typeof en>>(en);

/** Uses the language that was chosen before, or else the browser's. Resolves once its texts are there. */
export async function startLanguage(): Promise<void> {
  const chosen = recall("language") ?? (navigator.languages.find(tag => /^(en|ru)\b/.test(tag)) ?? "en").slice(0, 2);
  await setLanguage(chosen === "ru" ? "ru" : "en");
}

/** Changes the language of the page, and remembers it for the next visit if it was chosen. */
export async function setLanguage(chosen: Language, options: { remember?: boolean } = {}): Promise<void> {
  catalog.value = chosen === "ru" ? (await import("./ru")).ru : en;
  language.value = chosen;
  document.documentElement.lang = chosen;
  if (options.remember) {
    remember("language", chosen);
  }
}

/**
 * The text of this key in the page's language, with `{name}` replaced by values. Where the text depends on a number, `count` is that
 * number, and the rules of the language choose the form.
 */
export function t(key: MessageKey, values: Values = {}): string {
  const message: Message = catalog.value[key];
  const text = typeof message === "string" ? message : choose(message, Number(values["count"]));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? formatNumber(value) : value;
  });
}

function choose(forms: Exclude<Message, string>, count: number): string {
  const rule = new Intl.PluralRules(language.value).select(count);
  return (rule === "one" ? forms.one : rule === "few" ? forms.few : rule === "many" ? forms.many : undefined) ?? forms.other;
}

const numberFormats = new Map<string, Intl.NumberFormat>();

export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  // To make a format takes a hundred times as long as to use it.
  const name = language.value + (options === undefined ? "" : JSON.stringify(options));
  let format = numberFormats.get(name);
  if (format === undefined) {
    format = new Intl.NumberFormat(language.value, options);
    numberFormats.set(name, format);
  }
  return format.format(value);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A size in bytes, in the largest unit of 1000 that it has one of. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const unit = UNITS[power] ?? "byte";
  const [unitDisplay, digits] = power === 0 ? (["long", 0] as const) : (["short", 1] as const);
  return formatNumber(bytes / 1000 ** power, { style: "unit", unit, unitDisplay, maximumFractionDigits: digits });
}

const DURATIONS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A duration in the largest unit that it is a whole number of: "2 hours", "90 seconds". */
export function formatDuration(seconds: number): string {
  const [unit, size] = DURATIONS.find(([, size]) => seconds % size === 0 && seconds >= size) ?? (["second", 1] as const);
  return formatNumber(seconds / size, { style: "unit", unit, unitDisplay: "long" });
}

/** A date with its time; `moment` is what JSON has, ISO 8601 or milliseconds. */
export function formatTime(moment: string | number | Date, options?: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language.value, options ?? { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
}

/** How long ago or ahead of now a moment is, in its largest whole unit: "3 minutes ago". */
export function formatRelative(moment: string | number | Date, now: number = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  const [unit, size] = DURATIONS.find(([, size]) => Math.abs(seconds) >= size) ?? (["second", 1] as const);
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
