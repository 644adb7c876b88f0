/** Quotes an identifier for PostgreSQL and DuckDB alike: the case is kept, any character is allowed. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text as a literal for PostgreSQL (with standard_conforming_strings, which the session pins) and DuckDB. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
