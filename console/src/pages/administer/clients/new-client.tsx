import type { NewClient } from "../../../api/clients";
import { t } from "../../../i18n";
import { FormDialog } from "../common/form-dialog";

/** Asks what a client is to be. */
export function NewClientDialog({ onClose, onMade }: { onClose: () => void; onMade: (client: NewClient) => Promise<void> }) {
  return (
    <FormDialog
      title={t("clients.new")}
      text={t("clients.new.text")}
      action={t("clients.new.action")}
      entries={({ kind = "service" }) => [
        {
          name: "kind",
          label: t("clients.kind"),
          options: [
            { value: "service", label: t("clients.new.service") },
            { value: "confidential", label: t("clients.new.confidential") },
            { value: "public", label: t("clients.new.public") },
          ],
        },
        { name: "client_id", label: t("clients.id"), hint: t("clients.new.id"), required: true },
        ...(kind === "service"
          ? [
              {
                name: "scopes",
                label: t("clients.scopes"),
                hint: t("clients.new.scopes"),
                placeholder: "read:default",
                isLong: true,
              },
            ]
          : [
              { name: "name", label: t("clients.new.name"), hint: t("clients.new.name.hint") },
              {
                name: "redirect_uris",
                label: t("clients.new.addresses"),
                hint: t("clients.new.addresses.hint"),
                placeholder: "https://app.example.com/callback",
                isLong: true,
                required: true,
              },
            ]),
      ]}
      submit={({ kind, client_id = "", scopes = "", name = "", redirect_uris = "" }) =>
        onMade(
          kind === "service"
            ? { client_id, scopes: split(scopes) }
            : {
                client_id,
                public: kind === "public",
                redirect_uris: split(redirect_uris),
                ...(name !== "" && { name }),
              },
        )
      }
      onClose={onClose}
    />
  );
}

function split(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
