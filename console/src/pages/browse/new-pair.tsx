import { useState } from "preact/hooks";

import { t } from "../../i18n";
import { navigate, toPair } from "../../router";
import { Button, Dialog, Field } from "../../ui";

const MAX_KEY_BYTES = 512;

/** Asks for the key of a new pair, and leads to its editor. Nothing is written yet, and a pair that exists is shown instead. */
export function NewPair({ namespace, prefix, onClose }: { namespace: string; prefix: string; onClose: () => void }) {
  const [key, setKey] = useState(prefix);
  const length = new TextEncoder().encode(key).length;
  const error = length > MAX_KEY_BYTES ? t("browse.new.too_long", { count: length }) : undefined;
  const create = () => {
    if (key !== "" && error === undefined) {
      const path = toPair(namespace, key);
      onClose();
      void navigate(`${path}${path.includes("?") ? "&" : "?"}edit=1`);
    }
  };
  return (
    <Dialog
      title={t("browse.new")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button kind="primary" disabled={key === "" || error !== undefined} onClick={create}>
            {t("browse.new.go")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={event => {
          event.preventDefault();
          create();
        }}
      >
        <Field
          label={t("browse.key")}
          hint={t("browse.new.hint")}
          error={error}
          value={key}
          onValue={setKey}
          autofocus
          spellcheck={false}
          autocomplete="off"
        />
      </form>
    </Dialog>
  );
}
