import { Argument, Command, type CommanderError } from 'commander';
import { type ConfigFlags, loadConfig } from '../config/config.ts';
import { columnsOf, type Io, wantsAscii } from '../io.ts';
import { VERSION } from '../version.ts';
import { checkFlags, flagsBefore, refuseExcess, refuseOtherEncodings } from './commandLine.ts';
import type { CommandContext } from './context.ts';
import { declareAnswers } from './declare/answers.ts';
import { declareIntoDuckdb } from './declare/intoDuckdb.ts';
import { declareIntoPostgres } from './declare/intoPostgres.ts';
import type { Runs } from './declare/runs.ts';
import { HELP_TEXTS } from './helpTexts.ts';

/** The flags that every command takes. */
interface SharedFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
}

/** Help that is neither on a terminal nor told by COLUMNS. */
const HELP_COLUMNS = 100;

/** The exit code of the command that ran, kept beside its program. */
const exitCodes = new WeakMap<Command, number>();

/** Declares every command and flag. The modules of the commands are loaded only when they run. */
export function buildProgram(io: Io, env: NodeJS.ProcessEnv): Command {
  const program = new Command('finance-db');
  program
    .description(
      'Keeps a local DuckDB file exactly equal to PostgreSQL tables, proves it, and answers money questions from it.',
    )
    .helpCommand(true)
    // What stands before the command is the program's, what stands behind it the command's.
    .enablePositionalOptions();
  addSharedOptions(program);

  /** Wires one command: configuration, then the module, then its exit code. */
  const runs: Runs = (command, action) => {
    addSharedOptions(command);
    // Told below, in words that name what is too much.
    command.allowExcessArguments(true);
    command.action(async () => {
      refuseExcess(command);
      const flags = { ...command.opts<SharedFlags>(), ...flagsBefore(command) };
      const code = await action(createContext(flags, io, env), flags as never, command.args);
      exitCodes.set(program, code ?? 0);
    });
  };
  declareCommands(program, runs);
  for (const command of [program, ...program.commands]) {
    checkFlags(command);
    const text = HELP_TEXTS[command === program ? '' : command.name()];
    if (text !== undefined) command.addHelpText('after', text);
    command.exitOverride((error) => {
      throw Object.assign(error, { command });
    });
    command.configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Of a topic that there is not, the error says enough.
      writeErr: (text) => program.args[0] === 'help' || io.stderr.write(text),
      // Told by reportError, as all errors are.
      outputError: () => undefined,
      getOutHelpWidth: () => columnsOf(io.stdout, env, HELP_COLUMNS),
      getErrHelpWidth: () => columnsOf(io.stderr, env, HELP_COLUMNS),
    });
  }
  return program;
}

/** Parses and runs; bare `finance-db` prints help. */
export async function parseProgram(program: Command, argv: readonly string[]): Promise<number> {
  refuseOtherEncodings(argv);
  program
    .optionsGroup('Options:')
    .version(argv.includes('--json') ? JSON.stringify({ status: 'ok', version: VERSION }) : VERSION, ...VERSION_FLAG);
  if (argv.length === 0 || (argv.length === 1 && argv[0] === '--')) {
    program.outputHelp();
    return 0;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return exitCodes.get(program) ?? 0;
}

/** A command line as commander failed to parse it; `command` is where. */
export type ParsingError = CommanderError & { readonly command?: Command };

const VERSION_FLAG = ['-V, --version', 'output the version number'] as const;

/** In the order of the journey, which is that of the help. */
function declareCommands(program: Command, runs: Runs): void {
  declareIntoPostgres(program, runs);
  declareIntoDuckdb(program, runs);
  declareAnswers(program, runs);
  runs(
    program
      .command('completion')
      .description('print a script that completes commands, flags and their values in your shell')
      .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish'])),
    async (context, _flags, args) =>
      (await import('./commands/completion.ts')).completionCommand(context, args[0] ?? '', program),
  );
}

const SHARED_GROUP = 'Flags of every command, before its name or behind it:';

function addSharedOptions(command: Command): void {
  command
    .optionsGroup(SHARED_GROUP)
    .option('--json', 'print one JSON document on stdout')
    .option('-q, --quiet', 'print results and errors only')
    .option('--verbose', 'say more, with stack traces for errors')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .option('--ascii', 'draw with ASCII characters alone (also a locale that is not UTF-8)')
    .option('--env-file <file>', 'settings file (default .env in the working folder)')
    .option('--database-url <url>', 'PostgreSQL (DATABASE_URL; default: the embedded server)')
    .option('--duckdb <file>', 'the DuckDB file (FINANCE_DB_DUCKDB)')
    .option('--home <dir>', "the tool's folder (FINANCE_DB_HOME)");
}

function createContext(flags: SharedFlags, io: Io, env: NodeJS.ProcessEnv): CommandContext {
  const config = loadConfig(flags, env, io.cwd);
  if (flags.quiet !== true) for (const warning of config.warnings) io.stderr.write(`warning: ${warning}\n`);
  return {
    io,
    env,
    config,
    output: {
      json: flags.json === true,
      quiet: flags.quiet === true,
      verbose: flags.verbose === true,
      color: flags.color && !env.NO_COLOR && env.TERM !== 'dumb' && io.stdout.isTTY === true,
      ascii: wantsAscii(flags.ascii, env),
      dumb: env.TERM === 'dumb',
    },
  };
}
