import { useMemo, useState } from "preact/hooks";

import { t } from "../../i18n";
import { useShortcut } from "../../keyboard";
import type { Change } from "../../live";
import { useRecentChanges } from "../../live/recent";
import type { PageProps } from "..";
import { Button, CommandLine, EmptyState, Field, Icon, ProblemNote, Spinner, VirtualList } from "../../ui";
import { ChangeRow } from "../../ui/change-row";
import { useNarrow } from "../../ui/narrow";
import "./changes.css";

const FIRST = 100;
const MOST = 5000;
const KINDS = ["all", "written", "deleted", "expired"] as const;

/** A namespace's changes as they happen. */
export default function Changes({ params }: PageProps) {
  const namespace = params["namespace"] ?? "";
  return <Stream key={namespace} namespace={namespace} />;
}

function Stream({ namespace }: { namespace: string }) {
  const [isPaused, setPaused] = useState(false);
  const [typed, setTyped] = useState("");
  const [kind, setKind] = useState<(typeof KINDS)[number]>("all");
  const recent = useRecentChanges(namespace, { first: FIRST, most: MOST, paused: isPaused });
  const { changes } = recent;
  const isNarrow = useNarrow();
  const shown = useMemo(() => changes.filter(change => isWanted(change, typed, kind)), [changes, typed, kind]);
  useShortcut("p", isPaused ? "changes.resume" : "changes.pause", () => setPaused(!isPaused));
  useShortcut("/", "changes.filter", () => document.querySelector<HTMLInputElement>(".changes input")?.focus());
  return (
    <div class="page full changes">
      <div class="row wrap">
        <h1>{t("changes.title")}</h1>
        <span class="badge accent foreign">{namespace}</span>
        <span class="push row">
          <Button icon={isPaused ? "play" : "pause"} aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? t("changes.resume") : t("changes.pause")}
          </Button>
          <Button kind="quiet" icon="close" disabled={changes.length === 0} onClick={recent.clear}>
            {t("changes.clear")}
          </Button>
        </span>
      </div>
      <div class="filters">
        <Field label={t("changes.filter")} type="search" value={typed} onValue={setTyped} spellcheck={false} autocomplete="off" />
        <Field kind="select" label={t("changes.kind")} value={kind} onValue={value => setKind(value as typeof kind)}>
          {KINDS.map(one => (
            <option key={one} value={one}>
              {t(`changes.kind.${one}`)}
            </option>
          ))}
        </Field>
      </div>
      {recent.error !== null && <ProblemNote error={recent.error} />}
      {isPaused && (
        <div class="note warn" role="status">
          <Icon name="pause" />
          <div class="text">{t("changes.paused", { count: recent.waiting })}</div>
        </div>
      )}
      {recent.hasGap && (
        <div class="note" role="status">
          <Icon name="info" />
          <div class="text">{t("changes.lost")}</div>
        </div>
      )}
      {recent.isReading ? (
        <Spinner />
      ) : (
        <section class="card list" aria-label={t("changes.of", { namespace })}>
          <div class="head small soft" role="status">
            {t("changes.shown", { count: shown.length })}
            {recent.hasEarlier && (
              <Button class="push" size="small" kind="quiet" icon="history" onClick={() => void recent.readEarlier()}>
                {t("changes.earlier")}
              </Button>
            )}
          </div>
          {shown.length > 0 && (
            <VirtualList
              role="list"
              tabIndex={0}
              aria-label={t("changes.of", { namespace })}
              count={shown.length}
              rowHeight={isNarrow ? 56 : 34}
              row={index => {
                const change = shown[index];
                return change && <ChangeRow key={change.revision} namespace={namespace} change={change} />;
              }}
            />
          )}
          {shown.length === 0 && (
            <EmptyState icon="changes" title={t("changes.none.title")}>
              {changes.length > 0 ? (
                <p>{t("changes.none.filtered", { count: changes.length })}</p>
              ) : (
                <>
                  <p>{t("changes.none.text")}</p>
                  <CommandLine text={`kv put -n ${namespace} greeting hello`} />
                </>
              )}
            </EmptyState>
          )}
        </section>
      )}
    </div>
  );
}

function isWanted(change: Change, typed: string, kind: string): boolean {
  return (kind === "all" || change.kind === kind) && change.key.toLowerCase().includes(typed.toLowerCase());
}
