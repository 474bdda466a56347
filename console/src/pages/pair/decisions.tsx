import type { ComponentChildren } from "preact";

import { deletePair, readPair, restorePair, type StoredPair } from "../../api/pairs";
import { Problem } from "../../api/problem";
import { CompareView } from "../../code/compare-view";
import { t } from "../../i18n";
import { announce, confirm, Foreign } from "../../ui";
import { textOf } from "./content";

interface Side {
  title: string;
  text: string;
}

/** What is to be done to a pair, on top of a revision that was seen (null: of nothing). */
interface Deed {
  title: string;
  text: ComponentChildren;
  action: string;
  danger?: boolean;
  /** What the user has seen, to be shown beside what somebody else has made of the pair. */
  seen: Side;
  /** The action on top of what is stored by then. */
  decide: string;
  run: (over: number | null) => Promise<unknown>;
  /** Whether nothing is left to do where the pair is not there any more. */
  isDoneOnceGone?: boolean;
}

/** Asks whether a pair is to be deleted. Resolves to whether it is gone. */
export async function askToRemove(namespace: string, pair: StoredPair): Promise<boolean> {
  const { key, revision, content } = pair;
  return await ask(namespace, key, revision, {
    title: t("browse.delete.title", { count: 1 }),
    text: <Foreign text={key} />,
    action: t("browse.delete.action", { count: 1 }),
    danger: true,
    seen: { title: t("pair.conflict.seen", { revision: String(revision) }), text: textOf(content) },
    decide: t("pair.conflict.decide.delete"),
    run: async over => {
      await deletePair(namespace, key, over ?? 0);
      announce(t("browse.deleted", { count: 1 }));
    },
    isDoneOnceGone: true,
  });
}

/** Asks whether a pair is to have an earlier value again. */
export async function askToRestore(
  namespace: string,
  key: string,
  revision: number,
  restored: Side,
  present: number | null,
): Promise<void> {
  await ask(namespace, key, present, {
    title: t("history.restore.title", { revision: String(revision) }),
    text: t("history.restore.text"),
    action: t("history.restore"),
    seen: restored,
    decide: t("pair.conflict.decide.restore"),
    run: async over => {
      await restorePair(namespace, key, revision, over);
      announce(t("history.restored", { revision: String(revision) }));
    },
  });
}

/** Asks, and asks again with both versions side by side as often as somebody else has been faster. Resolves to whether it was done. */
async function ask(namespace: string, key: string, over: number | null, deed: Deed): Promise<boolean> {
  let isOvertaken = false;
  const attempt = async () => {
    try {
      await deed.run(over);
    } catch (error) {
      isOvertaken = error instanceof Problem && (error.status === 412 || error.status === 404);
      if (!isOvertaken) {
        throw error;
      }
    }
  };
  const { title, text, action, danger = false, seen, decide } = deed;
  let isAgreed = await confirm({ title, text, action, danger, run: attempt });
  while (isAgreed && isOvertaken) {
    const present = await readPair(namespace, key);
    if (present === null && deed.isDoneOnceGone) {
      announce(t("pair.conflict.gone_already"));
      return true;
    }
    over = present?.revision ?? null;
    isOvertaken = false;
    const now =
      present === null
        ? { title: t("pair.conflict.gone"), text: "" }
        : { title: t("pair.conflict.theirs", { revision: String(present.revision) }), text: textOf(present.content) };
    isAgreed = await confirm({
      title: t("pair.conflict.title"),
      text: (
        <div class="stack">
          <p>{t("pair.conflict.changed")}</p>
          <CompareView left={seen} right={now} language="json" />
        </div>
      ),
      action: decide,
      danger: true,
      wide: true,
      run: attempt,
    });
  }
  return isAgreed;
}
