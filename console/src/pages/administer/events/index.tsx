import { useState } from "preact/hooks";

import { listEvents, type AuditEvent } from "../../../api/audit";
import { usePages } from "../../../api/pages";
import { formatTime, t } from "../../../i18n";
import { useShortcut } from "../../../keyboard";
import { fill, href } from "../../../router";
import { useSession } from "../../../session";
import { Button, EmptyState, Field } from "../../../ui";
import { PagedTable } from "../common/paged";
import { colourOf, isKnown, KINDS } from "./kinds";
import "../administer.css";

/** What has happened to users, sessions, groups, grants, clients and keys, the latest first. */
export default function Events() {
  const [kind, setKind] = useState("");
  const [typed, setTyped] = useState("");
  const [user, setUser] = useState("");
  const list = usePages((after, signal) => listEvents(kind, user, after, signal), [kind, user]);
  const { account } = useSession();
  // Events name who acted by id: the names of those that events on the page concern, and of who reads it, are known.
  const names = new Map([
    [account.id, account.username],
    ...list.entries.map(({ user_id: id, username }): [string, string] => [id ?? "", username ?? ""]),
  ]);
  useShortcut("r", "events.reload", list.reload);
  return (
    <div class="page administer">
      <div class="row wrap">
        <h1>{t("events.title")}</h1>
        <Button class="push" icon="refresh" onClick={list.reload} busy={list.isReading && list.entries.length > 0}>
          {t("events.reload")}
        </Button>
      </div>
      <form
        class="filters"
        onSubmit={event => {
          event.preventDefault();
          setUser(typed);
        }}
      >
        <Field kind="select" label={t("events.kind")} value={kind} onValue={setKind}>
          <option value="">{t("events.kind.all")}</option>
          {KINDS.map(one => (
            <option key={one} value={one}>
              {t(`event.${one}`)}
            </option>
          ))}
        </Field>
        <Field
          label={t("events.user")}
          type="search"
          value={typed}
          onValue={value => {
            setTyped(value.trim());
            if (value.trim() === "") {
              setUser("");
            }
          }}
          spellcheck={false}
          autocomplete="off"
        />
        <Button type="submit" icon="filter">
          {t("events.filter")}
        </Button>
      </form>
      <PagedTable
        label={t("events.title")}
        list={list}
        keyOf={event => event.number}
        columns={[
          {
            title: t("events.when"),
            cell: ({ occurred_at: moment, number }) => (
              <span class="two-lines">
                <time class="nowrap" dateTime={moment}>
                  {formatTime(moment, { dateStyle: "medium", timeStyle: "medium" })}
                </time>
                <span class="small faint mono">{String(number)}</span>
              </span>
            ),
          },
          {
            title: t("events.what"),
            cell: ({ type }) => <span class={`badge ${colourOf(type)}`}>{isKnown(type) ? t(`event.${type}`) : type}</span>,
          },
          { title: t("events.whom"), cell: event => <Whom event={event} /> },
          { title: t("events.details"), cell: event => <Members event={event} names={names} /> },
        ]}
        empty={
          <EmptyState icon="list" title={t("events.none")}>
            <p>{t("events.none.text")}</p>
          </EmptyState>
        }
      />
    </div>
  );
}

function Whom({ event: { username, user_id: id } }: { event: AuditEvent }) {
  return username === null ? (
    <span class="soft mono small">{id ?? "–"}</span>
  ) : (
    <a class="foreign" href={href(fill("/-/administer/users/:user", { user: username }))}>
      {username}
    </a>
  );
}

const COMMON = new Set(["number", "type", "user_id", "username", "occurred_at"]);

function Members({ event, names }: { event: AuditEvent; names: ReadonlyMap<string, string> }) {
  const members = Object.entries(event).filter(
    ([name, value]) => !COMMON.has(name) && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return (
    <span class="event-members small">
      {members.map(([name, value]) => (
        <span key={name}>
          <span class="soft">{name}</span>{" "}
          <code class="foreign">{(name === "by" && names.get(String(value))) || show(value)}</code>
        </span>
      ))}
    </span>
  );
}

function show(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : JSON.stringify(value);
}
