import { useEffect, useState } from "preact/hooks";

import type { PageProps } from "..";
import type { Content } from "../../api/pairs";
import { t } from "../../i18n";
import { useShortcut } from "../../keyboard";
import { fill, href, navigate, place } from "../../router";
import { useSession } from "../../session";
import { Button, EmptyState, Foreign, Icon, ProblemNote, Spinner } from "../../ui";
import { Crumbs, toLevel } from "../browse/crumbs";
import { Editing } from "./editing";
import { askToRemove } from "./decisions";
import { Expiry } from "./expiry";
import { PairFacts } from "./facts";
import { usePair } from "./use-pair";
import { ValueView } from "./value-view";
import "./pair.css";

const NOTHING: Content = { kind: "json", text: "" };

/** A pair: to read it, and, where that is asked for, to change it. */
export default function PairPage({ params }: PageProps) {
  const { namespace = "", key = "" } = params;
  return <Pair key={`${namespace}/${key}`} namespace={namespace} name={key} />;
}

function Pair({ namespace, name }: { namespace: string; name: string }) {
  const { can } = useSession();
  const { pair, error, reload } = usePair(namespace, name);
  const [isEditing, setEditing] = useState(false);
  const [isExpiring, setExpiring] = useState(false);
  const mayWrite = can("write", namespace, name);
  const isAsked = place.value.search.get("edit") === "1";
  const past = fill("/-/history/:namespace/:key", { namespace, key: name });
  const above = name.slice(0, name.lastIndexOf("/") + 1);
  useEffect(() => {
    if (pair === null && isAsked && mayWrite) {
      setEditing(true);
    }
  }, [pair === null, isAsked]);
  useShortcut("e", "pair.edit", () => setEditing(true), { when: mayWrite && !isEditing && pair !== undefined });
  const mayExpire = mayWrite && !isEditing && Boolean(pair);
  useShortcut("x", "pair.expiry.change", () => setExpiring(true), { when: mayExpire });
  useShortcut("h", "pair.history", () => void navigate(past), { when: !isEditing });
  useShortcut("u", "pair.up", () => void navigate(toLevel(namespace, above)), { when: !isEditing });
  const remove = async () => {
    if (pair && (await askToRemove(namespace, pair))) {
      void navigate(toLevel(namespace, above));
    }
  };
  return (
    <div class="page full pair">
      <Crumbs namespace={namespace} prefix={above} last={name.slice(above.length)} />
      <div class="row wrap">
        <h1 class="foreign mono">
          <Foreign text={name} />
        </h1>
        <span class="push row wrap">
          {!isEditing && mayWrite && pair !== undefined && (
            <Button kind="primary" icon="edit" onClick={() => setEditing(true)}>
              {pair === null ? t("pair.create") : t("pair.edit")}
            </Button>
          )}
          <a class="button" href={href(past)}>
            <Icon name="history" />
            {t("pair.history")}
          </a>
          {pair && !isEditing && <Download name={name} content={pair.content} />}
          {pair && !isEditing && mayWrite && (
            <Button kind="danger" icon="trash" onClick={() => void remove()}>
              {t("pair.delete")}
            </Button>
          )}
        </span>
      </div>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {pair && <PairFacts pair={pair} onExpiry={mayExpire ? () => setExpiring(true) : undefined} />}
      {pair && isExpiring && <Expiry namespace={namespace} pair={pair} onSaved={reload} onClose={() => setExpiring(false)} />}
      {isEditing ? (
        <Editing
          namespace={namespace}
          name={name}
          seen={pair ?? null}
          start={pair?.content ?? NOTHING}
          onSaved={reload}
          onEnd={() => setEditing(false)}
        />
      ) : pair ? (
        <section class="card value" aria-label={t("pair.value")}>
          <ValueView content={pair.content} />
        </section>
      ) : (
        error === null && (pair === null ? <Absent mayWrite={mayWrite} /> : <Spinner />)
      )}
    </div>
  );
}

function Absent({ mayWrite }: { mayWrite: boolean }) {
  return (
    <EmptyState icon="file" title={t("pair.absent.title")}>
      <p>{mayWrite ? t("pair.absent.text") : t("pair.absent.read_only")}</p>
    </EmptyState>
  );
}

function Download({ name, content }: { name: string; content: Content }) {
  const save = () => {
    const type = content.kind === "json" ? "application/json" : content.mediaType;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content.kind === "json" ? content.text : content.bytes], { type }));
    link.download = (name.split("/").at(-1) ?? name) + (content.kind === "json" ? ".json" : "");
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Button icon="file" onClick={save}>
      {t("pair.download")}
    </Button>
  );
}
