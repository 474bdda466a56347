import { collect, deleteExactly, type Chosen } from "../../api/bulk";
import type { Leaf } from "../../api/pairs";
import { t } from "../../i18n";
import { announce, confirm, Foreign } from "../../ui";
import { track } from "./progress";

/**
 * Counts what was chosen, says how many pairs that is, and deletes exactly these if the user agrees. Resolves to whether it was done.
 */
export async function askToDelete(namespace: string, chosen: Chosen): Promise<boolean> {
  const pairs = await track<Leaf[]>(t("browse.counting"), (progress, signal) => collect(namespace, chosen, progress, signal));
  if (pairs === null) {
    return false;
  }
  const count = pairs.length;
  const isAgreed = await confirm({
    title: t("browse.delete.title", { count }),
    text: <Sample pairs={pairs} />,
    action: t("browse.delete.action", { count }),
    danger: true,
  });
  if (!isAgreed) {
    return false;
  }
  const result = await track(t("browse.deleting"), progress => deleteExactly(namespace, pairs, progress), count);
  if (result === null) {
    return false;
  }
  announce(t("browse.deleted", { count: result.deleted }));
  if (result.kept.length > 0) {
    announce(t("browse.delete.kept", { count: result.kept.length }));
  }
  return true;
}

const SHOWN = 5;

function Sample({ pairs }: { pairs: Leaf[] }) {
  return (
    <div class="stack">
      <ul class="sample">
        {pairs.slice(0, SHOWN).map(({ key }) => (
          <li key={key} class="foreign mono one-line">
            <Foreign text={key} />
          </li>
        ))}
        {pairs.length > SHOWN && <li>{t("browse.and_more", { count: pairs.length - SHOWN })}</li>}
      </ul>
      <p>{t("browse.delete.text")}</p>
    </div>
  );
}
