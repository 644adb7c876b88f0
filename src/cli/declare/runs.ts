import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** What a command's module returns: its exit code, 0 when left out. It parses nothing and formats nothing itself. */
export type Outcome = Promise<number | undefined>;

/** Wires a command that is declared to what it does: configuration first, then the module, which is loaded only now. */
export type Runs = (
  command: Command,
  action: (context: CommandContext, flags: never, args: string[]) => Outcome,
) => void;
