import { useState } from "preact/hooks";

import type { PageProps } from "../..";
import { deleteGroup, readGroup, setMember, type ShownGroup } from "../../../api/groups";
import { useRead } from "../../../api/use-read";
import { formatTime, t } from "../../../i18n";
import { fill, href, navigate } from "../../../router";
import { announce, Button, confirm, Field, ProblemNote, Spinner } from "../../../ui";
import { GrantEditor } from "../common/grant-editor";
import "../administer.css";

const GROUPS = "/-/administer/groups";

export default function GroupPage({ params }: PageProps) {
  const name = params["group"] ?? "";
  const { value: group, error, reload } = useRead(signal => readGroup(name, signal), [name]);
  const remove = async () => {
    const isDone = await confirm({
      title: t("groups.delete.title", { name }),
      text: t("groups.delete.text", { count: group?.members.length ?? 0 }),
      action: t("groups.delete"),
      danger: true,
      run: () => deleteGroup(name),
    });
    if (isDone) {
      announce(t("groups.deleted", { name }));
      await navigate(GROUPS);
    }
  };
  return (
    <div class="page administer">
      <a href={href(GROUPS)}>{t("groups.all")}</a>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {group === undefined ? (
        error === null && <Spinner />
      ) : (
        <>
          <div class="row wrap">
            <h1 class="foreign">{group.name}</h1>
            <span class="soft">{t("users.since", { when: formatTime(group.created_at) })}</span>
            <Button class="push" kind="danger" icon="trash" onClick={() => void remove()}>
              {t("groups.delete")}
            </Button>
          </div>
          <div class="pair-of-cards">
            <Members group={group} onChange={reload} />
            <section class="card" aria-label={t("groups.grants")}>
              <div class="head">
                <h2>{t("groups.grants")}</h2>
              </div>
              <div class="body">
                <GrantEditor kind="group" name={group.name} grants={group.grants} onChange={reload} />
              </div>
            </section>
          </div>
        </>
      )}
    </div>
  );
}

function Members({ group, onChange }: { group: ShownGroup; onChange: () => void }) {
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const add = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await setMember(group.name, typed, true);
      announce(t("groups.added", { name: typed, group: group.name }));
      setTyped("");
      setError(null);
      onChange();
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };
  const remove = async (name: string) => {
    const isDone = await confirm({
      title: t("groups.remove.title", { name }),
      text: t("groups.remove.text", { group: group.name }),
      action: t("groups.remove"),
      danger: true,
      run: () => setMember(group.name, name, false),
    });
    if (isDone) {
      announce(t("groups.removed", { name, group: group.name }));
      onChange();
    }
  };
  return (
    <section class="card" aria-label={t("groups.members")}>
      <div class="head">
        <h2>
          {t("groups.members")} <span class="badge">{group.members.length}</span>
        </h2>
      </div>
      <div class="body stack">
        {group.members.length === 0 ? (
          <p class="soft">{t("groups.members.none")}</p>
        ) : (
          <ul class="entries">
            {group.members.map(name => (
              <li key={name}>
                <a class="foreign" href={href(fill("/-/administer/users/:user", { user: name }))}>
                  {name}
                </a>
                <Button
                  class="push"
                  size="small"
                  kind="quiet"
                  icon="trash"
                  label={t("groups.remove.one", { name })}
                  onClick={() => void remove(name)}
                />
              </li>
            ))}
          </ul>
        )}
        <form class="filters" onSubmit={event => void add(event)}>
          <Field
            label={t("groups.member")}
            value={typed}
            onValue={value => setTyped(value.trim())}
            required
            spellcheck={false}
            autocomplete="off"
          />
          <Button type="submit" kind="primary" icon="plus" busy={isBusy} disabled={typed === ""}>
            {t("groups.add")}
          </Button>
        </form>
        {error !== null && <ProblemNote error={error} />}
      </div>
    </section>
  );
}
