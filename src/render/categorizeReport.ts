import type { CategorizeResult, RefiledExample } from '../app/categorize/categorizeByRules.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { durationText } from './amount.ts';
import { jsonNumeral } from './json.ts';
import { printable } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';

/** The document of `categorize --rules --json`. */
export function categorizeDocument(result: CategorizeResult): Record<string, unknown> {
  return {
    status: result.dryRun ? 'dry-run' : 'ok',
    table: result.table,
    rules_file: result.rulesFile,
    rules: result.rules,
    rows: result.rows,
    matched: result.matched,
    changed: result.changed,
    by_rule: result.byRule,
    examples: result.examples.map((row) => ({
      tx_id: row.txId,
      day: row.day,
      account: row.account,
      amount: jsonNumeral(row.amount),
      rule: row.rule,
      merchant: { from: row.merchant, to: row.newMerchant },
      category: { from: row.category, to: row.newCategory },
      subcategory: { from: row.subcategory, to: row.newSubcategory },
    })),
    seconds: result.seconds,
  };
}

export function renderCategorize(result: CategorizeResult, style: TableStyle): string {
  const { dryRun, changed, matched, rows } = result;
  const lines = [
    `${counted(changed, 'row')} of ${result.table} ${dryRun ? 'would change' : 'changed'} by ${counted(result.rules, 'rule')} (${grouped(matched)} of ${grouped(rows)} that rules may file match; ${durationText(result.seconds)}).`,
  ];
  if (dryRun && result.examples.length > 0) lines.push(exampleTable(result.examples, style));
  const idle = result.byRule.filter((one) => one.rows === 0).map(({ line }) => line);
  if (idle.length > 0)
    lines.push(
      `Rules that change nothing: ${agreeing(idle.length, 'line', 'lines')} ${idle.slice(0, 10).join(', ')}${idle.length > 10 ? ' …' : ''}`,
    );
  if (!dryRun && changed > 0) lines.push('Next: finance-db sync');
  return `${lines.join('\n')}\n`;
}

function exampleTable(rows: readonly RefiledExample[], style: TableStyle): string {
  const filed = (category: string | null, subcategory: string | null): string =>
    printable([category ?? '-', subcategory].filter((part) => part !== null).join(' / '));
  return renderTable(
    [
      { title: 'day' },
      { title: 'amount', align: 'right' },
      { title: 'payee' },
      { title: 'was' },
      { title: 'becomes' },
      { title: 'rule', align: 'right' },
    ],
    rows.map((row) => [
      row.day,
      row.amount,
      printable(row.newMerchant === row.merchant ? (row.merchant ?? '') : `${row.merchant ?? ''} → ${row.newMerchant}`),
      filed(row.category, row.subcategory),
      filed(row.newCategory, row.newSubcategory),
      String(row.rule),
    ]),
    style,
  );
}
