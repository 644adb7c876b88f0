import type { CalendarView } from '../../app/dashboard/calendar.ts';
import { type HeatDay, heatmap, heatSteps } from './charts/heatmap.ts';
import { emptyChart } from './charts/mark.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere, linkTo } from './links.ts';
import { panel } from './panel.ts';
import { spanName } from './periodNames.ts';
import { inNoSum } from './reportLead.ts';
import { withinBytes } from './weight.ts';

/** More years at once than this are a heavy page: each day is a door, and with many filters one year is. */
const MOST_YEARS = 2;
/** They have nearly all of the page to themselves. */
const MOST_BYTES = 115_000;

/** What was spent on each day, a year a sheet. */
export function calendarPage({ request, baseCurrency, days, notNormalized }: CalendarView, frame: Frame): Html {
  const ink = new Ink(frame, baseCurrency.currency);
  const { locale } = frame;
  const stepOf = heatSteps(days.map(({ spending }) => -Number(spending)));
  const name = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
  const marks = new Map(
    days.map(({ day, spending }): [string, HeatDay] => [
      day,
      {
        day,
        step: stepOf(-Number(spending)),
        href: ink.behind([
          { by: 'day', from: day, to: day },
          { by: 'flow', value: 'spending' },
        ]),
        says: `${name.format(new Date(`${day}T00:00:00Z`))}: ${ink.money(spending)}`,
        sum: ink.sum(spending),
      },
    ]),
  );
  const years = [...new Set(days.map(({ day }) => day.slice(0, 4)))].reverse();
  const names = {
    months: Array.from({ length: 12 }, (_, month) =>
      new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2024, month, 1))),
    ),
    weekdays: Array.from({ length: 7 }, (_, day) =>
      new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(
        new Date(Date.UTC(2024, 0, 1 + day)),
      ),
    ),
  };
  const sheets = withinBytes(
    years.slice(0, MOST_YEARS).map((year) =>
      panel(
        {
          title: year,
          ink,
          wide: true,
          table: linkTo(frame, 'cashflow', { by: 'day' }),
          exports: { report: 'cashflow', changes: { by: 'day', limit: null } },
        },
        html`<div class="plot ends heat">${heatmap(Number(year), marks, { ...names, title: `Spending by day in ${year}` })}</div>`,
      ),
    ),
    MOST_BYTES,
    1,
  );
  const earlier = years.slice(sheets.length);
  return html`<p class="lead">${spanName(request.period.from, request.period.to, locale)} · spending in ${ink.currency}${inNoSum(notNormalized, ink)} · five steps, each with a fifth of the days <svg class="steps" viewBox="0 0 75 11" width="75" height="11" role="img" aria-label="from little to much">${[1, 2, 3, 4, 5].map((step) => html`<rect class="heat-${step}" x="${(step - 1) * 15}" y="0" width="11" height="11"/>`)}</svg></p>
${years.length === 0 && emptyChart()}${sheets}${
  earlier.length > 0 &&
  html`<p class="choices">earlier years ${earlier.map((year) => html`<a href="${linkHere(frame, { period: year, from: null, to: null })}">${year}</a> `)}</p>`
}`;
}
