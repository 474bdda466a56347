import { t } from "../i18n";
import { isMac } from "./shortcuts";

const NAMES: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "↵",
  Escape: "Esc",
  Delete: "Del",
  " ": "␣",
};

/** The keys of a shortcut, as they are on the keyboard. */
export function Keys({ keys }: { keys: string }) {
  const steps = keys === " " ? [" "] : keys.split(" ");
  return (
    <span class="keys">
      {steps.map((step, position) => (
        <>
          {position > 0 && <span class="faint small"> {t("shortcuts.then")} </span>}
          {step.split(/\+(?=.)/).map(key => (
            <kbd key={key}>
              {key === "Mod" ? (isMac ? "⌘" : "Ctrl") : (NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key))}
            </kbd>
          ))}
        </>
      ))}
    </span>
  );
}
