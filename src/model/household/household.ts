import { type Bill, makeBills } from './bills.ts';
import type { Day } from './calendar.ts';
import { HOMES } from './destinations.ts';
import type { Posting } from './posting.ts';
import { Random } from './random.ts';
import { planTrips, type Trip } from './trips.ts';

/** The days that a sample covers, both included. */
export interface Period {
  readonly firstDay: Day;
  readonly lastDay: Day;
  /** Month number (see DayParts.month) of the first day. */
  readonly firstMonth: number;
  readonly months: number;
}

/** A posting that is already known to come. */
export interface Expected {
  readonly day: Day;
  readonly posting: Posting;
}

/** A household: what it is, and the little that has to be remembered from day to day. */
export interface Household {
  readonly random: Random;
  readonly checking: string;
  readonly savings: string;
  readonly card: string;
  readonly currency: string;
  readonly home: (typeof HOMES)[number];
  readonly salaries: readonly Salary[];
  readonly bills: readonly Bill[];
  readonly trips: readonly Trip[];
  readonly monthlySaving: number;
  /** Index of the trip that is next or going on. */
  nextTrip: number;
  /** Spent by card since its last payment. */
  cardCents: number;
  savingsCents: number;
  /** Second legs of transfers. */
  expected: Expected[];
  /** Goods taken back, whose money comes when the day's purchases are made. */
  refunds: Expected[];
}

export interface Salary {
  readonly employer: string;
  /** Days of the month, 31 for the last. */
  readonly payDays: readonly number[];
  readonly cents: number;
}

const EMPLOYERS = ['Northwind Labs', 'Bluebird Clinics', 'Atelier Größer', 'Harbor Logistics', 'Quercus School'];

/** @param number from 1; the same (seed, number, period, currency) makes the same household */
export function makeHousehold(seed: number, number: number, period: Period, currency: string): Household {
  const random = new Random(seed, number);
  const suffix = String(number).padStart(3, '0');
  return {
    random,
    checking: `checking-${suffix}`,
    savings: `savings-${suffix}`,
    card: `card-${suffix}`,
    currency,
    home: random.pick(HOMES),
    salaries: [
      { employer: random.pick(EMPLOYERS), payDays: [15, 31], cents: random.integer(245_000, 325_000) },
      { employer: 'Lakeview University', payDays: [25], cents: random.integer(350_000, 440_000) },
    ],
    bills: makeBills(random, period.months),
    trips: planTrips(random, period.firstDay, period.lastDay, currency),
    monthlySaving: random.pick([30_000, 50_000, 75_000]),
    nextTrip: 0,
    cardCents: 0,
    savingsCents: random.integer(400_000, 1_800_000),
    expected: [],
    refunds: [],
  };
}

/** The trip that is going on, if any. Days must be asked for in order. */
export function currentTrip(household: Household, day: Day): Trip | undefined {
  let trip = household.trips[household.nextTrip];
  while (trip !== undefined && trip.lastDay < day) trip = household.trips[++household.nextTrip];
  return trip !== undefined && trip.firstDay <= day ? trip : undefined;
}
