/** Amounts and balances as whole numbers of millionths: exact, and quick to add. */
const DECIMALS = 6;

/** An exact numeral in millionths; null when it is finer than that. */
export function millionths(numeral: string): bigint | null {
  const point = numeral.indexOf('.');
  if (point < 0) return BigInt(numeral) * 1_000_000n;
  const fraction = numeral.length - point - 1;
  if (fraction > DECIMALS) return null;
  return BigInt(numeral.slice(0, point) + numeral.slice(point + 1).padEnd(DECIMALS, '0'));
}

export type RowOrder = 'oldestFirst' | 'newestFirst';

interface Claim {
  readonly order: RowOrder;
  readonly inverted: boolean;
  broken: boolean;
}

interface Chain {
  balance: bigint;
  amount: bigint;
  /** Amounts of rows without balance since. */
  between: bigint;
}

/** More accounts than this in one file are not followed; there is no proof then. */
const MOST_CHAINS = 100_000;

/**
 * Whether a running balance closes: each balance is the one before plus the amounts since, exactly, for every account. What
 * stands at the end is proven by every row: the column of amounts, their sign, the decimal mark, and which row came first.
 */
export class BalanceProof {
  private readonly claims: Claim[];
  private readonly chains = new Map<string, Chain>();
  private links = 0;
  private rows = 0;
  private lost = false;

  /** @param mayBeInverted whether the sign of the amounts is to be proven, too */
  constructor(mayBeInverted: boolean) {
    const orders: readonly RowOrder[] = ['oldestFirst', 'newestFirst'];
    this.claims = orders.flatMap((order) =>
      (mayBeInverted ? [false, true] : [false]).map((inverted) => ({ order, inverted, broken: false })),
    );
  }

  /**
   * @param balance null where the row has none
   */
  add(account: string, amount: string, balance: string | null): void {
    if (this.lost) return;
    this.rows++;
    const [moved, stands] = [millionths(amount), balance === null ? null : millionths(balance)];
    if (moved === null || (balance !== null && stands === null)) {
      this.lost = true;
      return;
    }
    const chain = this.chains.get(account);
    if (stands === null) {
      if (chain !== undefined) chain.between += moved;
      return;
    }
    if (chain === undefined) {
      if (this.chains.size >= MOST_CHAINS) this.lost = true;
      else this.chains.set(account, { balance: stands, amount: moved, between: 0n });
      return;
    }
    const difference = stands - chain.balance;
    if (difference !== 0n) this.links++;
    // Older rows first: this row and those since the last balance made the difference. Newer first: that row and those since did.
    const forward = chain.between + moved;
    const backward = -(chain.between + chain.amount);
    for (const claim of this.claims) {
      const expected = claim.order === 'oldestFirst' ? forward : backward;
      if (difference !== (claim.inverted ? -expected : expected)) claim.broken = true;
    }
    chain.balance = stands;
    chain.amount = moved;
    chain.between = 0n;
  }

  /** Whether what there is closes, and is not enough. */
  get tooFew(): boolean {
    return (
      !this.lost && this.chains.size > 0 && this.claims.some(({ broken }) => !broken) && this.result().length === 0
    );
  }

  /** What holds for all rows: nothing unless at least two balances changed, and most rows took part. */
  result(): readonly { readonly order: RowOrder; readonly inverted: boolean }[] {
    const covered = this.rows - this.chains.size;
    if (this.lost || this.links < 2 || covered * 2 < this.rows) return [];
    return this.claims.filter(({ broken }) => !broken).map(({ order, inverted }) => ({ order, inverted }));
  }
}
