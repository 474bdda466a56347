import type { PageProps } from "../..";
import { useRead } from "../../../api/use-read";
import { changeUser, deleteUser, readRights, readUser, removeFactors, unlockUser, type User } from "../../../api/users";
import { formatTime, t } from "../../../i18n";
import { fill, href, navigate } from "../../../router";
import { useSession } from "../../../session";
import { announce, Button, confirm, ProblemNote, Spinner, type IconName } from "../../../ui";
import { Grant } from "../common/grant";
import { GrantEditor } from "../common/grant-editor";
import { SessionList } from "../common/session-list";
import { UserState } from ".";
import "../administer.css";

const USERS = "/-/administer/users";

export default function UserPage({ params }: PageProps) {
  const username = params["user"] ?? "";
  const { value: user, error, reload } = useRead(signal => readUser(username, signal), [username]);
  return (
    <div class="page administer">
      <a href={href(USERS)}>{t("users.all")}</a>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {user === undefined ? error === null && <Spinner /> : <Shown key={user.id} user={user} onChange={reload} />}
    </div>
  );
}

function Shown({ user, onChange }: { user: User; onChange: () => void }) {
  const { username } = user;
  return (
    <>
      <div class="row wrap">
        <h1 class="foreign">{username}</h1>
        <UserState user={user} />
      </div>
      <p class="soft foreign">
        {[user.first_name, user.last_name ?? ""].join(" ").trim()} · {t("users.since", { when: formatTime(user.created_at) })}
      </p>
      <div class="pair-of-cards">
        <Grants username={username} />
        <section class="card" aria-label={t("users.sessions")}>
          <div class="head">
            <h2>{t("users.sessions")}</h2>
          </div>
          <div class="body">
            <SessionList username={username} />
          </div>
        </section>
      </div>
      <Actions user={user} onChange={onChange} />
    </>
  );
}

function Grants({ username }: { username: string }) {
  const { value, error, reload } = useRead(signal => readRights(username, signal), [username]);
  return (
    <section class="card" aria-label={t("users.grants")}>
      <div class="head">
        <h2>{t("users.grants")}</h2>
      </div>
      <div class="body stack">
        {error !== null && <ProblemNote error={error} onRetry={reload} />}
        {value === undefined ? (
          error === null && <Spinner />
        ) : (
          <>
            <GrantEditor kind="user" name={username} grants={value.own} onChange={reload} />
            {Object.entries(value.by_group).map(([group, grants]) => (
              <div key={group} class="stack">
                <h3>
                  {t("users.by_group")}{" "}
                  <a class="foreign" href={href(fill("/-/administer/groups/:group", { group }))}>
                    {group}
                  </a>
                </h3>
                {grants.length === 0 ? (
                  <p class="soft">{t("grant.none")}</p>
                ) : (
                  <ul class="entries">
                    {grants.map(grant => (
                      <li key={grant}>
                        <Grant grant={grant} />
                      </li>
                    ))}
                  </ul>
                )}
              </div>
            ))}
          </>
        )}
      </div>
    </section>
  );
}

function Actions({ user, onChange }: { user: User; onChange: () => void }) {
  const { account } = useSession();
  const { username: name } = user;
  const isOneself = user.id === account.id;
  const act = async (
    kind: "disable" | "enable" | "promote" | "demote" | "unlock" | "factors" | "delete",
    run: () => Promise<void>,
  ) => {
    const isHarmless = kind === "enable" || kind === "unlock";
    const isDone = await confirm({
      title: t(`users.${kind}.title`, { name }),
      text: t(`users.${kind}.text`),
      action: t(`users.${kind}`),
      danger: !isHarmless,
      run,
    });
    if (isDone) {
      announce(t(`users.${kind}.done`, { name }));
      if (kind === "delete") {
        await navigate(USERS);
      } else {
        onChange();
      }
    }
  };
  const button = (icon: IconName, danger: boolean, ...[kind, run]: Parameters<typeof act>) => (
    <Button icon={icon} kind={danger ? "danger" : "normal"} onClick={() => void act(kind, run)}>
      {t(`users.${kind}`)}
    </Button>
  );
  return (
    <section class="card" aria-label={t("users.actions")}>
      <div class="head">
        <h2>{t("users.actions")}</h2>
      </div>
      <div class="body stack">
        <div class="danger-zone">
          {button("key", false, "unlock", () => unlockUser(name))}
          {button("device", true, "factors", () => removeFactors(name))}
          {user.role === "member"
            ? button("shield", true, "promote", () => changeUser(name, { role: "administrator" }))
            : button("shield", true, "demote", () => changeUser(name, { role: "member" }))}
          {user.is_enabled
            ? button("pause", true, "disable", () => changeUser(name, { is_enabled: false }))
            : button("play", false, "enable", () => changeUser(name, { is_enabled: true }))}
          {button("trash", true, "delete", () => deleteUser(name))}
        </div>
        {isOneself && <p class="soft">{t("users.oneself")}</p>}
      </div>
    </section>
  );
}
