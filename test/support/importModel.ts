/** One row of `transactions`, as the rules of docs/import.md see it. */
export interface ModelRow {
  /** What its text key stands for. */
  readonly key: string;
  present: boolean;
  edited: boolean;
}

/** An entry of an import, and the row that it was seen as. */
interface Sighting {
  readonly importId: number;
  readonly record: number;
  readonly row: ModelRow;
  readonly isNew: boolean;
  undone: boolean;
}

/**
 * What imports of files whose entries have no ids of the bank come to, in plain JavaScript: per text the larger number counts; what an
 * import that stands has seen is known, also when the row was deleted since; an entry whose import was undone gets its row back.
 */
export class ImportModel {
  private readonly rows: ModelRow[] = [];
  private readonly sightings: Sighting[] = [];
  private readonly undoneImports = new Set<number>();
  imports = 0;

  get present(): ModelRow[] {
    return this.rows.filter(({ present }) => present);
  }

  isUndone(importId: number): boolean {
    return this.undoneImports.has(importId);
  }

  /** @param keys of the file's entries, in its order */
  import(keys: readonly string[]): { new: number; known: number } {
    const importId = ++this.imports;
    const before = [...this.sightings];
    const free = new Map<string, { live: ModelRow[]; undone: ModelRow[] }>();
    let known = 0;
    for (const [index, key] of keys.entries()) {
      let left = free.get(key);
      if (left === undefined) {
        left = seenRows(before.filter(({ row }) => row.key === key));
        free.set(key, left);
      }
      const seen = left.live.shift();
      if (seen !== undefined) known++;
      const row = seen ?? left.undone.shift() ?? this.newRow(key);
      if (seen === undefined) Object.assign(row, { present: true, edited: false });
      this.sightings.push({ importId, record: index + 1, row, isNew: seen === undefined, undone: false });
    }
    return { new: keys.length - known, known };
  }

  undo(importId: number, force: boolean): void {
    for (const row of this.rowsOf(importId, (one) => !one.undone)) {
      const all = this.sightings.filter((one) => one.row === row);
      const elsewhere = all.some((one) => one.importId !== importId && !one.undone) || !all.some(({ isNew }) => isNew);
      const kept = row.present && row.edited && !force;
      if (!elsewhere && kept) continue;
      if (!elsewhere) row.present = false;
      for (const one of all) if (one.importId === importId) one.undone = true;
    }
    this.undoneImports.add(importId);
  }

  restore(importId: number): void {
    for (const row of this.rowsOf(importId, () => true)) {
      if (!row.present) Object.assign(row, { present: true, edited: false });
      for (const one of this.sightings) if (one.importId === importId) one.undone = false;
    }
    this.undoneImports.delete(importId);
  }

  private rowsOf(importId: number, which: (one: Sighting) => boolean): Set<ModelRow> {
    return new Set(this.sightings.filter((one) => one.importId === importId && which(one)).map(({ row }) => row));
  }

  private newRow(key: string): ModelRow {
    const row = { key, present: false, edited: false };
    this.rows.push(row);
    return row;
  }
}

/** Rows seen, in the order in which they were seen first: by an import that stands, and by none that does. */
function seenRows(sightings: readonly Sighting[]): { live: ModelRow[]; undone: ModelRow[] } {
  const live = new Set(sightings.filter(({ undone }) => !undone).map(({ row }) => row));
  const undone = new Set(sightings.map(({ row }) => row).filter((row) => !live.has(row)));
  return { live: [...live], undone: [...undone] };
}
