import { createNamespace, DEFAULTS } from "../../api/namespaces";
import { t } from "../../i18n";
import { navigate, toNamespace } from "../../router";
import { readNamespaces } from "../../shell/namespaces";
import { announce } from "../../ui";
import { FormDialog } from "../../ui/form";
import { parseSettings, settingEntries } from "./entries";

/** Asks what a namespace is to be called and what holds for it, and leads there. */
export default function NewNamespace({ onClose }: { onClose: () => void }) {
  return (
    <FormDialog
      title={t("overview.new")}
      text={t("namespace.new.text")}
      action={t("namespace.new.action")}
      entries={() => [
        { name: "name", label: t("namespace.name"), hint: t("namespace.name.hint"), required: true },
        ...settingEntries(DEFAULTS).map(entry => ({ ...entry, isRare: entry.name !== "description" })),
      ]}
      submit={async ({ name = "", ...values }) => {
        await createNamespace(name, parseSettings(values));
        announce(t("namespace.made", { name }));
        await readNamespaces();
        onClose();
        await navigate(toNamespace(name));
      }}
      onClose={onClose}
    />
  );
}
