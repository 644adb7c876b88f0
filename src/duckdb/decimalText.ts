/** Decimal text of a scaled integer given by its digits: ('-1234', 2) is '-12.34'. Exact for any length. */
export function decimalText(scaled: string, scale: number): string {
  if (scale === 0) return scaled;
  const negative = scaled.charCodeAt(0) === 45;
  const digits = (negative ? scaled.slice(1) : scaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Shortest text that reads back as the same 32-bit float, as DuckDB prints it: 0.1 rather than 0.10000000149011612. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return doubleText(value);
  for (let precision = 6; precision < 9; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Shortest text that reads back as the same 64-bit float; minus zero keeps its sign. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
