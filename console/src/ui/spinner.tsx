import { t } from "../i18n";

/** What is shown while something is read. */
export function Spinner({ text = t("ui.loading") }: { text?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" />
      {text}
    </div>
  );
}
