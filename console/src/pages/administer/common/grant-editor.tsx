import { useState } from "preact/hooks";

import { setGrant, type HolderKind } from "../../../api/groups";
import { toProblem } from "../../../api/problem";
import { t } from "../../../i18n";
import type { Action } from "../../../session";
import { namespaces } from "../../../shell/namespaces";
import { announce, Button, confirm, Field, ProblemNote } from "../../../ui";
import { explainGrant, writeGrant } from "./grant-text";
import { Grant } from "./grant";

interface Props {
  kind: HolderKind;
  name: string;
  /** Those that are held directly. */
  grants: readonly string[];
  onChange: () => void;
}

const ACTIONS: Action[] = ["read", "write", "admin"];

/** The grants of a user or a group, to take and to give. */
export function GrantEditor({ kind, name, grants, onChange }: Props) {
  const take = async (grant: string) => {
    const isTaken = await confirm({
      title: t("grant.take.title"),
      text: t(kind === "user" ? "grant.take.user" : "grant.take.group", { name, grant }),
      action: t("grant.take"),
      danger: true,
      run: () => setGrant(kind, name, grant, false),
    });
    if (isTaken) {
      announce(t("grant.taken", { grant, name }));
      onChange();
    }
  };
  return (
    <div class="stack">
      {grants.length === 0 ? (
        <p class="soft">{t("grant.none")}</p>
      ) : (
        <ul class="entries">
          {grants.map(grant => (
            <li key={grant}>
              <Grant grant={grant} />
              <Button
                class="push"
                size="small"
                kind="quiet"
                icon="trash"
                label={t("grant.take.one", { grant })}
                onClick={() => void take(grant)}
              />
            </li>
          ))}
        </ul>
      )}
      <NewGrant {...{ kind, name, onChange }} />
    </div>
  );
}

function NewGrant({ kind, name, onChange }: Omit<Props, "grants">) {
  const [action, setAction] = useState<Action>("read");
  const [namespace, setNamespace] = useState("");
  const [keys, setKeys] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const grant = writeGrant({ action, namespace, keys: action === "admin" ? "" : keys });
  const said = namespace === "" ? null : explainGrant(grant);
  const give = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await setGrant(kind, name, grant, true);
      announce(t("grant.given", { grant, name }));
      setError(null);
      setNamespace("");
      setKeys("");
      onChange();
    } catch (thrown) {
      setError(toProblem(thrown));
    }
    setBusy(false);
  };
  const known = `namespaces-${kind}`;
  return (
    <form class="new-grant" onSubmit={event => void give(event)}>
      <Field kind="select" label={t("grant.action")} value={action} onValue={value => setAction(value as Action)}>
        {ACTIONS.map(one => (
          <option key={one} value={one}>
            {t(`grant.action.${one}`)}
          </option>
        ))}
      </Field>
      <Field
        label={t("grant.namespace")}
        value={namespace}
        onValue={value => setNamespace(value.trim())}
        {...{ list: known }}
        required
        spellcheck={false}
        autocomplete="off"
        placeholder="team-*"
      />
      <datalist id={known}>
        {(namespaces.value ?? []).map(one => (
          <option key={one.name} value={one.name} />
        ))}
      </datalist>
      <Field
        label={t("grant.keys")}
        value={action === "admin" ? "" : keys}
        onValue={setKeys}
        disabled={action === "admin"}
        spellcheck={false}
        autocomplete="off"
        placeholder={t("grant.keys.all")}
      />
      <Button type="submit" kind="primary" icon="plus" busy={isBusy} disabled={namespace === ""}>
        {t("grant.give")}
      </Button>
      <p class="said small soft foreign" aria-live="polite">
        {said === null ? t("grant.hint") : t(said.key, said.values)}
      </p>
      {error !== null && <ProblemNote error={error} />}
    </form>
  );
}
