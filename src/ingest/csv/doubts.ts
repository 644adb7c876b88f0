import { agreeing, counted } from '../../model/counted.ts';
import type { Candidate } from './candidates.ts';
import type { DateFormat } from './dates.ts';
import type { Trial, TrialResult } from './trial.ts';

/** What is to be said of a guess. */
export interface Judgement {
  readonly doubts: readonly string[];
  /** What proves amounts, signs and order, in words, or null. */
  readonly proof: string | null;
  /** Whether positive amounts are spending. */
  readonly inverted: boolean;
}

const SHOWN_FORMAT: Readonly<Record<DateFormat, string>> = {
  DMY: 'day/month/year',
  MDY: 'month/day/year',
  YMD: 'year/month/day',
  YYYYMMDD: 'YYYYMMDD',
  YYMMDD: 'YYMMDD',
  DDMMYYYY: 'DDMMYYYY',
  MMDDYYYY: 'MMDDYYYY',
  excel: 'days of Excel',
};

/** Weighs what a trial over the whole file has found. */
export function doubtsOf(trial: Trial, result: TrialResult, { profile }: Candidate): Judgement {
  const doubts: string[] = [...result.problems];
  if (trial.rows === 0) doubts.push('the file has no rows');
  if (result.otherFormats.length > 0 && result.format !== null)
    doubts.push(
      `the dates can be read as ${[result.format, ...result.otherFormats].map((format) => SHOWN_FORMAT[format]).join(' or as ')}`,
    );
  if (result.contradiction) doubts.push('the amounts use the comma and the point both as decimal mark');
  for (const style of result.otherStyles)
    doubts.push(
      `the decimal mark may be ${JSON.stringify(result.style.decimalMark)} or ${JSON.stringify(style.decimalMark)}`,
    );
  if (trial.unknownStatuses.length > 0)
    doubts.push(
      `rows may not be booked yet: the status column has ${trial.unknownStatuses.map((status) => JSON.stringify(status)).join(', ')}`,
    );
  const { inverted, doubt } = signOf(trial, result, profile.sign !== 'signed');
  if (doubt !== null) doubts.push(doubt);
  const proof = proofOf(trial, result, profile.sign !== 'signed');
  if (proof === null)
    doubts.push(
      profile.columns.balance === undefined
        ? 'there is no running balance that would prove the amounts'
        : result.tooFewLinks
          ? `${counted(trial.rows, 'row')} ${agreeing(trial.rows, 'is', 'are')} too few to prove the amounts by their balance`
          : 'the running balance does not close: balance before + amount = balance after does not hold for each row',
    );
  return { doubts, proof, inverted };
}

function proofOf(trial: Trial, result: TrialResult, signed: boolean): string | null {
  if (result.proven.length > 0)
    return `the running balance closes over ${agreeing(trial.rows, 'the', 'all')} ${counted(trial.rows, 'row')}`;
  // Opening and closing alone say nothing where all amounts might have the other sign.
  if (result.totals && (signed || trial.negatives > 0))
    return `opening balance + ${counted(trial.rows, 'row')} = closing balance`;
  return null;
}

/**
 * The sign of plain amounts. A balance that closes proves it if it is one of money. Shown as a debt, as cards do, it closes as well
 * with all signs turned around: so something else of the file has to say what a positive amount is.
 */
function signOf(trial: Trial, result: TrialResult, given: boolean): { inverted: boolean; doubt: string | null } {
  if (given) return { inverted: false, doubt: null };
  const proven = new Set(result.proven.map(({ inverted }) => inverted));
  const byDates = result.proven.filter(({ order }) => result.direction === null || order === result.direction);
  const left = new Set(byDates.map(({ inverted }) => inverted));
  const marked = trial.marksAgree + trial.marksDisagree > 0;
  const marksSay = !marked ? null : trial.marksAgree === 0 ? true : trial.marksDisagree === 0 ? false : null;
  const hint = marksSay ?? trial.words.inverted;
  if (proven.size > 0) {
    const [inverted = hint ?? false] = left.size === 1 ? left : [hint ?? false];
    if (left.size !== 1) return { inverted, doubt: 'the running balance closes with both signs of the amounts' };
    if (hint === null) return { inverted, doubt: isMoney(trial, result, inverted) ? null : MAYBE_DEBT };
    return { inverted, doubt: hint === inverted ? null : DEBT_BY_WORDS };
  }
  if (marked && marksSay === null)
    return {
      inverted: false,
      doubt: 'the marks for debit and credit contradict the signs of the amounts in some rows',
    };
  if (hint === true) return { inverted: true, doubt: 'positive amounts seem to be spending' };
  if (trial.negatives === 0) return { inverted: false, doubt: 'no amount has a sign: spending and income look alike' };
  return { inverted: false, doubt: null };
}

const QUESTION = 'is a positive amount money in, or spending?';
const MAYBE_DEBT = `the balance closes, but it may be money or, as cards show it, a debt: ${QUESTION}`;
const DEBT_BY_WORDS = `the balance closes, but by the words of the file it is a debt: ${QUESTION}`;

/** Fewer rows than these are no habit. */
const HABIT_ROWS = 20;

/**
 * Whether the balance is one of money where neither marks nor words say so: rows name the accounts of others, which cards do
 * not; or nearly all of many rows within a short time are spending and some money is left, where a debt would be repaid every day.
 */
function isMoney(trial: Trial, { days }: TrialResult, inverted: boolean): boolean {
  const { negatives, positives, negativeBalances, counterAccounts, rows } = trial;
  if (counterAccounts >= 2) return true;
  const [income, spending] = inverted ? [negatives, positives] : [positives, negatives];
  return (
    negativeBalances === 0 && spending >= HABIT_ROWS && spending >= 10 * income && days !== null && days <= 4 * rows
  );
}
