import type { Command, Option } from 'commander';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { repeated } from './flagValues.ts';

/**
 * Watches the flags of a command for what commander takes without a word: a value that is empty or is the next flag
 * (`--tables --full`), a value given twice, of which only the last would count (unless `repeated` gathers them), and a flag with its opposite.
 * @throws FinanceDbError USAGE, while parsing
 */
export function checkFlags(command: Command): void {
  const given = new Map<string, string>();
  const flags = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  for (const option of command.options)
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      const flag = option.long ?? option.flags;
      if (takesValue(option) && typeof value === 'string') checkValue(flag, value, flags);
      const earlier = given.get(option.attributeName());
      given.set(option.attributeName(), flag);
      if (earlier === undefined || option.parseArg === repeated) return;
      if (earlier !== flag) throw new FinanceDbError('USAGE', `${earlier} and ${flag} exclude each other`, ONE_OF_THEM);
      if (takesValue(option)) throw givenTwice(flag);
    });
}

/** A flag of which only one value could count. */
function givenTwice(flag: string): FinanceDbError {
  return new FinanceDbError('USAGE', `${flag} is given twice`, ONE_OF_THEM);
}

/** Whether a value belongs to the flag. */
export function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

const ONE_OF_THEM = { remedy: 'give one of them' };

function checkValue(flag: string, value: string, flags: ReadonlySet<string | undefined>): void {
  if (value === '') throw new FinanceDbError('USAGE', `${flag} needs a value, found an empty one`, LEAVE_OUT);
  if (flags.has(value))
    throw new FinanceDbError('USAGE', `${flag} needs a value, found the flag ${value}`, {
      remedy: `put the value right behind ${flag}`,
    });
}

const LEAVE_OUT = { remedy: 'give one, or leave the flag out' };

/** Arguments beyond those declared: mostly a second command, or what a shell took apart for want of quotes. */
export function refuseExcess(command: Command): void {
  if (command.registeredArguments.at(-1)?.variadic === true) return;
  const extra = command.args[command.registeredArguments.length];
  if (extra === undefined) return;
  const name = command.name();
  if (command.parent?.commands.some((other) => other.name() === extra))
    throw new FinanceDbError('USAGE', `one command at a time: ${name}, then ${extra}`, {
      remedy: `run \`finance-db ${name}\`, then \`finance-db ${extra}\``,
    });
  const place = command.getOptionValue('lake') === true ? command.args.find(isPlace) : undefined;
  if (place !== undefined)
    throw new FinanceDbError('USAGE', `--lake takes no value, found ${JSON.stringify(place.slice(0, 80))}`, {
      remedy: 'name the place of the lake in FINANCE_DB_LAKE, and give --lake alone',
    });
  const taken = command.registeredArguments.length === 0 ? 'no argument' : 'one argument';
  throw new FinanceDbError('USAGE', `${name} takes ${taken}, found ${JSON.stringify(extra.slice(0, 80))} as well`, {
    remedy: `quote what belongs together, or see finance-db ${name} --help`,
  });
}

/** Whether a word can only be where a lake lies. */
function isPlace(word: string): boolean {
  return /^(?:s3a?:\/\/|\.{0,2}\/)\S*$/.test(word);
}

/** The flags that stood before the command. */
export function flagsBefore(command: Command): Record<string, unknown> {
  const program = command.parent;
  if (program === null) return {};
  const given = program.options.filter((option) => program.getOptionValueSource(option.attributeName()) === 'cli');
  for (const option of given)
    if (takesValue(option) && command.getOptionValueSource(option.attributeName()) === 'cli')
      throw givenTwice(option.long ?? option.flags);
  return Object.fromEntries(
    given.map((option) => [option.attributeName(), program.getOptionValue(option.attributeName())]),
  );
}

/** Node has put U+FFFD where the bytes of an argument were no UTF-8: it would be another name, or another text. */
export function refuseOtherEncodings(argv: readonly string[]): void {
  const index = argv.findIndex((argument) => argument.includes('\u{fffd}'));
  if (index >= 0)
    throw new FinanceDbError(
      'USAGE',
      `argument ${index + 1} is not UTF-8: ${JSON.stringify(argv[index]?.slice(0, 80))}`,
      {
        remedy: 'give it in UTF-8; link to a file whose name is not',
      },
    );
}
