import { useEffect, useRef, useState } from "preact/hooks";

import { readPair, writePair, type Content, type StoredPair, type TimeToLive } from "../../api/pairs";
import { Problem } from "../../api/problem";
import { CodeView } from "../../code/code-view";
import { t } from "../../i18n";
import { useShortcut } from "../../keyboard";
import { guardLeaving } from "../../router";
import { announce, Button, confirm, Field, Icon, ProblemNote } from "../../ui";
import { Conflict } from "./conflict";
import { asText, findFault, textOf, withText } from "./content";
import { Format } from "./format";

interface Props {
  namespace: string;
  name: string;
  /** The pair as it is now, as far as the page knows; null: there is none. */
  seen: StoredPair | null;
  start: Content;
  onSaved: () => void;
  onEnd: () => void;
}

type Expiry = "keep" | "default" | "never" | "seconds";

/** Changes a value. It is saved only on top of what the user has seen: otherwise both versions are shown, and the user decides. */
export function Editing({ namespace, name, seen, start, onSaved, onEnd }: Props) {
  const [base, setBase] = useState(seen);
  const [content, setContent] = useState(start);
  const [saved, setSaved] = useState(start);
  const [expiry, setExpiry] = useState<Expiry>(seen === null ? "default" : "keep");
  const [seconds, setSeconds] = useState("3600");
  /** How often the value has been replaced by something else than typing. */
  const [turn, setTurn] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  /** What somebody else has made of the pair, while the user decides; undefined: nothing is to be decided. */
  const [theirs, setTheirs] = useState<StoredPair | null | undefined>(undefined);
  const isDirty = textOf(content) !== textOf(saved) || content.kind !== saved.kind;
  const fault = content.kind === "json" ? findFault(content.text) : null;
  const isOvertaken = theirs === undefined && !isBusy && (seen?.revision ?? 0) !== (base?.revision ?? 0);

  const lifetime = (): TimeToLive => {
    const until = base?.expires_at ?? null;
    const kept = until === null ? null : Math.max(0.001, (new Date(until).getTime() - Date.now()) / 1000);
    return { keep: kept, default: undefined, never: null, seconds: Number(seconds) }[expiry];
  };
  /** Writes on top of a version that was seen (null: of nothing). */
  const save = async (written: Content, over: StoredPair | null) => {
    setBusy(true);
    setError(null);
    try {
      const revision = await writePair(namespace, name, written, over?.revision ?? null, lifetime());
      setSaved(written);
      setContent(written);
      setTheirs(undefined);
      setExpiry("keep");
      const fresh = await readPair(namespace, name);
      // Only this revision was seen: a later one is somebody else's.
      setBase(fresh?.revision === revision ? fresh : over === null || fresh === null ? fresh : { ...over, revision });
      announce(t("pair.saved", { revision: String(revision) }));
      onSaved();
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.status === 412) {
        setTheirs(await readPair(namespace, name));
      } else {
        setError(thrown);
      }
    }
    setBusy(false);
  };
  const maySave = !isBusy && fault === null && theirs === undefined;
  const saveNow = () => maySave && void save(content, base);
  const end = async () => {
    if (!isDirty || (await askToLeave())) {
      onEnd();
    }
  };
  const take = () => {
    const taken: Content = theirs?.content ?? { kind: "json", text: "" };
    setTheirs(undefined);
    setBase(theirs ?? null);
    setContent(taken);
    setSaved(taken);
    onSaved();
  };
  useShortcut("Mod+s", "pair.save", saveNow);
  const dirty = useRef(isDirty);
  dirty.current = isDirty;
  useEffect(() => (isDirty ? guardLeaving(() => !dirty.current || askToLeave()) : undefined), [isDirty]);

  if (theirs !== undefined) {
    return (
      <Conflict
        mine={content}
        theirs={theirs}
        isBusy={isBusy}
        error={error}
        onSave={merged => void save(merged, theirs)}
        onTake={take}
        onBack={() => setTheirs(undefined)}
      />
    );
  }
  const text = content.kind === "json" ? content.text : asText(content.mediaType, content.bytes);
  return (
    <section class="card value editing" aria-label={t("pair.editing")}>
      <div class="head row wrap">
        <Format
          content={content}
          onChange={chosen => {
            setContent(chosen);
            setTurn(turn + 1);
          }}
        />
        <Field kind="select" label={t("pair.expires")} value={expiry} onValue={value => setExpiry(value as Expiry)}>
          {(["keep", "default", "never", "seconds"] as const)
            .filter(one => one !== "keep" || base !== null)
            .map(one => (
              <option key={one} value={one}>
                {t(`pair.expiry.${one}`)}
              </option>
            ))}
        </Field>
        {expiry === "seconds" && (
          <Field label={t("pair.expiry.in")} type="number" min={0.001} step="any" value={seconds} onValue={setSeconds} />
        )}
        <span class="push row">
          {isDirty && <span class="badge warn">{t("pair.unsaved")}</span>}
          <Button onClick={() => void end()}>{t("pair.done")}</Button>
          <Button kind="primary" icon="save" busy={isBusy} disabled={!maySave} onClick={saveNow}>
            {t("pair.save")}
          </Button>
        </span>
      </div>
      {error !== null && <ProblemNote error={error} />}
      {isOvertaken && (
        <div class="note warn" role="status">
          <Icon name="warning" />
          <div class="text">{t("pair.overtaken")}</div>
          <Button size="small" onClick={() => setTheirs(seen)}>
            {t("pair.compare")}
          </Button>
        </div>
      )}
      {fault !== null && textOf(content) !== "" && (
        <div class="small fault" role="status">
          {t("pair.invalid", { reason: fault })}
        </div>
      )}
      {text !== null ? (
        <CodeView
          key={turn}
          label={t("pair.value")}
          text={text}
          language={content.kind === "json" ? "json" : "text"}
          onText={now => setContent(before => withText(before, now))}
        />
      ) : (
        <p class="soft by-file">{t("pair.bytes_by_file")}</p>
      )}
    </section>
  );
}

function askToLeave(): Promise<boolean> {
  return confirm({ title: t("pair.leave.title"), text: t("pair.leave.text"), action: t("pair.leave.action"), danger: true });
}
