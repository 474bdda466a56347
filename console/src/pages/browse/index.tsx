import { useEffect, useState } from "preact/hooks";

import type { PageProps } from "..";
import { t } from "../../i18n";
import { useCommand, useShortcut } from "../../keyboard";
import { recall, remember } from "../../preferences";
import { navigate, place } from "../../router";
import { useSession } from "../../session";
import { Button, Field } from "../../ui";
import { Crumbs, toLevel } from "./crumbs";
import { Facts, useSize } from "./facts";
import { Keys } from "./keys";
import { NewPair } from "./new-pair";
import { ProgressDialog } from "./progress";
import type { Query } from "./use-listing";
import "./browse.css";

type Mode = "contains" | "begins" | "from";

/** The keys of a namespace: as a tree by `/` or as a list, searched, sorted, chosen. */
export default function Browse({ params }: PageProps) {
  const namespace = params["namespace"] ?? "";
  return <Namespace key={namespace} namespace={namespace} />;
}

function Namespace({ namespace }: { namespace: string }) {
  const { can, scopes } = useSession();
  const { search } = place.value;
  const prefix = search.get("prefix") ?? (can("read", namespace) ? "" : findPrefix(scopes, namespace));
  const [isTree, setTree] = useState(recall("browse.view") !== "list");
  const [reverse, setReverse] = useState(false);
  const [typed, setTyped] = useState(search.get("search") ?? "");
  const [mode, setMode] = useState<Mode>("contains");
  const [isNew, setNew] = useState(false);
  const from = mode === "from" && typed !== "" ? prefix + typed : "";
  const query: Query = {
    prefix: mode === "begins" ? prefix + typed : prefix,
    isTree: isTree && (typed === "" || (from !== "" && !reverse)),
    contains: mode === "contains" ? typed : "",
    from,
    reverse,
  };
  const size = useSize(namespace);
  const lookFor = (as: Mode) => {
    setMode(as);
    document.querySelector<HTMLInputElement>(".browse input[type=search]")?.focus();
  };
  const view = (tree: boolean) => {
    setTree(tree);
    remember("browse.view", tree ? "tree" : "list");
  };
  const open = (to: string) => {
    setTyped("");
    void navigate(toLevel(namespace, to));
  };
  const mayWrite = can("write", namespace, { anything: true });
  useEffect(() => setTyped(place.peek().search.get("search") ?? ""), [prefix]);
  useShortcut("/", "browse.search", () => lookFor(mode === "from" ? "contains" : mode));
  useShortcut("f", "browse.go_to", () => lookFor("from"));
  useShortcut("n", "browse.new", () => setNew(true), { when: mayWrite });
  useShortcut("v", isTree ? "browse.as_list" : "browse.as_tree", () => view(!isTree));
  useShortcut("r", "browse.reverse", () => setReverse(!reverse));
  useCommand("transfer.title", () => void navigate(`/-/transfer/${namespace}`));
  return (
    <div class="page full browse">
      <div class="row wrap">
        <h1 class="foreign">{namespace}</h1>
        <Facts namespace={namespace} size={size} />
        {mayWrite && (
          <Button class="push" kind="primary" icon="plus" onClick={() => setNew(true)}>
            {t("browse.new")}
          </Button>
        )}
      </div>
      <div class="tools">
        <Field
          label={t("browse.search")}
          type="search"
          value={typed}
          onValue={setTyped}
          spellcheck={false}
          autocomplete="off"
          maxLength={512}
        />
        <Field kind="select" label={t("browse.mode")} value={mode} onValue={value => setMode(value as Mode)}>
          <option value="contains">{t("browse.mode.contains")}</option>
          <option value="begins">{t("browse.mode.begins")}</option>
          <option value="from">{t("browse.mode.from")}</option>
        </Field>
        <div class="row" role="group" aria-label={t("browse.view")}>
          <Button icon="folder" aria-pressed={isTree} onClick={() => view(true)}>
            {t("browse.tree")}
          </Button>
          <Button icon="list" aria-pressed={!isTree} onClick={() => view(false)}>
            {t("browse.list")}
          </Button>
          <Button title={t("browse.reverse")} aria-pressed={reverse} onClick={() => setReverse(!reverse)}>
            {reverse ? "Z–A" : "A–Z"}
          </Button>
        </div>
      </div>
      <Crumbs namespace={namespace} prefix={prefix} onOpen={open} />
      <Keys
        key={JSON.stringify([prefix, query.isTree])}
        namespace={namespace}
        query={query}
        total={prefix === "" ? size?.pairs : undefined}
        onOpen={open}
        onUp={() => prefix !== "" && open(parentOf(prefix))}
        onNew={mayWrite ? () => setNew(true) : undefined}
      />
      <ProgressDialog />
      {isNew && <NewPair namespace={namespace} prefix={prefix} onClose={() => setNew(false)} />}
    </div>
  );
}

function parentOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/", prefix.length - 2) + 1);
}

/** Returns the first prefix that a user with rights on some keys alone may list. */
function findPrefix(scopes: readonly string[], namespace: string): string {
  const found = scopes.find(
    scope => /^(read|admin):/.test(scope) && scope.slice(scope.indexOf(":") + 1).startsWith(`${namespace}/`),
  );
  const keys = found?.slice(found.indexOf("/") + 1).replace(/\*$/, "") ?? "";
  try {
    return decodeURIComponent(keys);
  } catch {
    return keys;
  }
}
