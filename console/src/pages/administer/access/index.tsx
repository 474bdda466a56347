import { useState } from "preact/hooks";

import { findAccess, type Access } from "../../../api/audit";
import { usePages } from "../../../api/pages";
import { t } from "../../../i18n";
import { fill, href, navigate, place } from "../../../router";
import { namespaces, presentNamespace } from "../../../shell/namespaces";
import { Button, EmptyState, Field, Tabs } from "../../../ui";
import { Grant } from "../common/grant";
import { PagedTable } from "../common/paged";
import "../administer.css";

type Kind = "user" | "client";

/** Who may do what in a namespace, and why. */
export default function AccessPage() {
  const [typed, setTyped] = useState<string | null>(null);
  const [kind, setKind] = useState<Kind>("user");
  const namespace = place.value.search.get("namespace") ?? presentNamespace.value;
  return (
    <div class="page administer">
      <h1>{t("access.title")}</h1>
      <p class="soft">{t("access.text")}</p>
      <form
        class="filters"
        onSubmit={event => {
          event.preventDefault();
          void navigate(`/-/administer/access?namespace=${encodeURIComponent(typed ?? namespace)}`);
        }}
      >
        <Field
          label={t("shell.namespace")}
          value={typed ?? namespace}
          onValue={value => setTyped(value.trim())}
          {...{ list: "access-namespaces" }}
          required
          spellcheck={false}
          autocomplete="off"
        />
        <datalist id="access-namespaces">
          {(namespaces.value ?? []).map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Button type="submit" kind="primary" icon="search">
          {t("access.show")}
        </Button>
      </form>
      {namespace !== "" && (
        <Tabs
          label={t("access.kind")}
          tabs={(["user", "client"] as const).map(name => ({ name, label: t(`access.kind.${name}`) }))}
          chosen={kind}
          onChoose={setKind}
        >
          <Found key={`${kind} ${namespace}`} {...{ namespace, kind }} />
        </Tabs>
      )}
    </div>
  );
}

function Found({ namespace, kind }: { namespace: string; kind: Kind }) {
  const list = usePages((after, signal) => findAccess(namespace, kind, after, signal), [namespace, kind]);
  return (
    <PagedTable
      label={t("access.of", { namespace })}
      list={list}
      keyOf={access => access.name}
      columns={[
        {
          title: t(`access.name.${kind}`),
          cell: ({ name, is_enabled }) => (
            <span class="tags">
              {kind === "user" ? (
                <a class="foreign" href={href(fill("/-/administer/users/:user", { user: name }))}>
                  {name}
                </a>
              ) : (
                <span class="foreign">{name}</span>
              )}
              {!is_enabled && <span class="badge bad">{t("users.disabled")}</span>}
            </span>
          ),
        },
        { title: t("access.may"), cell: access => <Actions access={access} /> },
        { title: t("access.why"), cell: access => <Reasons access={access} /> },
      ]}
      empty={
        <EmptyState icon="shield" title={t("access.none", { namespace })}>
          <p>{t(`access.none.${kind}`)}</p>
        </EmptyState>
      }
    />
  );
}

function Actions({ access: { actions } }: { access: Access }) {
  return (
    <span class="tags">
      {actions.map(action => (
        <span key={action} class={`badge ${action === "admin" ? "bad" : action === "write" ? "warn" : "good"}`}>
          {t(`grant.action.${action}`)}
        </span>
      ))}
      {actions.length === 0 && <span class="badge">{t("access.some_keys")}</span>}
    </span>
  );
}

function Reasons({ access: { reasons } }: { access: Access }) {
  return (
    <ul class="reasons">
      {reasons.map(({ grant, group }) => (
        <li key={`${grant} ${group}`} class="row wrap">
          <Grant grant={grant} />
          {group === null ? (
            <span class="badge">{t("access.directly")}</span>
          ) : (
            <a class="badge accent foreign" href={href(fill("/-/administer/groups/:group", { group }))}>
              {t("access.by_group", { group })}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
