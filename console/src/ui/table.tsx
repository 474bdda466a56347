import type { ComponentChildren } from "preact";

export interface Column<Row> {
  /** Names the column for itself and, as its heading, for the reader. */
  title: string;
  cell: (row: Row) => ComponentChildren;
  class?: string;
}

interface Props<Row> {
  /** What the table lists. */
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
}

/** A table whose width may be more than the page has: then it scrolls by itself. */
export function Table<Row>({ label, columns, rows, keyOf }: Props<Row>) {
  return (
    <div class="table-frame" role="region" aria-label={label} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            {columns.map(({ title, class: name }) => (
              <th key={title} class={name} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, class: name }) => (
                <td key={title} class={name}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
