import type { Config } from '../config/config.ts';
import type { Io } from '../io.ts';

/** How results are to be shown. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  /** Draw with ASCII characters alone. */
  readonly ascii: boolean;
  /** A terminal that knows neither colours nor cursor movements (TERM=dumb). */
  readonly dumb: boolean;
}

/** What every command is given beside its own arguments. */
export interface CommandContext {
  readonly io: Io;
  readonly config: Config;
  readonly output: OutputOptions;
  readonly env: NodeJS.ProcessEnv;
}
