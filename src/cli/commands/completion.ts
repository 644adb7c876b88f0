import type { Command } from 'commander';
import { listSavedQueries } from '../../app/query/savedQueries.ts';
import { REPORT_NAMES } from '../../model/reportNames.ts';
import { writeText } from '../../render/sink.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type CompletionSpec, completionSpec } from '../completion/spec.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { CommandContext } from '../context.ts';

const SCRIPTS: Readonly<Record<string, (spec: CompletionSpec) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `finance-db completion SHELL`: the script that completes commands, flags and their values. */
export async function completionCommand(context: CommandContext, shell: string, program: Command): Promise<undefined> {
  const saved = listSavedQueries(context.config.home).map((query) => query.name);
  const spec = completionSpec(program, {
    stats: REPORT_NAMES,
    // A name that a shell would take apart cannot be completed as a word.
    'query --saved': saved.filter((name) => /^[\w.-]+$/.test(name)),
  });
  // The program has checked the shell: it is one of the choices.
  const script = SCRIPTS[shell];
  if (script !== undefined) await writeText(context.io.stdout, script(spec));
  return undefined;
}
