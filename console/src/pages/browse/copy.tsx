import { useState } from "preact/hooks";

import { collect, copyPairs, type Chosen } from "../../api/bulk";
import { t } from "../../i18n";
import { useSession } from "../../session";
import { namespaces } from "../../shell/namespaces";
import { announce, Button, confirm, Dialog, Field } from "../../ui";
import { track } from "./progress";

interface Props {
  namespace: string;
  chosen: Chosen;
  prefix: string;
  onClose: () => void;
}

/** Asks where to copy what was chosen, says how many pairs that is, and copies them. What exists there stays as it is. */
export function Copy({ namespace, chosen, prefix, onClose }: Props) {
  const { can } = useSession();
  const targets = (namespaces.value ?? []).filter(({ name }) => can("write", name, { anything: true }));
  const [to, setTo] = useState(targets.some(({ name }) => name === namespace) ? namespace : (targets[0]?.name ?? ""));
  const [replacement, setReplacement] = useState(prefix);
  const isSame = to === namespace && replacement === prefix;
  const copy = async () => {
    onClose();
    const pairs = await track(t("browse.counting"), (progress, signal) => collect(namespace, chosen, progress, signal));
    if (pairs === null) {
      return;
    }
    const count = pairs.length;
    const place = `${to}/${replacement}`;
    const isAgreed = await confirm({
      title: t("browse.copy.title", { count }),
      text: t("browse.copy.text", { place }),
      action: t("browse.copy.action", { count }),
    });
    const rename = (key: string) => replacement + key.slice(prefix.length);
    const result =
      isAgreed && (await track(t("browse.copying"), progress => copyPairs(namespace, pairs, to, rename, progress), count));
    if (result) {
      announce(t("browse.copied", { count: result.copied }));
      if (result.skipped > 0) {
        announce(t("browse.copy.skipped", { count: result.skipped }));
      }
    }
  };
  return (
    <Dialog
      title={t("browse.copy.ask")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button kind="primary" disabled={isSame || to === ""} onClick={() => void copy()}>
            {t("browse.copy.go")}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Field kind="select" label={t("browse.copy.namespace")} value={to} onValue={setTo}>
          {targets.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Field>
        <Field
          label={t("browse.copy.prefix")}
          hint={prefix === "" ? t("browse.copy.prefix.empty") : t("browse.copy.prefix.hint", { prefix })}
          error={isSame ? t("browse.copy.same") : undefined}
          value={replacement}
          onValue={setReplacement}
          spellcheck={false}
          autocomplete="off"
        />
      </div>
    </Dialog>
  );
}
