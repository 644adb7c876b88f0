import { readSources, rowsOfSource, syncedTables } from '../../src/app/lake/source.ts';
import { readUnits, type Unit } from '../../src/app/lake/units.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { monthsSince, stateName } from '../../src/model/monthRecord.ts';

/**
 * Looks at a DuckDB file after each of its states, and holds what it says of months that did not change against the digests of all
 * of their rows.
 */
export class MonthWitness {
  private readonly seen = new Map<string, Map<string, readonly Unit[]>>();

  /**
   * @param except tables that are left out: with values that no lake takes
   * @returns how many months the file vouched for, of all earlier states that it reaches back to; by table
   * @throws Error naming a month of which it says that it has the rows that it had, and that has others
   */
  async look(file: string, except: readonly string[] = []): Promise<Record<string, number>> {
    const reader = await openReader(file);
    const vouched: Record<string, number> = {};
    try {
      for (const source of await readSources(reader, await syncedTables(reader))) {
        const { name, tableOid, snapshot, syncedAt } = source.state;
        if (except.includes(name)) continue;
        const states = this.seen.get(tableOid) ?? new Map<string, readonly Unit[]>();
        this.seen.set(tableOid, states);
        const now = stateName(snapshot, syncedAt);
        const units = await readUnits(reader, rowsOfSource(source));
        vouched[name] = 0;
        for (const [earlier, before] of states) {
          const since = source.months === null ? null : monthsSince(source.months, earlier, now);
          for (const { month, rows, touched } of since ?? []) {
            const unit = units.find((one) => nameOf(one) === month);
            if (BigInt(unit?.rows ?? -1) !== rows) throw new Error(`${name}, month ${month}: ${rows} rows recorded`);
            if (touched) continue;
            vouched[name]++;
            const then = before.find((one) => nameOf(one) === month);
            if (then?.digest !== unit?.digest)
              throw new Error(
                `${name}, month ${month}: changed between ${earlier} and ${now}, and that is not recorded`,
              );
          }
          if (since !== null && units.length !== since.length) throw new Error(`${name}: not all months are recorded`);
        }
        states.set(now, units);
      }
    } finally {
      reader.close();
    }
    return vouched;
  }
}

/** As records name months. */
function nameOf({ name, month }: Unit): string {
  return typeof month === 'number' ? String(month) : name;
}
