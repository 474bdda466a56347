import { useCallback, useEffect, useId, useRef, useState } from "preact/hooks";

import { formatNumber, t } from "../../i18n";
import { useShortcut } from "../../keyboard";
import { navigate, toPair } from "../../router";
import { useSession } from "../../session";
import { Button, CommandLine, EmptyState, ProblemNote, Spinner, VirtualList } from "../../ui";
import { showRow } from "../../ui/virtual-list";
import type { Child } from "../../api/pairs";
import { Copy } from "./copy";
import { askToDelete } from "./delete";
import { Row } from "./row";
import { nameOf, useListing, type Listing, type Query } from "./use-listing";

const ROW_HEIGHT = 34;

interface Props {
  namespace: string;
  query: Query;
  /** How many keys there are in all; undefined where that is not known. */
  total: number | undefined;
  onOpen: (prefix: string) => void;
  onUp: () => void;
  onNew: (() => void) | undefined;
}

/** The rows of a namespace. Arrows move, Space chooses, Enter opens, Backspace goes up. */
export function Keys({ namespace, query, total, onOpen, onUp, onNew }: Props) {
  const { can } = useSession();
  const listing = useListing(namespace, query);
  const { rows } = listing;
  const [active, setActive] = useState(0);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Child>>(new Map());
  const [isCopying, setCopying] = useState(false);
  const last = useRef(0);
  const frame = useRef<HTMLElement>(null);
  const id = useId();
  const mayWrite = can("write", namespace, { anything: true });

  const choose = (index: number, isRange: boolean) => {
    const next = new Map(chosen);
    const row = rows[index];
    if (row === undefined) {
      return;
    }
    const isChosen = !next.has(nameOf(row));
    const [from, to] = isRange ? [Math.min(last.current, index), Math.max(last.current, index)] : [index, index];
    for (const one of rows.slice(from, to + 1)) {
      if (isChosen) {
        next.set(nameOf(one), one);
      } else {
        next.delete(nameOf(one));
      }
    }
    last.current = index;
    setChosen(next);
  };
  const move = (to: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    setActive(index);
    listing.readTo(index);
    const list = frame.current?.querySelector<HTMLElement>(".virtual-list");
    if (list) {
      showRow(list, index, rows.length, ROW_HEIGHT);
    }
  };
  const open = (child: Child | undefined) => {
    if (child !== undefined) {
      if ("prefix" in child) {
        onOpen(child.prefix);
      } else {
        void navigate(toPair(namespace, child.key));
      }
    }
  };
  const press = (event: KeyboardEvent) => {
    const page = Math.floor((frame.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1;
    const steps: Record<string, () => void> = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(active - 1),
      PageDown: () => move(active + page),
      PageUp: () => move(active - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      Enter: () => open(rows[active]),
      " ": () => choose(active, event.shiftKey),
      Backspace: onUp,
      Delete: () => mayWrite && chosen.size > 0 && remove(),
      Escape: () => setChosen(new Map()),
    };
    const step = event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      step();
    }
  };
  const selection = () => ({
    pairs: [...chosen.values()].flatMap(child => ("key" in child ? [child] : [])),
    prefixes: [...chosen.values()].flatMap(child => ("prefix" in child ? [child.prefix] : [])),
  });
  const remove = () => void askToDelete(namespace, selection()).then(isDone => isDone && setChosen(new Map()));
  // What rows call stays the same function, so that they are not rendered anew.
  const present = useRef({ choose, onOpen });
  present.current = { choose, onOpen };
  const chooseRow = useCallback((index: number, isRange: boolean) => {
    setActive(index);
    present.current.choose(index, isRange);
  }, []);
  const openRow = useCallback((prefix: string) => present.current.onOpen(prefix), []);
  const isSearching = query.contains !== "" && !listing.isComplete;
  const all = () => setChosen(new Map(rows.map(row => [nameOf(row), row])));
  useShortcut("Mod+a", "browse.choose_all", all, { when: rows.length > 0 });
  useEffect(() => frame.current?.querySelector<HTMLElement>(".virtual-list")?.focus(), []);

  return (
    <section class="card keys" ref={frame} data-search={listing.shown.contains}>
      <div class="head small">
        <span role="status" class="soft">
          {listing.isReading && rows.length === 0
            ? t("ui.loading")
            : t(listing.isComplete ? "browse.shown" : "browse.shown_so_far", { count: rows.length })}
        </span>
        {listing.isReading && rows.length > 0 && <span class="spinner" />}
        {isSearching && <Searched listing={listing} total={total} />}
        {chosen.size > 0 && (
          <span class="push row wrap">
            <b>{t("browse.chosen", { count: chosen.size })}</b>
            <Button size="small" icon="copy" onClick={() => setCopying(true)}>
              {t("browse.copy")}
            </Button>
            {mayWrite && (
              <Button size="small" kind="danger" icon="trash" onClick={remove}>
                {t("browse.delete")}
              </Button>
            )}
            <Button size="small" kind="quiet" icon="close" label={t("browse.choose_none")} onClick={() => setChosen(new Map())} />
          </span>
        )}
        {chosen.size === 0 && rows.length > 0 && (
          <Button class="push" size="small" kind="quiet" onClick={all}>
            {t("browse.choose_all")}
          </Button>
        )}
      </div>
      {listing.error !== null && <ProblemNote error={listing.error} onRetry={listing.reload} />}
      {rows.length > 0 ? (
        <VirtualList
          count={rows.length}
          rowHeight={ROW_HEIGHT}
          onRange={(_, behind) => listing.readTo(behind)}
          role="grid"
          aria-label={t("browse.keys_of", { namespace })}
          aria-rowcount={listing.isComplete ? rows.length : -1}
          aria-multiselectable={true}
          aria-activedescendant={`${id}-${active}`}
          tabIndex={0}
          onKeyDown={press}
          row={(index, slot) => {
            const child = rows[index] as Child;
            return (
              <Row
                key={slot}
                list={id}
                namespace={namespace}
                child={child}
                index={index}
                hidden={query.isTree ? query.prefix.length : 0}
                isActive={index === active}
                isChosen={chosen.has(nameOf(child))}
                onChoose={chooseRow}
                onOpen={openRow}
              />
            );
          }}
        />
      ) : listing.isReading ? (
        <Spinner />
      ) : listing.isPaused ? null : (
        listing.error === null && <Nothing namespace={namespace} query={query} onNew={onNew} />
      )}
      {isCopying && <Copy namespace={namespace} chosen={selection()} prefix={query.prefix} onClose={() => setCopying(false)} />}
    </section>
  );
}

/** How far a search has come, and what stops it or lets it go on. */
function Searched({ listing, total }: { listing: Listing; total: number | undefined }) {
  const { searched, isReading, isPaused, pause, goOn } = listing;
  const share = total === undefined || total === 0 ? undefined : Math.min(0.99, searched / total);
  return (
    <span class="row searched">
      <span class="soft">
        {share === undefined
          ? t("browse.searched", { count: searched })
          : t("browse.searched_share", { share: formatNumber(share, { style: "percent" }) })}
      </span>
      {(isReading || isPaused) && (
        <Button size="small" kind="quiet" onClick={isPaused ? goOn : pause}>
          {t(isPaused ? "browse.go_on" : "browse.stop")}
        </Button>
      )}
    </span>
  );
}

function Nothing({ namespace, query, onNew }: { namespace: string; query: Query; onNew: (() => void) | undefined }) {
  if (query.contains !== "" || query.prefix !== "" || query.from !== "") {
    return (
      <EmptyState icon="search" title={t("browse.none.title")}>
        <p>{t("browse.none.text")}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="keys" title={t("browse.empty.title")}>
      <p>{t("browse.empty.text")}</p>
      <CommandLine text={`kv put -n ${namespace} orders/17 '{"item": "tea"}'`} />
      {onNew !== undefined && (
        <Button kind="primary" icon="plus" onClick={onNew}>
          {t("browse.new")}
        </Button>
      )}
    </EmptyState>
  );
}
