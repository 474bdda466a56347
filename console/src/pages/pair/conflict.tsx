import { useState } from "preact/hooks";

import type { Content, StoredPair } from "../../api/pairs";
import { CompareView } from "../../code/compare-view";
import { t } from "../../i18n";
import { Button, Icon, ProblemNote } from "../../ui";
import { textOf, withText } from "./content";

interface Props {
  mine: Content;
  /** What somebody else has made of the pair; null: it was deleted. */
  theirs: StoredPair | null;
  isBusy: boolean;
  error: unknown;
  onSave: (merged: Content) => void;
  onTake: () => void;
  onBack: () => void;
}

/** Both versions of a pair that somebody else has changed, and the choice which of them stays. */
export function Conflict({ mine, theirs, isBusy, error, onSave, onTake, onBack }: Props) {
  const [merged, setMerged] = useState(mine);
  const left = theirs === null ? t("pair.conflict.gone") : t("pair.conflict.theirs", { revision: String(theirs.revision) });
  return (
    <section class="card value conflict" aria-label={t("pair.conflict.title")}>
      <div class="note warn" role="alert">
        <Icon name="warning" />
        <div class="text">
          <strong>{t("pair.conflict.title")}</strong>
          <span>{theirs === null ? t("pair.conflict.deleted") : t("pair.conflict.text")}</span>
        </div>
      </div>
      {error !== null && <ProblemNote error={error} />}
      <div class="row wrap actions">
        <Button onClick={onBack}>{t("pair.conflict.back")}</Button>
        <Button class="push" onClick={onTake}>
          {t("pair.conflict.take")}
        </Button>
        <Button kind="primary" busy={isBusy} onClick={() => onSave(merged)}>
          {t("pair.conflict.keep")}
        </Button>
      </div>
      <CompareView
        left={{ title: left, text: theirs === null ? "" : textOf(theirs.content) }}
        right={{ title: t("pair.conflict.mine"), text: textOf(mine) }}
        language={mine.kind === "json" ? "json" : "text"}
        onText={text => setMerged(withText(mine, text))}
      />
    </section>
  );
}
