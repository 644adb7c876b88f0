import { cutInto, hasPageRanges, type PageRange, rangePages } from './pageRanges.ts';
import { type Leaf, rowsOf, type SourceTable } from './sourceTable.ts';
import { postgresTable } from './tableName.ts';

/** A relation whose rows are read by themselves: a whole table, or one leaf of a partitioned one. Together they are the table's rows, each once. */
export interface Part {
  readonly oid: string;
  readonly pages: number;
  /** What to put behind FROM: the table's columns by their names, with tableoid, xmin and ctid. */
  readonly from: string;
  /** Whether a range of its pages can be read without the others. */
  readonly pageable: boolean;
  /** The file that holds its rows; null for what is not one heap. */
  readonly filenode: string | null;
  /** SQL over the table's columns that is true for its rows and for no other part's; null where none is known. */
  readonly constraint: string | null;
}

/**
 * The parts of a table in the order of their bounds. A leaf is read by its own name where the role may, else through its table by the
 * condition that its rows fulfil; where a leaf can be read in neither way, the table is one part.
 * @param serverVersion server_version_num, such as 180004
 */
export function partsOf(source: SourceTable, serverVersion: number): Part[] {
  const whole: Part = {
    oid: source.oid,
    pages: source.kind === 'p' ? source.leaves.reduce((sum, leaf) => sum + leaf.pages, 0) : source.pages,
    from: rowsOf(source),
    pageable: hasPageRanges(source, serverVersion),
    filenode: source.kind === 'r' && !source.inherited && source.otherStorage === null ? source.filenode : null,
    constraint: null,
  };
  const { leaves, otherStorage } = source;
  const apart = leaves.every((leaf) => leaf.kind === 'r' && (leaf.readable || leaf.constraint !== null));
  if (source.kind !== 'p' || otherStorage !== null || leaves.length === 0 || !apart) return [whole];
  const pageable = hasPageRanges({ ...source, kind: 'r' }, serverVersion);
  return leaves.map((leaf) => ({
    oid: leaf.oid,
    pages: leaf.pages,
    from: leafRows(source, leaf),
    pageable,
    filenode: leaf.filenode,
    constraint: leaf.constraint,
  }));
}

/** By a name of ours, since a leaf may be called like an alias. Its number beside the condition: that one only tells the planner where to look. */
function leafRows({ table }: SourceTable, leaf: Leaf): string {
  if (leaf.readable) return `${postgresTable(leaf)} AS rows`;
  return `(SELECT tableoid, xmin, ctid, * FROM ${postgresTable(table)} WHERE tableoid = '${leaf.oid}'::oid AND ${leaf.constraint}) AS rows`;
}

/** A piece of a part: a range of its pages, or all of it. */
export interface Cut {
  /** Position of the part among those that are read. */
  readonly part: number;
  readonly range: PageRange | null;
}

/** Planning a query of more of them takes longer than the round trips that it saves. */
const MOST_TOGETHER = 32;

/**
 * Cuts parts into pieces for several readers, so that each row is in one piece.
 * @param together whether small parts may come in one query
 * @returns the pieces of one query each
 */
export function cutParts(parts: readonly Part[], readers: number, together: boolean): Cut[][] {
  const size = rangePages(
    parts.reduce((sum, { pages }) => sum + pages, 0),
    readers,
  );
  const queries: Cut[][] = [];
  let open: Cut[] = [];
  let pages = 0;
  const close = (): void => {
    if (open.length > 0) queries.push(open);
    [open, pages] = [[], 0];
  };
  for (const [part, { pageable, pages: own }] of parts.entries()) {
    const ranges = pageable && own > size ? cutInto(own, size) : [null];
    if (ranges.length > 1 || pages + own > size || open.length === MOST_TOGETHER || !together) close();
    for (const range of ranges) {
      open.push({ part, range });
      pages += own;
      if (ranges.length > 1) close();
    }
  }
  close();
  return queries;
}
