import { useMemo, useState } from "preact/hooks";

import { t } from "../i18n";
import { fill, navigate, toNamespace, toPair } from "../router";
import { namespaces, presentNamespace } from "../shell/namespaces";
import { offeredPages } from "../shell/offered";
import { Dialog, Icon, type IconName } from "../ui";
import { commands } from "./commands";
import { Keys } from "./keys";
import { rank } from "./ranking";
import { shortcuts } from "./shortcuts";

interface Entry {
  id: string;
  group: string;
  text: string;
  icon: IconName;
  keys?: string;
  run: () => void;
}

const MAX_SHOWN = 50;

/** A field in which one types where to go or what to do (ARIA Authoring Practices: combobox with a list). */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(collect, []);
  const found = useMemo(() => search(all, typed), [all, typed]);
  const choose = (entry: Entry | undefined) => {
    if (entry !== undefined) {
      onClose();
      entry.run();
    }
  };
  const move = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(found.length - 1, to)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(found[at]);
    }
  };
  return (
    <Dialog title={t("palette.title")} onClose={onClose} hideTitle class="palette">
      <div class="typed">
        <Icon name="search" />
        <input
          role="combobox"
          aria-label={t("palette.title")}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${at}` : undefined}
          autocomplete="off"
          spellcheck={false}
          autofocus
          placeholder={t("palette.placeholder")}
          value={typed}
          onInput={event => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={move}
        />
        <kbd>Esc</kbd>
      </div>
      <ul role="listbox" id="palette-list" aria-label={t("palette.title")}>
        {found.map((entry, position) => (
          <li
            key={entry.id}
            id={`palette-${position}`}
            role="option"
            aria-selected={position === at}
            ref={element => {
              if (position === at) {
                element?.scrollIntoView({ block: "nearest" });
              }
            }}
            onPointerMove={() => setAt(position)}
            onClick={() => choose(entry)}
          >
            <Icon name={entry.icon} />
            <span class="foreign one-line">{entry.text}</span>
            <span class="push faint small">{entry.keys === undefined ? entry.group : <Keys keys={entry.keys} />}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="none soft">{t("palette.none")}</p>}
    </Dialog>
  );
}

function collect(): Entry[] {
  const namespace = presentNamespace.peek();
  const pages = offeredPages(namespace).map(({ page, title }): Entry => ({
    id: `page ${page.path}`,
    group: t("palette.pages"),
    text: title,
    icon: page.icon,
    run: () => void navigate(fill(page.path, { namespace })),
  }));
  const names = (namespaces.peek() ?? []).map(({ name }): Entry => ({
    id: `namespace ${name}`,
    group: t("palette.namespaces"),
    text: name,
    icon: "database",
    run: () => void navigate(toNamespace(name)),
  }));
  const acts = [...shortcuts.peek(), ...commands.peek()]
    .filter(({ title }) => !["shortcuts.palette", "shortcuts.go"].includes(title))
    .map((one, position): Entry => {
      const keys = "keys" in one ? { keys: String(one.keys) } : {};
      return {
        id: `command ${position}`,
        group: t("palette.commands"),
        text: t(one.title, one.values),
        icon: "right",
        run: one.run,
        ...keys,
      };
    });
  return [...pages, ...names, ...acts];
}

function search(all: Entry[], typed: string): Entry[] {
  const ranked = all
    .map(entry => ({ entry, score: rank(entry.text, typed) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MAX_SHOWN)
    .map(({ entry }) => entry);
  const namespace = presentNamespace.peek();
  if (typed.trim() === "" || namespace === "") {
    return ranked;
  }
  const toKey: Entry = {
    id: "key",
    group: t("shell.namespace"),
    text: t("palette.open_key", { key: typed, namespace }),
    icon: "file",
    run: () => void navigate(toPair(namespace, typed)),
  };
  return [...ranked, toKey];
}
