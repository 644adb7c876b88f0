import type { Command, CommanderError, Option } from 'commander';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { nearestName } from '../model/nearestName.ts';
import { takesValue } from './commandLine.ts';

interface Problem {
  readonly message: string;
  readonly remedy?: string;
}

/** What commander says of a wrong command line, in our words: what is wrong, and where the right way is described. */
export function usageError(error: CommanderError, command: Command | undefined): FinanceDbError {
  if (error.code === 'commander.help') return noCommand(command);
  const said = error.message.replace(/^error: /, '').replace(/'([^']{80})[^']*'/g, "'$1…'");
  const [first = '', ...more] = said.split('\n');
  // "(Did you mean sync?)" comes on a line of its own.
  const meant = more.join(' ').match(/^\(Did you mean (.*)\?\)$/i)?.[1];
  const question = meant === undefined ? '' : `; did you mean ${meant}?`;
  const problem: Problem = unknownFlag(error, command) ?? unknownChoice(first) ?? { message: first.replace(/\.$/, '') };
  return new FinanceDbError('USAGE', `${problem.message}${problem.remedy === undefined ? question : ''}`, {
    remedy: problem.remedy ?? `see ${helped(error, command, meant)} --help`,
    cause: error,
  });
}

/** Flags and no command, or `help` of one that there is not; commander prints its help for both. */
function noCommand(command: Command | undefined): FinanceDbError {
  const [word, topic] = command?.args ?? [];
  if (word !== 'help' || topic === undefined)
    return new FinanceDbError('USAGE', 'no command given', { remedy: 'give one of those above' });
  const names = command?.commands.map((child) => child.name()) ?? [];
  const meant = nearestName(topic, names);
  const question = meant === null ? '' : `; did you mean ${meant}?`;
  return new FinanceDbError('USAGE', `there is no command ${JSON.stringify(topic)}${question}`, {
    remedy: `the commands are ${names.join(', ')}`,
  });
}

/** Whose help is of use: of a command that there is not, there is none. */
function helped(error: CommanderError, command: Command | undefined, meant: string | undefined): string {
  if (error.code !== 'commander.unknownCommand') return nameOf(command);
  const known = command?.commands.some((child) => child.name() === meant) === true;
  return known ? `${nameOf(command)} ${meant}` : nameOf(command);
}

/** `finance-db sync`. */
function nameOf(command: Command | undefined): string {
  if (command === undefined) return 'finance-db';
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

/** A value that is none of those there are. */
function unknownChoice(said: string): Problem | undefined {
  const [, found = '', choices = ''] = /'([^']*)' is invalid\b.* Allowed choices are (.*)\.$/.exec(said) ?? [];
  if (choices === '') return undefined;
  const flag = /^option '(?:-\w, )?(--[a-z-]+)/.exec(said)?.[1];
  const meant = nearestName(found, choices.split(', '));
  const expected = `expected ${choices}, found ${JSON.stringify(found)}`;
  return {
    message: `${flag === undefined ? '' : `${flag}: `}${expected}${meant === null ? '' : `; did you mean ${meant}?`}`,
  };
}

/** A flag that there is, in the wrong place or with a value it does not take. */
function unknownFlag(error: CommanderError, command: Command | undefined): Problem | undefined {
  if (error.code !== 'commander.unknownOption' || command === undefined) return undefined;
  const flag = /unknown option '([^'=]*)/.exec(error.message)?.[1] ?? '';
  const has = (option: Option): boolean => [option.short, option.long].includes(flag);
  const own = command.options.find(has);
  if (own !== undefined && !takesValue(own))
    return { message: `${flag} takes no value`, remedy: `give ${flag} alone, or leave it out` };
  const owners = command.commands.filter((child) => child.options.some(has)).map((child) => child.name());
  if (owners.length === 0) return undefined;
  return {
    message: `${flag} belongs to ${owners.join(', ')}, and stands behind the command`,
    remedy: `give it as in \`${command.name()} ${owners[0]} ${flag}\``,
  };
}
