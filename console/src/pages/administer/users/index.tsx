import { useState } from "preact/hooks";

import { usePages } from "../../../api/pages";
import { listUsers, registerUser, type User } from "../../../api/users";
import { t } from "../../../i18n";
import { useShortcut } from "../../../keyboard";
import { fill, href, navigate } from "../../../router";
import { announce, Button, CommandLine, EmptyState, Field } from "../../../ui";
import { FormDialog } from "../../../ui/form";
import { PagedTable } from "../common/paged";
import { When } from "../common/session-list";
import "../administer.css";

export const USER = "/-/administer/users/:user";

export default function Users() {
  const [prefix, setPrefix] = useState("");
  const [isNew, setNew] = useState(false);
  const list = usePages((after, signal) => listUsers(prefix, after, signal), [prefix]);
  useShortcut("/", "users.search", () => document.querySelector<HTMLInputElement>(".administer input")?.focus());
  useShortcut("n", "users.new", () => setNew(true));
  return (
    <div class="page administer">
      <div class="row wrap">
        <h1>{t("users.title")}</h1>
        <Button class="push" kind="primary" icon="plus" onClick={() => setNew(true)}>
          {t("users.new")}
        </Button>
      </div>
      <div class="filters">
        <Field
          label={t("users.search")}
          type="search"
          value={prefix}
          onValue={value => setPrefix(value.trim())}
          spellcheck={false}
          autocomplete="off"
        />
      </div>
      <PagedTable
        label={t("users.title")}
        list={list}
        keyOf={user => user.id}
        columns={[
          {
            title: t("users.name"),
            cell: user => (
              <span class="two-lines">
                <a class="foreign" href={href(fill(USER, { user: user.username }))}>
                  {user.username}
                </a>
                <span class="small soft foreign">{[user.first_name, user.last_name ?? ""].join(" ").trim()}</span>
              </span>
            ),
          },
          { title: t("users.state"), cell: user => <UserState user={user} /> },
          { title: t("users.created"), cell: user => <When moment={user.created_at} /> },
        ]}
        empty={
          <EmptyState icon="users" title={prefix === "" ? t("users.none") : t("users.none.found", { prefix })}>
            <p>{t("users.none.text")}</p>
            <CommandLine text="authorization-service users create anna" />
          </EmptyState>
        }
      />
      {isNew && <NewUser onClose={() => setNew(false)} />}
    </div>
  );
}

/** The role of a user, and whether it may log in. */
export function UserState({ user }: { user: User }) {
  return (
    <span class="tags">
      <span class={`badge ${user.role === "administrator" ? "accent" : ""}`}>{t(`users.role.${user.role}`)}</span>
      {!user.is_enabled && <span class="badge bad">{t("users.disabled")}</span>}
    </span>
  );
}

function NewUser({ onClose }: { onClose: () => void }) {
  return (
    <FormDialog
      title={t("users.new")}
      text={t("users.new.text")}
      action={t("users.new.action")}
      entries={() => [
        { name: "username", label: t("users.name"), hint: t("users.new.name"), required: true },
        {
          name: "password",
          label: t("users.new.password"),
          hint: t("users.new.password.hint"),
          type: "password",
          required: true,
        },
        { name: "first_name", label: t("users.new.first_name"), required: true },
        { name: "last_name", label: t("users.new.last_name") },
      ]}
      submit={async ({ username = "", password = "", first_name = "", last_name = "" }) => {
        await registerUser({ username, password, first_name, ...(last_name !== "" && { last_name }) });
        announce(t("users.made", { name: username }));
        onClose();
        await navigate(fill(USER, { user: username }));
      }}
      onClose={onClose}
    />
  );
}
