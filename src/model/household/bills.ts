import type { DayParts } from './calendar.ts';
import type { Random } from './random.ts';

/** Something that is paid every month, or once a year. */
export interface Bill {
  readonly merchant: string;
  readonly mcc: string;
  readonly category: string;
  readonly subcategory: string;
  readonly dueDay: number;
  readonly cents: number;
  readonly channel: 'direct_debit' | 'standing_order' | 'online';
  /** Subscriptions are on the credit card, the rest is taken from the checking account. */
  readonly onCard: boolean;
  /** How much the amount varies, in percent of it; 0 for a fixed price. */
  readonly variesBy: number;
  /** The price from a month of the period on, counted from 0. */
  readonly rise?: { readonly fromMonth: number; readonly cents: number };
  /** The month of the period in which it is paid for the last time. */
  readonly lastMonth?: number;
  /** For yearly ones: the month, 0 for January. */
  readonly yearlyIn?: number;
}

type Terms = Pick<Bill, 'rise' | 'lastMonth' | 'yearlyIn'>;

/**
 * The bills of one household.
 * @param months how many months the sample covers: one subscription gets dearer about half-way, another one ends
 */
export function makeBills(random: Random, months: number): readonly Bill[] {
  const half = Math.trunc(months / 2);
  const rent = random.integer(1550, 2450) * 100;
  const day = (from: number, to: number): number => random.integer(from, to);
  return [
    bill('Housing', 'Rent', '6513', 'Maple Court Apartments', 1, rent, 'standing_order', 0, {
      rise: { fromMonth: Math.max(1, half), cents: Math.round((rent * 103) / 10_000) * 100 },
    }),
    bill(
      'Utilities',
      'Electricity',
      '4900',
      'Cascade Power',
      day(5, 9),
      random.integer(7800, 12_500),
      'direct_debit',
      35,
    ),
    bill(
      'Utilities',
      'Water',
      '4900',
      'Municipal Water Works',
      day(10, 14),
      random.integer(3200, 5200),
      'direct_debit',
      12,
    ),
    bill('Utilities', 'Internet', '4814', 'Lumen Fiber', day(12, 18), 6995, 'direct_debit', 0),
    bill(
      'Utilities',
      'Mobile',
      '4814',
      'TalkMore Mobile',
      day(3, 8),
      random.pick([4500, 6000, 8500]),
      'direct_debit',
      0,
    ),
    bill('Insurance', 'Car', '6300', 'Evergreen Mutual', day(2, 6), random.integer(9800, 16_400), 'direct_debit', 0),
    subscription('Video', '4899', 'Streamhaus', day(4, 24), 1549, {
      rise: { fromMonth: Math.max(1, half), cents: 1799 },
    }),
    subscription('Music', '5815', 'Tonspur', day(4, 24), 1099),
    subscription('Cloud storage', '4816', 'NimbusDrive', day(4, 24), 299),
    subscription('Gym', '7997', 'FitFabrik', day(4, 24), 3900, { lastMonth: Math.max(0, half + 2) }),
    subscription('News', '5968', 'The Daily Ledger', day(4, 24), 1200),
    subscription('Software', '5817', 'Penwright Pro', day(4, 24), 9900, { yearlyIn: random.integer(0, 11) }),
    bill(
      'Giving',
      'Donation',
      '8398',
      'Médecins du Monde Réel',
      28,
      random.pick([1500, 2500, 4000]),
      'standing_order',
      0,
    ),
  ];
}

/** What is due on this day, in cents (positive), or null. */
export function amountDue(bill: Bill, today: DayParts, monthOfPeriod: number, random: Random): number | null {
  if (today.dayOfMonth !== Math.min(bill.dueDay, today.daysInMonth)) return null;
  if (bill.lastMonth !== undefined && monthOfPeriod > bill.lastMonth) return null;
  if (bill.yearlyIn !== undefined && today.month % 12 !== bill.yearlyIn) return null;
  const cents = bill.rise !== undefined && monthOfPeriod >= bill.rise.fromMonth ? bill.rise.cents : bill.cents;
  if (bill.variesBy === 0) return cents;
  return Math.max(1, cents + Math.trunc((cents * random.integer(-bill.variesBy, bill.variesBy)) / 100));
}

function bill(
  category: string,
  subcategory: string,
  mcc: string,
  merchant: string,
  dueDay: number,
  cents: number,
  channel: Bill['channel'],
  variesBy: number,
  terms: Terms = {},
): Bill {
  return { category, subcategory, mcc, merchant, dueDay, cents, channel, variesBy, onCard: false, ...terms };
}

function subscription(
  subcategory: string,
  mcc: string,
  merchant: string,
  dueDay: number,
  cents: number,
  terms: Terms = {},
): Bill {
  const channel = 'online';
  return {
    category: 'Subscriptions',
    subcategory,
    mcc,
    merchant,
    dueDay,
    cents,
    channel,
    variesBy: 0,
    onCard: true,
    ...terms,
  };
}
