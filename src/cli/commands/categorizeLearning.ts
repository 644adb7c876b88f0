import { judgeLearning } from '../../app/categorize/judge.ts';
import type { LearnRequest } from '../../app/categorize/learning.ts';
import { applySuggestions, DEFAULT_CONFIDENCE, suggestCategories, undoLatest } from '../../app/categorize/suggest.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import {
  judgedDocument,
  renderAutomatic,
  renderJudged,
  renderSuggestions,
  renderUndone,
  suggestionsDocument,
  undoneDocument,
} from '../../render/categorySuggestions.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

/** Suggestions: one by one on a terminal, elsewhere as a table or a document. */
export async function suggestCommand(context: CommandContext): Promise<number> {
  const { io, output } = context;
  const found = await running(context, suggestCategories);
  if (output.json) await writeJsonDocument(io, suggestionsDocument(found, null));
  else if (io.stdin.isTTY === true && io.stdout.isTTY === true && !output.dumb && found.suggestions.length > 0) {
    const { reviewSuggestions } = await import('./categorizeReview.ts');
    return reviewSuggestions(context, found, (use) => running(context, use));
  } else styledStream(io.stdout).write(renderSuggestions(found, tableStyle(context)));
  return 0;
}

export async function applyCommand(context: CommandContext, confidence: string | undefined): Promise<number> {
  const { io, output } = context;
  const least = confidence === undefined ? DEFAULT_CONFIDENCE : share(confidence);
  const result = await running(context, (request) => applySuggestions(request, least));
  if (output.json) await writeJsonDocument(io, suggestionsDocument(result, least));
  else if (!output.quiet) await writeProse(io, context.env, renderAutomatic(result, least));
  return 0;
}

export async function undoCommand(context: CommandContext): Promise<number> {
  const { io, output } = context;
  const undone = await running(context, undoLatest);
  if (output.json) await writeJsonDocument(io, undoneDocument(undone));
  else if (!output.quiet) await writeProse(io, context.env, renderUndone(undone));
  return 0;
}

export async function reportCommand(context: CommandContext, since: string | null): Promise<number> {
  const { io, output } = context;
  const judged = await running(context, (request) => judgeLearning(request, since));
  if (output.json) await writeJsonDocument(io, judgedDocument(judged));
  else styledStream(io.stdout).write(renderJudged(judged, tableStyle(context)));
  return 0;
}

/** Runs one step with its progress on the terminal. */
async function running<T>(context: CommandContext, use: (request: LearnRequest) => Promise<T>): Promise<T> {
  const { io, config, output } = context;
  const progress = openProgress(io, output);
  return use({
    config,
    now: io.now,
    signal: io.signal,
    onWait: (holder) => progress.say(`waiting for an import to end: ${holder}`),
    onStep: progress.say,
  }).finally(progress.stop);
}

function share(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value;
  throw new FinanceDbError('USAGE', `--min-confidence: expected a number from 0 to 1, found ${JSON.stringify(text)}`, {
    remedy: 'such as 0.95: suggestions that are right 95 times of 100',
  });
}
