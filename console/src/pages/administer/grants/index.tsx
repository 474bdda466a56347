import { useState } from "preact/hooks";

import { readGroup, type HolderKind } from "../../../api/groups";
import { useRead } from "../../../api/use-read";
import { readRights } from "../../../api/users";
import { t } from "../../../i18n";
import { Button, EmptyState, Field, ProblemNote, Spinner } from "../../../ui";
import { Grant } from "../common/grant";
import { GrantEditor } from "../common/grant-editor";
import "../administer.css";

const EXAMPLES = ["read:default", "write:team-*", "read:default/config/*", "admin:*"];

/** What a user or a group holds, to give and to take, and how grants are written. */
export default function Grants() {
  const [kind, setKind] = useState<HolderKind>("user");
  const [typed, setTyped] = useState("");
  const [holder, setHolder] = useState<{ kind: HolderKind; name: string } | null>(null);
  return (
    <div class="page administer">
      <h1>{t("grants.title")}</h1>
      <form
        class="filters"
        onSubmit={event => {
          event.preventDefault();
          setHolder({ kind, name: typed });
        }}
      >
        <Field kind="select" label={t("grants.of")} value={kind} onValue={value => setKind(value as HolderKind)}>
          <option value="user">{t("grants.user")}</option>
          <option value="group">{t("grants.group")}</option>
        </Field>
        <Field
          label={t("grants.name")}
          value={typed}
          onValue={value => setTyped(value.trim())}
          required
          spellcheck={false}
          autocomplete="off"
        />
        <Button type="submit" kind="primary" icon="search" disabled={typed === ""}>
          {t("grants.show")}
        </Button>
      </form>
      {holder === null ? (
        <section class="card" aria-label={t("grants.how")}>
          <EmptyState icon="shield" title={t("grants.how")}>
            <p>{t("grants.how.text")}</p>
            <ul class="entries">
              {EXAMPLES.map(grant => (
                <li key={grant}>
                  <Grant grant={grant} />
                </li>
              ))}
            </ul>
          </EmptyState>
        </section>
      ) : (
        <Held key={`${holder.kind} ${holder.name}`} {...holder} />
      )}
    </div>
  );
}

function Held({ kind, name }: { kind: HolderKind; name: string }) {
  const { value, error, reload } = useRead(
    async signal => (kind === "user" ? (await readRights(name, signal)).own : (await readGroup(name, signal)).grants),
    [kind, name],
  );
  return (
    <section class="card" aria-label={t("grants.held", { name })}>
      <div class="head">
        <h2 class="foreign">{t("grants.held", { name })}</h2>
      </div>
      <div class="body stack">
        {error !== null && <ProblemNote error={error} onRetry={reload} />}
        {value === undefined ? (
          error === null && <Spinner />
        ) : (
          <GrantEditor {...{ kind, name }} grants={value} onChange={reload} />
        )}
      </div>
    </section>
  );
}
