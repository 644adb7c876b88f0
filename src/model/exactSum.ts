/**
 * What decimals add up to, with all their digits.
 * @param amounts as DuckDB writes DECIMAL: `-12.50`
 */
export function exactSum(amounts: readonly string[]): string {
  const scale = Math.max(0, ...amounts.map((text) => fraction(text).length));
  const sum = amounts.reduce((all, text) => all + scaled(text, scale), 0n);
  if (scale === 0) return String(sum);
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function scaled(text: string, scale: number): bigint {
  const [whole = '0'] = text.split('.');
  return BigInt(`${whole}${fraction(text).padEnd(scale, '0')}`);
}

function fraction(text: string): string {
  return text.split('.')[1] ?? '';
}
