import { t } from "../../../i18n";
import { explainGrant } from "./grant-text";

/** A grant as it is written, and in words. */
export function Grant({ grant }: { grant: string }) {
  const said = explainGrant(grant);
  return (
    <span class="grant">
      <code class="foreign">{grant}</code>
      {said !== null && <span class="small soft foreign">{t(said.key, said.values)}</span>}
    </span>
  );
}
