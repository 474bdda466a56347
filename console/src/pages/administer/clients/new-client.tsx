import type { NewClient } from "../../../api/clients";
import { t } from "../../../i18n";
import { FormDialog, type Entry } from "../../../ui/form";

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
                label: t("clients.new.may"),
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
              {
                name: "first_party",
                label: t("clients.new.first_party"),
                hint: t("clients.new.first_party.hint"),
                options: yesOrNo(),
                isRare: true,
              },
              rare("logo_uri", "https://app.example.com/logo.png"),
              { ...rare("post_logout_redirect_uris", "https://app.example.com/"), isLong: true },
              rare("backchannel_logout_uri", "https://app.example.com/logout"),
              ...(kind === "confidential"
                ? [
                    {
                      name: "require_pushed_authorization_requests",
                      label: t("clients.new.pushed"),
                      hint: t("clients.new.pushed.hint"),
                      options: yesOrNo(),
                      isRare: true,
                    },
                  ]
                : []),
            ]),
      ]}
      submit={({ kind, client_id = "", scopes = "", name = "", redirect_uris = "", ...more }) =>
        onMade(
          kind === "service"
            ? { client_id, scopes: split(scopes) }
            : {
                client_id,
                public: kind === "public",
                redirect_uris: split(redirect_uris),
                first_party: more["first_party"] === "yes",
                require_pushed_authorization_requests: more["require_pushed_authorization_requests"] === "yes",
                post_logout_redirect_uris: split(more["post_logout_redirect_uris"] ?? ""),
                ...(name !== "" && { name }),
                ...(more["logo_uri"] && { logo_uri: more["logo_uri"] }),
                ...(more["backchannel_logout_uri"] && { backchannel_logout_uri: more["backchannel_logout_uri"] }),
              },
        )
      }
      onClose={onClose}
    />
  );
}

function rare(name: "logo_uri" | "post_logout_redirect_uris" | "backchannel_logout_uri", placeholder: string): Entry {
  return { name, label: t(`clients.new.${name}`), hint: t(`clients.new.${name}.hint`), placeholder, isRare: true };
}

function yesOrNo() {
  return (["no", "yes"] as const).map(value => ({ value, label: t(`ui.${value}`) }));
}

function split(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
