import { useRef, useState } from "preact/hooks";

import type { PageProps } from "..";
import { layOut } from "../../api/exact";
import { decodeBinary, listKeys, readHistory, type PastChange } from "../../api/pairs";
import { useRead } from "../../api/use-read";
import { CompareView } from "../../code/compare-view";
import { formatBytes, t } from "../../i18n";
import { useChanges } from "../../live";
import { href, toPair } from "../../router";
import { useSession } from "../../session";
import { Button, EmptyState, Foreign, ProblemNote, Spinner } from "../../ui";
import { KindBadge } from "../../ui/change-row";
import { Crumbs } from "../browse/crumbs";
import { asText } from "../pair/content";
import { askToRestore } from "../pair/decisions";
import "../pair/pair.css";
import "./history.css";

/** What a pair was: any two of its values side by side, and each of them to be restored. */
export default function HistoryPage({ params }: PageProps) {
  const { namespace = "", key = "" } = params;
  return <History key={`${namespace}/${key}`} namespace={namespace} name={key} />;
}

const PART = 200;

interface Past {
  changes: PastChange[];
  /** Whether earlier ones are kept, too. */
  hasMore: boolean;
  /** The revision of the pair as it is now; null: there is none. */
  present: number | null;
}

async function readPast(namespace: string, name: string, most: number, signal: AbortSignal): Promise<Past> {
  const past = await readHistory(namespace, name, most, signal);
  const [found] = (await listKeys(namespace, { prefix: name, start: name, limit: 1 }, signal)).items;
  return { ...past, present: found?.key === name ? found.revision : null };
}

function History({ namespace, name }: { namespace: string; name: string }) {
  const most = useRef(PART);
  const { value, error, isReading, reload } = useRead(
    signal => readPast(namespace, name, most.current, signal),
    [namespace, name],
  );
  const readMore = () => {
    most.current += PART;
    reload();
  };
  useChanges(namespace, name, changes => changes.some(({ key }) => key === name) && reload(), { onLost: reload });
  const above = name.slice(0, name.lastIndexOf("/") + 1);
  return (
    <div class="page full history">
      <Crumbs namespace={namespace} prefix={above} last={name.slice(above.length)} />
      <div class="row wrap">
        <h1 class="foreign mono">
          <Foreign text={name} />
        </h1>
        <a class="button push" href={href(toPair(namespace, name))}>
          {t("history.present")}
        </a>
      </div>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {value === undefined ? (
        error === null && <Spinner />
      ) : value.changes.length === 0 ? (
        <EmptyState icon="history" title={t("history.none.title")}>
          <p>{t("history.none.text")}</p>
        </EmptyState>
      ) : (
        <Versions namespace={namespace} name={name} past={value} isReading={isReading} onMore={readMore} />
      )}
    </div>
  );
}

interface VersionsProps {
  namespace: string;
  name: string;
  past: Past;
  isReading: boolean;
  onMore: () => void;
}

function Versions({ namespace, name, past, isReading, onMore }: VersionsProps) {
  const { can } = useSession();
  const { changes, hasMore, present } = past;
  const [older, setOlder] = useState<number | null>(null);
  const [newer, setNewer] = useState<number | null>(null);
  const right = changes.find(({ revision }) => revision === newer) ?? changes[0];
  const left = changes.find(({ revision }) => revision === older) ?? changes[1] ?? changes[0];
  const mayWrite = can("write", namespace, name);
  const restore = (past: PastChange) => void askToRestore(namespace, name, past.revision, side(past), present);
  return (
    <div class="versions">
      <section class="card list" aria-label={t("history.changes")}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("history.left")}</th>
              <th scope="col">{t("history.right")}</th>
              <th scope="col">{t("changes.revision")}</th>
              <th scope="col">{t("changes.kind")}</th>
              <th scope="col">{t("history.action")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ revision, kind, ...rest }) => (
              <tr key={revision}>
                {([left, right] as const).map((chosen, side) => (
                  <td key={side}>
                    <input
                      type="radio"
                      name={side === 0 ? "older" : "newer"}
                      checked={chosen?.revision === revision}
                      aria-label={t(side === 0 ? "history.choose_left" : "history.choose_right", { revision: String(revision) })}
                      onChange={() => (side === 0 ? setOlder(revision) : setNewer(revision))}
                    />
                  </td>
                ))}
                <td class="mono">{revision}</td>
                <td>
                  <KindBadge kind={kind} />
                </td>
                <td>
                  {kind === "written" && revision !== present && mayWrite && (
                    <Button
                      size="small"
                      icon="history"
                      aria-label={t("history.restore.title", { revision: String(revision) })}
                      onClick={() => restore({ revision, kind, ...rest })}
                    >
                      {t("history.restore")}
                    </Button>
                  )}
                  {revision === present && <span class="badge good">{t("history.now")}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {hasMore && (
          <div class="more">
            <Button busy={isReading} onClick={onMore}>
              {t("history.more")}
            </Button>
          </div>
        )}
      </section>
      {left !== undefined && right !== undefined && (
        <section class="card value" aria-label={t("history.difference")}>
          <CompareView left={side(left)} right={side(right)} language="json" />
        </section>
      )}
    </div>
  );
}

function side({ revision, kind, value, binary }: PastChange) {
  const title = t("history.version", { revision: String(revision) });
  if (binary !== undefined) {
    const bytes = decodeBinary(binary);
    const text = asText(binary.media_type, bytes);
    return {
      title: `${title} · ${binary.media_type} · ${formatBytes(bytes.length)}`,
      text: text ?? binary.base64.replace(/.{64}/g, "$&\n"),
    };
  }
  const missing = `${title} · ${t(`changes.kind.${kind}`)}`;
  return kind === "written" ? { title, text: layOut(JSON.stringify(value)) } : { title: missing, text: "" };
}
