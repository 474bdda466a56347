import { useState } from "preact/hooks";

import { createGroup, listGroups } from "../../../api/groups";
import { usePages } from "../../../api/pages";
import { t } from "../../../i18n";
import { useShortcut } from "../../../keyboard";
import { fill, href, navigate } from "../../../router";
import { announce, Button, CommandLine, EmptyState } from "../../../ui";
import { FormDialog } from "../../../ui/form";
import { PagedTable } from "../common/paged";
import { When } from "../common/session-list";
import "../administer.css";

const GROUP = "/-/administer/groups/:group";

export default function Groups() {
  const [isNew, setNew] = useState(false);
  const list = usePages(listGroups, []);
  useShortcut("n", "groups.new", () => setNew(true));
  return (
    <div class="page administer">
      <div class="row wrap">
        <h1>{t("groups.title")}</h1>
        <Button class="push" kind="primary" icon="plus" onClick={() => setNew(true)}>
          {t("groups.new")}
        </Button>
      </div>
      <PagedTable
        label={t("groups.title")}
        list={list}
        keyOf={group => group.name}
        columns={[
          {
            title: t("groups.name"),
            cell: ({ name }) => (
              <a class="foreign" href={href(fill(GROUP, { group: name }))}>
                {name}
              </a>
            ),
          },
          { title: t("groups.created"), cell: group => <When moment={group.created_at} /> },
        ]}
        empty={
          <EmptyState icon="users" title={t("groups.none")}>
            <p>{t("groups.none.text")}</p>
            <CommandLine text="authorization-service groups create team" />
          </EmptyState>
        }
      />
      {isNew && (
        <FormDialog
          title={t("groups.new")}
          action={t("groups.new.action")}
          entries={() => [{ name: "name", label: t("groups.name"), hint: t("groups.new.hint"), required: true }]}
          submit={async ({ name = "" }) => {
            const isMade = await createGroup(name);
            announce(t(isMade ? "groups.made" : "groups.known", { name }));
            setNew(false);
            await navigate(fill(GROUP, { group: name }));
          }}
          onClose={() => setNew(false)}
        />
      )}
    </div>
  );
}
