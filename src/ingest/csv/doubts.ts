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
        ? 'no running balance proves the amounts'
        : result.tooFewLinks
          ? 'the running balance has too few rows that follow one another'
          : 'the running balance does not close: balance before + amount = balance after does not hold for each row',
    );
  return { doubts, proof, inverted };
}

function proofOf(trial: Trial, result: TrialResult, signed: boolean): string | null {
  if (result.proven.length > 0) return `the running balance closes over all ${trial.rows} rows`;
  // Opening and closing alone say nothing where all amounts might have the other sign.
  if (result.totals && (signed || trial.negatives > 0)) return `opening balance + ${trial.rows} rows = closing balance`;
  return null;
}

/**
 * The sign of plain amounts. A balance that closes proves it, unless both signs close, or other signs of the file say that the
 * balance is a debt.
 */
function signOf(trial: Trial, result: TrialResult, given: boolean): { inverted: boolean; doubt: string | null } {
  if (given) return { inverted: false, doubt: null };
  const proven = new Set(result.proven.map(({ inverted }) => inverted));
  const byDates = result.proven.filter(({ order }) => result.direction === null || order === result.direction);
  const left = new Set(byDates.map(({ inverted }) => inverted));
  const marked = trial.marksAgree + trial.marksDisagree > 0;
  const marksSay = !marked ? null : trial.marksAgree === 0 ? true : trial.marksDisagree === 0 ? false : null;
  const repaymentsSay = trial.repaymentsOut + trial.repaymentsIn === 0 ? null : trial.repaymentsIn === 0;
  const hint = marksSay ?? repaymentsSay;
  if (proven.size > 0) {
    const [inverted = hint ?? false] = left.size === 1 ? left : [hint ?? false];
    if (left.size !== 1) return { inverted, doubt: 'the running balance closes with both signs of the amounts' };
    if (hint !== null && hint !== inverted)
      return {
        inverted,
        doubt: 'the balance closes, but by the words of the file it is a debt: the amounts may have the other sign',
      };
    return { inverted, doubt: hint === null && mayBeDebt(trial, inverted) ? DEBT : null };
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

const DEBT =
  'the balance closes, but by it most rows are income: if it is a debt, as cards show it, the amounts have the other sign';

/**
 * A balance that is shown as a debt closes as well, with the signs turned around. Hardly anybody has more income than purchases on
 * a card: where most rows would be income, a person has to say what it is. A few rows may be anything: there it takes more.
 */
function mayBeDebt({ negatives, positives }: Trial, inverted: boolean): boolean {
  const [income, spending] = inverted ? [negatives, positives] : [positives, negatives];
  return income > (inverted || income + spending >= 10 ? spending : 2 * spending);
}
