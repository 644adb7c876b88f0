/** The shared flags that a value follows. */
const WITH_VALUE = ['--env-file', '--database-url', '--duckdb', '--home'];

/** The command of a command line, also where it could not be parsed: the first word that is no flag and no value of one. */
export function commandWord(argv: readonly string[]): string | undefined {
  return argv.find((word, index) => !word.startsWith('-') && !WITH_VALUE.includes(argv[index - 1] ?? ''));
}
