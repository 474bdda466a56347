import { useState } from "preact/hooks";

import { createClient, deleteClient, listClients, replaceSecret, type Client } from "../../../api/clients";
import { usePages } from "../../../api/pages";
import { t } from "../../../i18n";
import { useShortcut } from "../../../keyboard";
import { announce, Button, CommandLine, confirm, EmptyState } from "../../../ui";
import { Grant } from "../common/grant";
import { PagedTable } from "../common/paged";
import { When } from "../common/session-list";
import { NewClientDialog } from "./new-client";
import { Secret } from "./secret";
import "../administer.css";

/** Service accounts, and applications that users sign in to. */
export default function Clients() {
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const list = usePages(listClients, []);
  useShortcut("n", "clients.new", () => setNew(true));
  const replace = async ({ client_id: id }: Client) => {
    let secret = "";
    const isDone = await confirm({
      title: t("clients.replace.title", { id }),
      text: t("clients.replace.text"),
      action: t("clients.replace"),
      danger: true,
      run: async () => {
        secret = await replaceSecret(id);
      },
    });
    if (isDone) {
      setMade({ id, secret });
    }
  };
  const remove = async ({ client_id: id }: Client) => {
    const isDone = await confirm({
      title: t("clients.delete.title", { id }),
      text: t("clients.delete.text"),
      action: t("clients.delete"),
      danger: true,
      run: () => deleteClient(id),
    });
    if (isDone) {
      announce(t("clients.deleted", { id }));
      list.reload();
    }
  };
  return (
    <div class="page administer">
      <div class="row wrap">
        <h1>{t("clients.title")}</h1>
        <Button class="push" kind="primary" icon="plus" onClick={() => setNew(true)}>
          {t("clients.new")}
        </Button>
      </div>
      <p class="soft">{t("clients.text")}</p>
      <PagedTable
        label={t("clients.title")}
        list={list}
        keyOf={client => client.client_id}
        columns={[
          {
            title: t("clients.id"),
            cell: client => (
              <span class="two-lines">
                <span class="foreign">{client.client_id}</span>
                {client.name !== null && <span class="small soft foreign">{client.name}</span>}
              </span>
            ),
          },
          { title: t("clients.kind"), cell: client => <Kind client={client} /> },
          { title: t("clients.scopes"), cell: client => <Scopes client={client} /> },
          { title: t("clients.created"), cell: client => <When moment={client.created_at} /> },
          {
            title: t("administer.action"),
            class: "number",
            cell: client => (
              <span class="row">
                {!client.public && (
                  <Button
                    class="push"
                    size="small"
                    icon="refresh"
                    label={t("clients.replace.one", { id: client.client_id })}
                    onClick={() => void replace(client)}
                  />
                )}
                <Button
                  class={client.public ? "push" : ""}
                  size="small"
                  kind="danger"
                  icon="trash"
                  label={t("clients.delete.one", { id: client.client_id })}
                  onClick={() => void remove(client)}
                />
              </span>
            ),
          },
        ]}
        empty={
          <EmptyState icon="program" title={t("clients.none")}>
            <p>{t("clients.none.text")}</p>
            <CommandLine text="authorization-service clients create reporter --scope read:default" />
          </EmptyState>
        }
      />
      {isNew && (
        <NewClientDialog
          onClose={() => setNew(false)}
          onMade={async client => {
            const secret = await createClient(client);
            setNew(false);
            list.reload();
            if (secret === null) {
              announce(t("clients.made", { id: client.client_id }));
            } else {
              setMade({ id: client.client_id, secret });
            }
          }}
        />
      )}
      {made !== null && <Secret {...made} onClose={() => setMade(null)} />}
    </div>
  );
}

function Kind({ client }: { client: Client }) {
  return (
    <span class="tags">
      <span class="badge">{t(client.redirect_uris.length > 0 ? "clients.kind.application" : "clients.kind.service")}</span>
      {client.public && <span class="badge">{t("clients.kind.public")}</span>}
      {client.first_party && <span class="badge accent">{t("clients.kind.first_party")}</span>}
    </span>
  );
}

function Scopes({ client: { scopes, redirect_uris: addresses } }: { client: Client }) {
  return (
    <span class="two-lines">
      {scopes.map(scope => (
        <Grant key={scope} grant={scope} />
      ))}
      {addresses.map(address => (
        <span key={address} class="small soft mono foreign">
          {address}
        </span>
      ))}
      {scopes.length === 0 && addresses.length === 0 && <span class="soft">{t("clients.scopes.none")}</span>}
    </span>
  );
}
