import { Sum } from '../../ingest/numeral.ts';
import type { CategoryModel, Guess, Reason } from '../../learn/categories/model.ts';
import { counted } from '../../model/counted.ts';
import {
  applyFilings,
  createFilings,
  type Filing,
  type LearningRow,
  stageFilings,
  type UndoneRun,
  undoFilings,
  unfiledRows,
} from '../../postgres/imports/learnt.ts';
import { inLearningTransaction, type LearningPlace, type LearnRequest, learnFrom } from './learning.ts';

/** An exact sum in one currency. */
export interface CurrencySum {
  readonly currency: string;
  readonly sum: string;
}

/** What is suggested for the rows of one payee that the same category is suggested for. */
export interface Suggestion {
  readonly payee: string;
  readonly category: string;
  readonly subcategory: string | null;
  /** Of the row that is least sure, and of the one that is most. */
  readonly confidence: number;
  readonly surest: number;
  readonly why: Reason;
  /** What else it may be, likeliest first. */
  readonly others: readonly Guess[];
  readonly rows: number;
  /** Exact, in the base currency. */
  readonly sum: string;
  /** Rows that have no amount in it, and what these add up to by their own currencies, exact. */
  readonly notNormalized: number;
  readonly unconverted: readonly CurrencySum[];
  readonly first: string;
  readonly last: string;
  readonly ids: readonly { readonly txId: string; readonly confidence: number }[];
}

export interface Suggestions {
  readonly table: string;
  /** What was learnt from. */
  readonly learntFrom: number;
  readonly categories: readonly string[];
  /** Rows without a category. */
  readonly unfiled: number;
  /** The largest groups first. */
  readonly suggestions: readonly Suggestion[];
}

/** A confidence that is written without anybody looking. */
export const DEFAULT_CONFIDENCE = 0.9;

/**
 * Suggests a category for each row that has none; nothing is written.
 * @throws FinanceDbError USAGE when there is too little to learn from; the PG_ family
 */
export async function suggestCategories(request: LearnRequest): Promise<Suggestions> {
  return inLearningTransaction(request, false, (place) => suggest(place, request));
}

/**
 * Files the rows for which the suggestion is at least so sure, as one run that can be undone.
 * @throws FinanceDbError USAGE when there is too little to learn from; the PG_ family
 */
export async function applySuggestions(
  request: LearnRequest,
  minConfidence: number,
): Promise<Suggestions & { readonly run: string; readonly filed: number }> {
  return inLearningTransaction(request, true, async (place) => {
    const found = await suggest(place, request);
    await createFilings(place.session);
    for (const suggestion of found.suggestions) await stageFilings(place.session, filingsOf(suggestion, minConfidence));
    const { run, rows } = await applyFilings(place.session, place.table, place.records);
    return { ...found, run, filed: rows };
  });
}

/** A suggestion that a person has looked at, with what he says it is. */
export interface Choice {
  readonly suggestion: Suggestion;
  readonly category: string;
  readonly subcategory: string | null;
}

/**
 * Files what a person has chosen, as one run that can be undone. Rows that were filed meanwhile stay as they are.
 * @throws FinanceDbError of the PG_ family
 */
export async function applyChoices(
  request: LearnRequest,
  choices: readonly Choice[],
): Promise<{ readonly run: string; readonly filed: number }> {
  return inLearningTransaction(request, true, async ({ session, table, records }) => {
    await createFilings(session);
    for (const { suggestion, category, subcategory } of choices)
      await stageFilings(
        session,
        suggestion.ids.map(({ txId, confidence }) => ({
          txId,
          category,
          subcategory,
          confidence: category === suggestion.category ? confidence : null,
          chosenBy: 'person',
        })),
      );
    const { run, rows } = await applyFilings(session, table, records);
    return { run, filed: rows };
  });
}

/** What taking a run back did. */
export type UndoneFilings = UndoneRun;

/**
 * Takes the latest run back that stands; null where there is none.
 * @throws FinanceDbError of the PG_ family
 */
export async function undoLatest(request: LearnRequest): Promise<UndoneFilings | null> {
  return inLearningTransaction(request, true, ({ session, table, records }) => undoFilings(session, table, records));
}

function filingsOf(suggestion: Suggestion, least: number): Filing[] {
  const { category, subcategory } = suggestion;
  return suggestion.ids
    .filter(({ confidence }) => confidence >= least)
    .map(({ txId, confidence }) => ({ txId, category, subcategory, confidence, chosenBy: 'learnt' }));
}

async function suggest(place: LearningPlace, request: LearnRequest): Promise<Suggestions> {
  request.onStep?.('learning from what is filed');
  const model = await learnFrom(place);
  const groups = new Map<string, Group>();
  let unfiled = 0;
  for await (const page of unfiledRows(place.session, place.table, place.records)) {
    request.signal.throwIfAborted();
    for (const row of page) addTo(groups, model, row);
    unfiled += page.length;
    request.onStep?.(`looking at ${counted(unfiled, 'row')} without a category`);
  }
  return {
    table: place.table.name,
    learntFrom: model.rows,
    categories: model.categories,
    unfiled,
    suggestions: [...groups.values()].map(finished).sort((a, b) => b.rows - a.rows || (a.payee < b.payee ? -1 : 1)),
  };
}

interface Group extends Omit<Suggestion, 'sum' | 'unconverted' | 'ids' | 'rows'> {
  confidence: number;
  surest: number;
  first: string;
  last: string;
  notNormalized: number;
  readonly sum: Sum;
  readonly unconverted: Map<string, Sum>;
  readonly ids: { txId: string; confidence: number }[];
}

function addTo(groups: Map<string, Group>, model: CategoryModel, row: LearningRow): void {
  const [guess, ...others] = model.guess(row, 4);
  if (guess === undefined) return;
  const key = `${row.payee}\u0000${guess.category}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = {
      payee: row.payee,
      category: guess.category,
      subcategory: model.subcategory(row, guess.category),
      confidence: guess.confidence,
      surest: guess.confidence,
      why: model.why(row, guess.category),
      others,
      first: row.day,
      last: row.day,
      notNormalized: 0,
      sum: new Sum(),
      unconverted: new Map(),
      ids: [],
    };
    groups.set(key, group);
  }
  group.confidence = Math.min(group.confidence, guess.confidence);
  group.surest = Math.max(group.surest, guess.confidence);
  if (row.day < group.first) group.first = row.day;
  if (row.day > group.last) group.last = row.day;
  if (row.normalized === null) {
    group.notNormalized++;
    const sum = group.unconverted.get(row.currency) ?? new Sum();
    group.unconverted.set(row.currency, sum.add(row.amount));
  } else group.sum.add(row.normalized);
  group.ids.push({ txId: row.txId, confidence: guess.confidence });
}

function finished(group: Group): Suggestion {
  const unconverted = [...group.unconverted].map(([currency, sum]) => ({ currency, sum: sum.toString() }));
  return { ...group, sum: group.sum.toString(), unconverted, rows: group.ids.length };
}
