import { formatBytes, formatTime, t } from "../i18n";
import type { Change } from "../live";
import { href, toPair } from "../router";
import { Foreign } from "./foreign";

const KINDS = { written: "good", deleted: "bad", expired: "warn" } as const;
const MAX_SHOWN = 160;

/** What kind of change it was. */
export function KindBadge({ kind }: { kind: Change["kind"] }) {
  return <span class={`badge ${KINDS[kind]}`}>{t(`changes.kind.${kind}`)}</span>;
}

/** One change in a row of a list: what happened, to which key, the beginning of its value, and when this page learned of it. */
export function ChangeRow({ namespace, change }: { namespace: string; change: Change }) {
  return (
    <div class="change-row" role="listitem">
      <KindBadge kind={change.kind} />
      <a class="key one-line mono" href={href(toPair(namespace, change.key))}>
        <Foreign text={change.key} />
      </a>
      <span class="value one-line mono soft">
        <Foreign text={abbreviate(change)} />
      </span>
      <span class="seen faint small">{change.seenAt > 0 ? formatTime(change.seenAt, { timeStyle: "medium" }) : ""}</span>
      <span class="revision faint small mono">{change.revision}</span>
    </div>
  );
}

/** Returns the beginning of the value that a change has written, on one line. */
export function abbreviate({ kind, value, binary }: Change): string {
  if (binary !== undefined) {
    return `${binary.media_type} · ${formatBytes(Math.floor((binary.base64.length * 3) / 4))}`;
  }
  const text = kind === "written" ? JSON.stringify(value) : "";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
