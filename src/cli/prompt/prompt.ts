import type { QueryParam } from '../../model/queryParams.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import type { CommandContext } from '../context.ts';

export interface PromptOptions {
  readonly format: QueryFormat;
  readonly params: readonly QueryParam[];
}

export async function runPrompt(_context: CommandContext, _options: PromptOptions): Promise<number> {
  return 0;
}
