import type { HealthRow } from '../../analytics/health.ts';
import { HEALTH_CHECKS } from '../../analytics/healthChecks.ts';
import { GROUP_COLUMNS, type Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { EVERY_ROW, Ink } from './ink.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

const LINKED = ['check', 'count'];
/** What it counts are accounts. */
const GAPS = 'gaps';

/** Whether the data itself can be trusted: one line a check. */
export function healthPage(view: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, view.baseCurrency.currency);
  const look = (view.table.rows as unknown as readonly HealthRow[]).filter(({ state }) => state === 'look').length;
  return html`${reportLead(view, ink)}
${panel(
  {
    title: look === 0 ? 'Nothing to look at' : `${ink.count(look)} to look at`,
    ink,
    wide: true,
    exports: { report: 'health' },
    note: 'every row, transfers and rows to come included',
  },
  reportCells(ink, view.table, {
    behind: ({ key }, row) => (LINKED.includes(key) ? rowsOf(String(row['check'] ?? '')) : null),
    cell: ({ key }, { check, count, detail }) => {
      if (check !== GAPS || key !== 'detail' || count === '0') return undefined;
      const account = accountIn(String(detail));
      return account === null
        ? undefined
        : html`<a href="${ink.behind([{ by: 'account', value: account }], EVERY_ROW)}">${String(detail)}</a>`;
    },
    scope: EVERY_ROW,
    caption: 'Checks of the data',
  }),
)}`;
}

/** The rows that a check counts; null where no list is made of them. */
function rowsOf(check: string): readonly Narrowing[] | null {
  if (check === 'rows') return [];
  if (check === 'not normalized') return [{ by: 'normalized', value: 'no' }];
  const named = HEALTH_CHECKS.find((name) => name === (MISSING[check] ?? check));
  if (named !== undefined) return [{ by: 'check', value: named }];
  const [, column] = /^NULL in (\w+)$/.exec(check) ?? [];
  const by = GROUP_COLUMNS.find(([, own]) => own === column)?.[0];
  return by === undefined ? null : [{ by, value: null }];
}

/** Columns that no group is made by. */
const MISSING: Readonly<Record<string, string>> = { 'NULL in timestamp': 'no day', 'NULL in amount': 'no amount' };

/** The account of `longest: account, 50 days before 2026-01-31`. */
function accountIn(detail: string): string | null {
  return /^longest: (.*), \d+ days before \S+$/s.exec(detail)?.[1] ?? null;
}
