import { type Narrowing, narrowingText } from '../../analytics/narrowing.ts';
import { agreeing } from '../../model/counted.ts';
import { type NumberStyle, numberStyle } from '../../render/money.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { type Changes, linkTo } from './links.ts';

/** What stands for an amount in privacy mode: it is not on the page at all, in no title and no label either. */
export const HIDDEN = '•••';

/** What may be an amount among words: 1.234,56 or 1,234.56 or 12.5, and no day, time or id. */
const AMOUNT_IN_TEXT = /(?<![\d.,:\u002d])\d{1,3}(?:[.,' ]?\d{3})*[.,]\d{1,9}(?![\d.,:\u002d])/g;

/** Parameters of the report's own period, where it is another than the page's; and whether every row counts. */
export type Scope = Changes;

export const EVERY_ROW: Scope = { 'every-row': '1' };

/** How a page writes figures: by the locale, hidden in privacy mode, and each a door to the transactions behind it. */
export class Ink {
  readonly frame: Frame;
  readonly hidden: boolean;
  readonly currency: string;
  private readonly style: NumberStyle;
  private readonly compact: Intl.NumberFormat;

  constructor(frame: Frame, currency: string) {
    this.frame = frame;
    this.currency = currency;
    this.hidden = isPrivate(frame.query);
    this.style = numberStyle(frame.locale, currency);
    this.compact = new Intl.NumberFormat(frame.locale, { notation: 'compact', maximumFractionDigits: 1 });
  }

  /** Money in the base currency. */
  money(text: string | null | undefined): string {
    return text == null ? '' : this.hidden ? HIDDEN : withMinus(this.style.money(text));
  }

  amount(text: string | null | undefined, currency: string | null): string {
    return text == null ? '' : this.hidden ? HIDDEN : withMinus(this.style.amount(text, currency));
  }

  /** Text that others wrote, which may have amounts in it. */
  words(text: string): string {
    return this.hidden ? text.replace(AMOUNT_IN_TEXT, HIDDEN) : text;
  }

  count(text: string | number): string {
    return this.style.count(text);
  }

  /** `1 row`, `1,200 rows`. */
  countOf(text: string | number, noun: string): string {
    return `${this.count(text)} ${agreeing(text, noun, `${noun}s`)}`;
  }

  /** Rates and shares tell nothing of the amounts. */
  share(ratio: number | null): string {
    return withMinus(this.style.share(ratio));
  }

  number(value: number | null): string {
    return withMinus(this.style.number(value));
  }

  /** A round number at an axis. */
  tick(value: number): string {
    return this.hidden ? '' : withMinus(this.compact.format(value));
  }

  /** The address of the transactions that a figure is made of. */
  behind(only: readonly Narrowing[], scope: Scope = {}): string {
    return linkTo(this.frame, 'transactions', { ...scope, only: only.map(narrowingText) });
  }

  /** The attribute that says what the list behind must add up to. */
  sum(text: string | null | undefined): string | null {
    return text == null || this.hidden ? null : text;
  }

  /** Money that leads to its transactions. */
  figure(text: string | null | undefined, only: readonly Narrowing[], scope: Scope = {}): Html | null {
    if (text == null) return null;
    const exact = this.sum(text);
    return html`<a href="${this.behind(only, scope)}"${exact !== null && html` data-sum="${exact}"`}>${this.money(text)}</a>`;
  }

  /** Original amounts that lead to theirs. */
  original(
    text: string | null | undefined,
    currency: string | null,
    only: readonly Narrowing[],
    scope: Scope = {},
  ): Html | null {
    if (text == null) return null;
    return html`<a href="${this.behind(only, scope)}"${!this.hidden && html` data-original="${text}"`}>${this.amount(text, currency)}</a>`;
  }

  /** A number of transactions that leads to them. */
  counted(text: string | null | undefined, only: readonly Narrowing[], scope: Scope = {}): Html | null {
    if (text == null) return null;
    return html`<a href="${this.behind(only, scope)}" data-count="${text}">${this.count(text)}</a>`;
  }
}

export function isPrivate(query: URLSearchParams): boolean {
  return ['1', 'true', ''].includes(query.get('private') ?? '0');
}

/** The minus sign proper, as wide as a plus. */
export function withMinus(text: string): string {
  return text.replaceAll('-', '\u2212');
}
