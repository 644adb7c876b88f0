/** The same questions in PostgreSQL's words. */
export const POSTGRES_SQL: Readonly<Record<string, string>> = {};
