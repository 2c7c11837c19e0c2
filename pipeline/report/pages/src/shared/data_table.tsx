import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { missing } from './format';
import type { Cell } from './save';
import { csvText } from './save';

export interface Column<Row> {
  key: string; // data-column of the cells, and the head of the column in the CSV
  title: ComponentChildren;
  unit?: string;
  value: (row: Row) => Cell; // what is sorted, saved and in data-value
  show?: (row: Row) => ComponentChildren; // without: the value
  numeric?: boolean;
  heading?: boolean; // the cell names its row
  wide?: boolean; // holds sentences
  fixed?: boolean; // not sortable
}

interface Order {
  key: string;
  descending: boolean;
}

// A table of so few rows is not broken over two sheets of paper.
const shortTable = 14;

const collator = new Intl.Collator('en', { numeric: true });

// What is missing stands last, in either direction.
function sorted<Row>(rows: Row[], column: Column<Row> | undefined, descending: boolean): Row[] {
  if (!column) return rows;
  const isMissing = (value: Cell) => value === null || value === undefined || value === '';
  const compare = (a: Cell, b: Cell) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return [...rows].sort((one, other) => {
    const a = column.value(one);
    const b = column.value(other);
    if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
    return descending ? compare(b, a) : compare(a, b);
  });
}

export function tableCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  return csvText(
    columns.map((column) => column.key),
    rows.map((row) => columns.map((column) => column.value(row))),
  );
}

export function DataTable<Row>(props: {
  label: string; // names the table for those who cannot see it
  columns: Column<Row>[];
  rows: Row[];
  attributes?: (row: Row) => Record<`data-${string}`, string | number | null | undefined>;
  tableAttributes?: Record<`data-${string}`, string>;
  caption?: ComponentChildren;
  tall?: boolean; // scrolls by itself
  empty?: string; // said where there are no rows
  seeOnPaper?: string; // the table is too long for paper: it names this file instead ("trial.html")
}) {
  const { columns, rows, seeOnPaper } = props;
  const [order, setOrder] = useState<Order | null>(null);
  const shown = useMemo(
    () =>
      sorted(
        rows,
        columns.find((column) => column.key === order?.key),
        order?.descending ?? false,
      ),
    [rows, columns, order],
  );
  const turn = (key: string) =>
    setOrder((now) =>
      now?.key === key ? (now.descending ? null : { key, descending: true }) : { key, descending: false },
    );
  const direction = (key: string) => (order?.key !== key ? 'none' : order.descending ? 'descending' : 'ascending');

  if (rows.length === 0 && props.empty) return <p class="soft">{props.empty}</p>;
  const frame = [
    'table-frame',
    props.tall && 'tall',
    rows.length <= shortTable && 'short',
    seeOnPaper && 'screen-only',
  ];
  return (
    <>
      {seeOnPaper && (
        <p class="soft print-only">
          {props.label}: {rows.length} rows are too many for paper. See {seeOnPaper}.
        </p>
      )}
      <div class={frame.filter(Boolean).join(' ')} role="region" aria-label={`Table: ${props.label}`} tabIndex={0}>
        <table aria-label={props.label} {...props.tableAttributes}>
          {props.caption && <caption>{props.caption}</caption>}
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.key}
                  scope="col"
                  class={classOf(column)}
                  aria-sort={column.fixed ? undefined : direction(column.key)}
                >
                  {column.fixed ? (
                    column.title
                  ) : (
                    <button type="button" onClick={() => turn(column.key)}>
                      {column.title}
                    </button>
                  )}
                  {column.unit && <span class="unit">{column.unit}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              <tr key={i} {...props.attributes?.(row)}>
                {columns.map((column) => (
                  <TableCell key={column.key} column={column} row={row} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function classOf<Row>(column: Column<Row>): string | undefined {
  return [column.numeric && 'numeric', column.wide && 'wide'].filter(Boolean).join(' ') || undefined;
}

function TableCell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const value = column.value(row);
  const content = column.show ? column.show(row) : (value ?? missing);
  const attributes = {
    class: classOf(column),
    'data-column': column.key,
    'data-value': value === null || value === undefined ? '' : String(value),
  };
  return column.heading ? (
    <th scope="row" {...attributes}>
      {content}
    </th>
  ) : (
    <td {...attributes}>{content}</td>
  );
}
