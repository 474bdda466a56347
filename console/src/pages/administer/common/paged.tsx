import type { ComponentChildren } from "preact";

import type { Paged } from "../../../api/pages";
import { t } from "../../../i18n";
import { Button, ProblemNote, Spinner, Table, type Column } from "../../../ui";

interface Props<Entry> {
  /** What is listed. */
  label: string;
  list: Paged<Entry>;
  columns: Column<Entry>[];
  keyOf: (entry: Entry) => string | number;
  /** What is shown where there is nothing to list. */
  empty: ComponentChildren;
}

/** A list that is read in parts. */
export function PagedTable<Entry>({ label, list, columns, keyOf, empty }: Props<Entry>) {
  const { entries, error, isReading, hasMore } = list;
  return (
    <div class="card" aria-busy={isReading}>
      {error !== null && <ProblemNote error={error} onRetry={list.reload} />}
      {entries.length > 0 && <Table label={label} rows={entries} columns={columns} keyOf={keyOf} />}
      {entries.length === 0 && isReading && <Spinner />}
      {entries.length === 0 && !isReading && error === null && !hasMore && empty}
      {hasMore && (
        <div class="more">
          <Button busy={isReading} onClick={list.readMore}>
            {t("administer.more")}
          </Button>
        </div>
      )}
    </div>
  );
}
