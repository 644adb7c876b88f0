import type { PgSession } from './session.ts';

/**
 * Names of the volatile functions that a view calls, itself or by way of views beneath it: with any of these each reading may
 * give other rows, so that nothing can be proven. pg_depend does not know built-in functions such as random(); the view's own
 * definition names every function by its oid. Functions that call others are taken at their word.
 * @param oid of the view
 */
export async function volatileFunctions(session: PgSession, oid: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(`
WITH RECURSIVE view(oid) AS (
  SELECT ${oid}::pg_catalog.oid
  UNION
  SELECT c.oid FROM view
  JOIN pg_catalog.pg_rewrite r ON r.ev_class = view.oid AND r.rulename = '_RETURN'
  CROSS JOIN LATERAL pg_catalog.regexp_matches(r.ev_action::pg_catalog.text, ':relid ([0-9]+)', 'g') AS found
  JOIN pg_catalog.pg_class c ON c.oid = found[1]::pg_catalog.oid AND c.relkind = 'v'
)
SELECT DISTINCT p.proname::pg_catalog.text AS name FROM view
JOIN pg_catalog.pg_rewrite r ON r.ev_class = view.oid AND r.rulename = '_RETURN'
CROSS JOIN LATERAL pg_catalog.regexp_matches(r.ev_action::pg_catalog.text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS found
JOIN pg_catalog.pg_proc p ON p.oid = found[1]::pg_catalog.oid AND p.provolatile = 'v'
ORDER BY 1`);
  return rows.map(({ name }) => name);
}
