/** One SQL statement of a text. */
export interface SqlStatement {
  /** Without the semicolon and without comments and spaces before it. */
  readonly text: string;
  /** The line of the whole text on which it begins, from 1. */
  readonly line: number;
  /** Whether a semicolon ended it: at the prompt, one that is not ended goes on in the next line. */
  readonly ended: boolean;
}

/** What may hold a semicolon without ending a statement, or is no part of it. Unclosed ones reach to the end. */
const TOKEN =
  /(?<space>\s+)|(?<line>--[^\n]*)|(?<block>\/\*)|(?<escaped>\b[eE]'(?:[^'\\]|''|\\[\s\S])*(?<e>'|$))|(?<text>'(?:[^']|'')*(?<t>'|$))|(?<name>"(?:[^"]|"")*(?<n>"|$))|(?<dollar>(?<tag>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?(?<d>\k<tag>|$))|(?<semicolon>;)|(?<word>[\w\u0080-\uffff$]+|[\s\S])/gy;

/**
 * Splits SQL into its statements by DuckDB's lexical rules (quoted text and names, E'' and dollar quotes, nested
 * comments). Empty statements and comments alone are left out.
 */
export function splitStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let start = -1;
  let end = 0;
  const finish = (ended: boolean): void => {
    if (start >= 0)
      statements.push({
        text: sql.slice(start, end),
        line: 1 + (sql.slice(0, start).match(/\n/g)?.length ?? 0),
        ended,
      });
    start = -1;
  };
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(sql)?.groups ?? {};
    if (groups.block !== undefined) TOKEN.lastIndex = endOfComment(sql, at);
    else if (groups.semicolon !== undefined) finish(true);
    else if (groups.space === undefined && groups.line === undefined) {
      if (start < 0) start = at;
      end = TOKEN.lastIndex;
    }
  }
  finish(false);
  return statements;
}

/** Whether the text ends within a comment, a quoted text or a quoted name, so that what follows still belongs to it. */
export function endsOpen(sql: string): boolean {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(sql)?.groups ?? {};
    if (groups.block !== undefined) {
      TOKEN.lastIndex = endOfComment(sql, at);
      if (depthOf(sql.slice(at, TOKEN.lastIndex)) > 0) return true;
    }
    if ([groups.e, groups.t, groups.n, groups.d].includes('')) return true;
  }
  return false;
}

/** How many comments are open at its end. */
function depthOf(comment: string): number {
  return (comment.match(/\/\*|\*\//g) ?? []).reduce((depth, edge) => depth + (edge === '/*' ? 1 : -1), 0);
}

/** Comments nest, as in PostgreSQL. */
function endOfComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}

/** The first word, in capitals; empty when the statement begins otherwise, as with a parenthesis. */
export function leadingKeyword(statement: string): string {
  return /^[A-Za-z]+/.exec(statement)?.[0].toUpperCase() ?? '';
}

const WITHOUT_ROWS = new Set(
  'CREATE DROP ALTER SET RESET USE BEGIN START COMMIT END ROLLBACK ABORT INSERT UPDATE DELETE TRUNCATE'.split(' '),
);

/** Whether the statement, if it is allowed at all, gives rows to show. */
export function givesRows(statement: string): boolean {
  return !WITHOUT_ROWS.has(leadingKeyword(statement));
}
