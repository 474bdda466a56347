import { useState } from "preact/hooks";

import { deleteNamespace, measureNamespace } from "../../api/namespaces";
import { useRead } from "../../api/use-read";
import { formatBytes, t } from "../../i18n";
import { navigate } from "../../router";
import { readNamespaces } from "../../shell/namespaces";
import { announce, Button, Dialog, Field, ProblemNote, Spinner } from "../../ui";

/** Says what goes with a namespace, and deletes it. One that holds something has to be named. */
export function DeleteNamespace({ name, onClose }: { name: string; onClose: () => void }) {
  const { value: size, error: unmeasured, reload } = useRead(signal => measureNamespace(name, signal), [name]);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const isEmpty = size?.pairs === 0;
  const mayDelete = size !== undefined && (isEmpty || typed === name);
  const remove = async (event: Event) => {
    event.preventDefault();
    if (!mayDelete || isBusy) {
      return;
    }
    setBusy(true);
    try {
      await deleteNamespace(name, !isEmpty);
      announce(t("namespace.deleted", { name }));
      await readNamespaces();
      onClose();
      await navigate("/");
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
      reload(); // it may have been written to since it was counted
    }
  };
  return (
    <Dialog title={t("namespace.delete.title", { name })} onClose={onClose}>
      <form class="stack" onSubmit={event => void remove(event)}>
        {unmeasured !== null && <ProblemNote error={unmeasured} onRetry={reload} />}
        {size === undefined ? (
          unmeasured === null && <Spinner />
        ) : (
          <p class="soft">
            {isEmpty
              ? t("namespace.delete.empty")
              : t("namespace.delete.text", { count: size.pairs, size: formatBytes(size.bytes) })}{" "}
            {t("namespace.delete.grants")}
          </p>
        )}
        {size !== undefined && !isEmpty && (
          <Field
            label={t("namespace.delete.type", { name })}
            value={typed}
            onValue={setTyped}
            autofocus
            spellcheck={false}
            autocomplete="off"
          />
        )}
        {error !== null && <ProblemNote error={error} />}
        <div class="row">
          <Button class="push" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button type="submit" kind="primary" class="danger" busy={isBusy} disabled={!mayDelete}>
            {size === undefined || isEmpty ? t("namespace.delete") : t("namespace.delete.action", { count: size.pairs })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
