/** Why the stream is given up and both sides are compared by a scan again. */
export class Restart extends Error {
  /** @param fullTables tables that a scan must load anew, since the file's rows are in doubt; by their display names */
  constructor(
    reason: string,
    readonly fullTables: readonly string[] = [],
  ) {
    super(reason);
  }
}
