import { endSessions, listSessions, type UserSession } from "../../../api/users";
import { useRead } from "../../../api/use-read";
import { formatRelative, formatTime, t } from "../../../i18n";
import { announce, Button, confirm, ProblemNote, Spinner, Table } from "../../../ui";

/** The sessions of a user, to end one or all of them. */
export function SessionList({ username }: { username: string }) {
  const { value, error, isReading, reload } = useRead(signal => listSessions(username, signal), [username]);
  const end = async (session?: UserSession) => {
    const isEnded = await confirm({
      title: t(session === undefined ? "sessions.end_all.title" : "sessions.end.title"),
      text: t(session === undefined ? "sessions.end_all.text" : session.is_current ? "sessions.end.own" : "sessions.end.text", {
        name: username,
        count: value?.length ?? 0,
      }),
      action: t(session === undefined ? "sessions.end_all" : "sessions.end"),
      danger: true,
      run: () => endSessions(username, session?.id),
    });
    if (isEnded) {
      announce(t("sessions.ended", { name: username }));
      reload();
    }
  };
  if (error !== null) {
    return <ProblemNote error={error} onRetry={reload} />;
  }
  if (value === undefined) {
    return isReading ? <Spinner /> : null;
  }
  if (value.length === 0) {
    return <p class="soft">{t("sessions.none", { name: username })}</p>;
  }
  return (
    <div class="stack">
      <Table
        label={t("sessions.of", { name: username })}
        rows={value}
        keyOf={session => session.id}
        columns={[
          {
            title: t("sessions.device"),
            cell: session => (
              <span class="two-lines">
                <span class="foreign">
                  {session.user_agent || t("sessions.unknown")}{" "}
                  {session.is_current && <span class="badge accent">{t("sessions.this")}</span>}
                </span>
                <span class="small soft mono">{session.address}</span>
              </span>
            ),
          },
          { title: t("sessions.used"), cell: session => <When moment={session.last_used_at} /> },
          { title: t("sessions.began"), cell: session => <When moment={session.created_at} /> },
          { title: t("sessions.expires"), cell: session => <When moment={session.expires_at} /> },
          {
            title: t("administer.action"),
            class: "number",
            cell: session => (
              <Button size="small" kind="danger" onClick={() => void end(session)}>
                {t("sessions.end")}
              </Button>
            ),
          },
        ]}
      />
      <div class="row">
        <Button class="push" kind="danger" icon="exit" onClick={() => void end()}>
          {t("sessions.end_all")}
        </Button>
      </div>
    </div>
  );
}

/** How long ago something was, with the moment itself for those who point at it. */
export function When({ moment }: { moment: string }) {
  return (
    <time dateTime={moment} title={formatTime(moment, { dateStyle: "medium", timeStyle: "medium" })} class="nowrap">
      {formatRelative(moment)}
    </time>
  );
}
