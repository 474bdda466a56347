import type { Namespace, Settings } from "../../api/namespaces";
import { refusal } from "../../api/problem";
import { t } from "../../i18n";
import type { Entry } from "../../ui/form";
import { parseSize, parseTime, writeSize, writeTime } from "../../ui/quantity";

/** The fields of a namespace's settings, with what it has. */
export function settingEntries(settings: Settings): Entry[] {
  const entry = <Name extends keyof Settings>(name: Name, initial: string, isRare = false): Entry => ({
    name,
    label: t(`namespace.${name}`),
    hint: t(`namespace.${name}.hint`),
    initial,
    isRare,
  });
  const { description, quota_pairs, quota_bytes, default_ttl, changes_kept, history_kept } = settings;
  return [
    entry("description", description),
    entry("quota_pairs", String(quota_pairs ?? "")),
    entry("quota_bytes", quota_bytes === null ? "" : writeSize(quota_bytes)),
    entry("default_ttl", default_ttl === null ? "" : writeTime(default_ttl)),
    entry("history_kept", String(history_kept)),
    entry("changes_kept", String(changes_kept)),
  ];
}

/** Returns what was typed as settings. Throws Problem at a field that is no number; whether the number is allowed, the service says. */
export function parseSettings(values: Record<string, string>): Settings {
  const read = (name: keyof Settings, parse: (text: string) => number | null): number | null => {
    const text = (values[name] ?? "").trim();
    const number = text === "" ? null : parse(text);
    if (text !== "" && (number === null || Number.isNaN(number))) {
      throw refusal(name, t("namespace.no_number", { text }));
    }
    return number;
  };
  const whole = (text: string) => (/^\d+$/.test(text.replace(/[\s_]/g, "")) ? Number(text.replace(/[\s_]/g, "")) : null);
  const required = (name: keyof Settings) => {
    const number = read(name, whole);
    if (number === null) {
      throw refusal(name, t("namespace.needed"));
    }
    return number;
  };
  return {
    description: values["description"] ?? "",
    quota_pairs: read("quota_pairs", whole),
    quota_bytes: read("quota_bytes", parseSize),
    default_ttl: read("default_ttl", parseTime),
    history_kept: required("history_kept"),
    changes_kept: required("changes_kept"),
  };
}

/** Identifies settings: a form with others begins anew. */
export function keyOf({ name, created_at, ...settings }: Namespace): string {
  return JSON.stringify([name, created_at, Object.values(settings)]);
}
