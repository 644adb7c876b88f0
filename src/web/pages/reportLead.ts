import type { StatsResult } from '../../app/stats/stats.ts';
import { agreeing } from '../../model/counted.ts';
import { type Html, html } from './html.ts';
import { EVERY_ROW, type Ink } from './ink.ts';
import { linkHere } from './links.ts';
import { spanName } from './periodNames.ts';

type Lead = Pick<StatsResult, 'request' | 'baseCurrency' | 'transferRows' | 'scope' | 'apart'>;

/** The line beneath a page's title: which days, which currency, and what was left out. */
export function reportLead({ request, baseCurrency, transferRows, scope, apart }: Lead, ink: Ink): Html {
  const { period, span, withTransfers } = request;
  const left = transferRows !== null && transferRows > 0;
  const { frame } = ink;
  return html`<p class="lead">${spanName(period.from, period.to, frame.locale)}${
    span !== null && period.from === null && html`, ${span.from} to ${span.to}`
  } · in ${baseCurrency.currency}${
    left &&
    html` · <a href="${linkHere(frame, { 'with-transfers': '1' })}">${ink.countOf(transferRows, 'row')} of transfers between own accounts</a> left out`
  }${withTransfers && html` · transfers included (<a href="${linkHere(frame, { 'with-transfers': null })}">leave them out</a>)`}${
    Number(scope.not_normalized) > 0 &&
    html` · <a href="${ink.behind([{ by: 'normalized', value: 'no' }], EVERY_ROW)}">${ink.countOf(scope.not_normalized, 'row')}</a> ${agreeing(scope.not_normalized, 'has', 'have')} no amount in ${baseCurrency.currency} and ${agreeing(scope.not_normalized, 'is', 'are')} in no sum`
  }${apart !== null && Number(apart.future) > 0 && html` · ${ink.countOf(apart.future, 'row')} ${agreeing(apart.future, 'is', 'are')} dated after today and left out`}${
    apart !== null && Number(apart.undated) > 0 && html` · ${ink.countOf(apart.undated, 'row')} without a day left out`
  }</p>
${baseCurrency.doubt !== null && html`<p class="warning" role="note">${baseCurrency.doubt}</p>`}`;
}
