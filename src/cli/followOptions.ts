import type { Command } from 'commander';
import { once } from './flagValues.ts';

/** The flags of a stream, for each command that follows, or has it done. @param only what they need beside them, in words */
export function addFollowOptions(command: Command, only = ''): Command {
  return command
    .option('--publication <name>', `${only}the publication to follow (default finance_db)`, once)
    .option(
      '--keep-slot <name>',
      `${only}keep the changes at the server under this name, so that no scan begins the next run`,
      once,
    )
    .option(
      '--write-budget <size>',
      `${only}bytes a second that publishing may write, averaged (default 20MB; 0: no limit)`,
      once,
    );
}
