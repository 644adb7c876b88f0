import type { StatsResult } from '../../app/stats/stats.ts';
import { agreeing } from '../../model/counted.ts';
import { type Html, html } from './html.ts';
import { EVERY_ROW, type Ink, type Scope } from './ink.ts';
import { linkHere } from './links.ts';
import { spanName } from './periodNames.ts';

type Lead = Pick<StatsResult, 'request' | 'baseCurrency' | 'transferRows' | 'scope' | 'apart'>;

/**
 * That rows have no amount in the base currency, with the way to them; null where all have one.
 * @param own parameters of the days that are meant, where they are others than the page's
 */
export function inNoSum(notNormalized: string, ink: Ink, own: Scope = {}): Html | null {
  if (notNormalized === '0') return null;
  return html` · <a href="${ink.behind([{ by: 'normalized', value: 'no' }], { ...own, ...EVERY_ROW })}">${ink.countOf(notNormalized, 'row')}</a> ${agreeing(notNormalized, 'has', 'have')} no amount in ${ink.currency} and ${agreeing(notNormalized, 'is', 'are')} in no sum`;
}

/** The line beneath a page's title: which days, which currency, and what was left out. */
export function reportLead({ request, baseCurrency, transferRows, scope, apart }: Lead, ink: Ink): Html {
  const { period, span, withTransfers } = request;
  const left = transferRows !== null && transferRows > 0;
  const { frame } = ink;
  return html`<p class="lead">${spanName(period.from, period.to, frame.locale)}${
    span !== null &&
    period.from === null &&
    html`, <span class="whole">${span.from}</span> to <span class="whole">${span.to}</span>`
  } · in ${baseCurrency.currency}${
    left &&
    html` · <a href="${linkHere(frame, { 'with-transfers': '1' })}">${ink.countOf(transferRows, 'row')} of transfers between own accounts</a> left out`
  }${withTransfers && html` · transfers included (<a href="${linkHere(frame, { 'with-transfers': null })}">leave them out</a>)`}${inNoSum(
    scope.not_normalized,
    ink,
  )}${apart !== null && Number(apart.future) > 0 && html` · ${ink.countOf(apart.future, 'row')} ${agreeing(apart.future, 'is', 'are')} dated after today and left out`}${
    apart !== null && Number(apart.undated) > 0 && html` · ${ink.countOf(apart.undated, 'row')} without a day left out`
  }</p>
${baseCurrency.doubt !== null && html`<p class="warning" role="note">${baseCurrency.doubt}</p>`}`;
}
