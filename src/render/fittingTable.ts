import { hiddenColumns, renderTable, type TableColumn, type TableStyle } from './table.ts';

/** A column with its cells, and when it may go. */
export interface FittingColumn<Row> extends TableColumn {
  readonly cell: (row: Row) => string;
  /** Where room is short, columns go in the order of these numbers; one without stays. */
  readonly goes?: number;
}

/**
 * A table without the columns that matter least where it would be too wide, so that those that matter are all there.
 * @returns the table, without a newline at the end
 */
export function fittingTable<Row>(
  columns: readonly FittingColumn<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): string {
  const order = [...new Set(columns.flatMap(({ goes }) => goes ?? []))].sort((a, b) => a - b);
  for (let gone = 0; ; gone++) {
    const left = columns.filter(({ goes }) => goes === undefined || order.indexOf(goes) >= gone);
    const cells = rows.map((row) => left.map(({ cell }) => cell(row)));
    if (gone === order.length || hiddenColumns(left, cells, style.width).length === 0)
      return renderTable(left, cells, style);
  }
}
