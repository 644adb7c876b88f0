import type { Argument, Command, Option } from 'commander';

/** What may follow a flag, or stand as an argument. */
export type CompletionValue =
  | { readonly kind: 'none' | 'file' | 'folder' | 'text' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface CompletionFlag {
  /** `-p` and `--period`. */
  readonly names: readonly string[];
  readonly about: string;
  readonly value: CompletionValue;
  /** The value may be left out. */
  readonly optional: boolean;
}

export interface CompletionCommand {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly CompletionFlag[];
  /** The first argument that is no flag. */
  readonly argument: CompletionValue;
}

/** What the scripts are written from. */
export interface CompletionSpec {
  readonly program: string;
  readonly flags: readonly CompletionFlag[];
  readonly commands: readonly CompletionCommand[];
}

/** Words that the program does not declare, since its modules load only when needed: `stats` or `query --saved`. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

/** Reads the program's own declarations, so that completion cannot differ from what it takes. */
export function completionSpec(program: Command, known: KnownWords): CompletionSpec {
  const names = program.commands.map((command) => command.name());
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    flags: [...command.options.map((option) => flagOf(option, known[`${command.name()} ${option.long}`])), HELP],
    argument: argumentOf(command.registeredArguments[0], known[command.name()]),
  }));
  return {
    program: program.name(),
    flags: [...program.options.map((option) => flagOf(option, undefined)), HELP],
    commands: [
      ...commands,
      { name: 'help', about: 'display help for a command', flags: [HELP], argument: { kind: 'words', words: names } },
    ],
  };
}

const HELP: CompletionFlag = {
  names: ['-h', '--help'],
  about: 'display help',
  value: { kind: 'none' },
  optional: false,
};

function flagOf(option: Option, known: readonly string[] | undefined): CompletionFlag {
  return {
    names: [option.short, option.long].filter((name): name is string => name !== undefined),
    about: option.description,
    value: option.required || option.optional ? valueFor(option, known) : { kind: 'none' },
    optional: option.optional,
  };
}

function argumentOf(argument: Argument | undefined, known: readonly string[] | undefined): CompletionValue {
  if (argument === undefined) return { kind: 'none' };
  const words = known ?? argument.argChoices;
  return words === undefined ? { kind: 'text' } : { kind: 'words', words };
}

/** By the choices declared, or by what the placeholder calls it: `<file.csv>`, `<dir>`. */
function valueFor(option: Option, known: readonly string[] | undefined): CompletionValue {
  const words = known ?? option.argChoices;
  if (words !== undefined) return { kind: 'words', words };
  if (/[<[]file/.test(option.flags)) return { kind: 'file' };
  if (/[<[](dir|folder)/.test(option.flags)) return { kind: 'folder' };
  return { kind: 'text' };
}
