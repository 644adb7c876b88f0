/**
 * Exact decimal numerals: an optional minus, digits, and a point with digits where there is a fraction. The only form in which
 * money travels here. Nothing is ever rounded; sums are exact for any number of digits.
 */
const NUMERAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** `+007.50` becomes `7.50`: no plus, no needless zeros in front, digits of the fraction as they are. Null for what is no numeral. */
export function normalNumeral(text: string): string | null {
  const match = NUMERAL.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return null;
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  const negative = sign === '-' && /[1-9]/.test(whole + fraction);
  return `${negative ? '-' : ''}${digits}${fraction === '' ? '' : `.${fraction}`}`;
}

export function negated(numeral: string): string {
  if (!/[1-9]/.test(numeral)) return numeral;
  return numeral.startsWith('-') ? numeral.slice(1) : `-${numeral}`;
}

/** Adds numerals exactly. */
export class Sum {
  private scaled = 0n;
  private scale = 0;

  add(numeral: string): this {
    const { scaled, scale } = parts(numeral);
    if (scale > this.scale) {
      this.scaled *= 10n ** BigInt(scale - this.scale);
      this.scale = scale;
    }
    this.scaled += scaled * 10n ** BigInt(this.scale - scale);
    return this;
  }

  /** With as many decimals as the finest of what was added. */
  toString(): string {
    const digits = String(this.scaled < 0n ? -this.scaled : this.scaled).padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    return `${this.scaled < 0n ? '-' : ''}${digits.slice(0, point)}${this.scale === 0 ? '' : `.${digits.slice(point)}`}`;
  }
}

/** -1, 0 or 1: `1.5` equals `1.50`. */
export function compareNumerals(left: string, right: string): number {
  const difference = new Sum().add(left).add(negated(right)).toString();
  if (!/[1-9]/.test(difference)) return 0;
  return difference.startsWith('-') ? -1 : 1;
}

function parts(numeral: string): { scaled: bigint; scale: number } {
  const point = numeral.indexOf('.');
  if (point < 0) return { scaled: BigInt(numeral), scale: 0 };
  return { scaled: BigInt(numeral.slice(0, point) + numeral.slice(point + 1)), scale: numeral.length - point - 1 };
}
