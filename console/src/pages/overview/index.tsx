import { useEffect, useState } from "preact/hooks";

import { t } from "../../i18n";
import { useShortcut } from "../../keyboard";
import { useRecentChanges } from "../../live/recent";
import { fill, href } from "../../router";
import { useSession } from "../../session";
import { allowsCreation } from "../../session/rights";
import { Lazy } from "../../shell/lazy";
import { namespaces, namespacesError, presentNamespace, readNamespaces } from "../../shell/namespaces";
import { Button, CommandLine, EmptyState, ProblemNote, Spinner } from "../../ui";
import { ChangeRow } from "../../ui/change-row";
import { NamespaceCard } from "./namespace-card";
import "./overview.css";

const RECENT = 12;

export default function Overview() {
  const all = namespaces.value;
  const { scopes } = useSession();
  const [isNew, setNew] = useState(false);
  const mayCreate =
    all !== null &&
    allowsCreation(
      scopes,
      all.map(({ name }) => name),
    );
  useShortcut("n", "overview.new", () => setNew(true), { when: mayCreate });
  useEffect(() => {
    if (namespaces.peek() !== null) {
      void readNamespaces(); // at the start, they are being read already
    }
  }, []);
  if (all === null) {
    return namespacesError.value === null ? (
      <Spinner />
    ) : (
      <ProblemNote error={namespacesError.value} onRetry={() => void readNamespaces()} />
    );
  }
  return (
    <div class="page overview">
      <div class="row wrap">
        <h1>{t("overview.title")}</h1>
        {mayCreate && (
          <Button class="push" kind="primary" icon="plus" onClick={() => setNew(true)}>
            {t("overview.new")}
          </Button>
        )}
      </div>
      {isNew && <Lazy load={() => import("../settings/new-namespace")} props={{ onClose: () => setNew(false) }} />}
      {all.length === 0 ? (
        <NoNamespaces />
      ) : (
        <>
          <section aria-labelledby="overview-namespaces">
            <h2 id="overview-namespaces">
              {t("overview.namespaces")} <span class="badge">{all.length}</span>
            </h2>
            <ul class="cards">
              {all.map(one => (
                <li key={one.name}>
                  <NamespaceCard namespace={one} />
                </li>
              ))}
            </ul>
          </section>
          <RecentChanges />
        </>
      )}
    </div>
  );
}

function RecentChanges() {
  const namespace = presentNamespace.value;
  const { can } = useSession();
  return can("read", namespace) ? <Recent key={namespace} namespace={namespace} /> : null;
}

function Recent({ namespace }: { namespace: string }) {
  const { changes, error, isReading } = useRecentChanges(namespace, { first: RECENT, most: RECENT });
  return (
    <section class="card" aria-labelledby="overview-recent">
      <div class="head">
        <h2 id="overview-recent">{t("overview.recent")}</h2>
        <span class="badge accent foreign">{namespace}</span>
        <a class="push" href={href(fill("/-/changes/:namespace", { namespace }))}>
          {t("overview.recent.all")}
        </a>
      </div>
      {error !== null && <ProblemNote error={error} />}
      {isReading && <Spinner />}
      {changes.length > 0 && (
        <div role="list">
          {changes.map(change => (
            <ChangeRow key={change.revision} namespace={namespace} change={change} />
          ))}
        </div>
      )}
      {!isReading && error === null && changes.length === 0 && (
        <EmptyState icon="changes" title={t("overview.recent.none.title")}>
          <p>{t("overview.recent.none.text")}</p>
          <CommandLine text={`kv put -n ${namespace} greeting hello`} />
        </EmptyState>
      )}
    </section>
  );
}

function NoNamespaces() {
  const { account } = useSession();
  return (
    <EmptyState icon="database" title={t("overview.empty.title")}>
      <p>{t("overview.empty.text")}</p>
      <CommandLine text={`authorization-service grants give read:default --user ${account.username}`} />
    </EmptyState>
  );
}
