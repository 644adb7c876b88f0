import type { DayParts } from './calendar.ts';
import { convertCents, spendAbroad } from './currencies.ts';
import { currentTrip, type Household } from './household.ts';
import { AT_HOME, byWeight, ON_A_TRIP, type Spending } from './merchants.ts';
import type { Posting } from './posting.ts';
import type { Trip } from './trips.ts';

const HOME_CHOICES = byWeight(AT_HOME);
const TRIP_CHOICES = byWeight(ON_A_TRIP);

/** When people shop: an hour is here as often as it is busy. */
const HOURS = [
  7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 14, 15, 15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19,
  19, 19, 20, 20, 21, 22, 23,
] as const;

/** One everyday posting: a refund that is due, else a purchase, on a trip mostly in the currency of the place. */
export function everydayPosting(household: Household, today: DayParts): Posting {
  const refund = household.refunds[0];
  if (refund !== undefined && refund.day <= today.day) {
    household.refunds.shift();
    household.cardCents -= refund.posting.homeCents;
    return refund.posting;
  }
  const trip = currentTrip(household, today.day);
  const posting =
    trip !== undefined && household.random.chance(850)
      ? purchaseOnTrip(household, trip, today)
      : purchaseAtHome(household, today);
  if (posting.account === household.card) household.cardCents -= posting.homeCents;
  return posting;
}

function purchaseAtHome(household: Household, today: DayParts): Posting {
  const { random, currency, home } = household;
  const spending: Spending = random.pick(HOME_CHOICES);
  const [low, high] = spending.cents;
  // Cash comes in twenties.
  const cents = spending.channel === 'atm' ? random.integer(1, 15) * 2000 : random.skewed(low, high);
  const remote = spending.channel === 'online';
  const posting: Posting = {
    second: randomSecond(household),
    account: spending.fromChecking === true ? household.checking : household.card,
    cents: -cents,
    currency,
    homeCents: -cents,
    merchant: random.pick(spending.merchants),
    mcc: spending.mcc,
    city: remote ? null : random.pick(home.area),
    state: remote ? null : home.state,
    channel: spending.channel,
    category: spending.category,
    subcategory: spending.subcategory,
    recurring: false,
  };
  if (spending.returnable === true && random.chance(70)) expectRefund(household, posting, today);
  return posting;
}

/** All of it, or half when only a part is taken back. */
function expectRefund(household: Household, purchase: Posting, today: DayParts): void {
  const { random } = household;
  const cents = random.chance(700) ? -purchase.cents : Math.max(1, Math.trunc(-purchase.cents / 2));
  const posting = { ...purchase, second: randomSecond(household), cents, homeCents: cents };
  household.refunds.push({ day: today.day + random.integer(3, 14), posting });
}

function purchaseOnTrip(household: Household, { destination }: Trip, today: DayParts): Posting {
  const { random } = household;
  const spending = random.pick(TRIP_CHOICES);
  const { currency, city } = destination;
  const cents = spendAbroad(random.skewed(spending.cents[0], spending.cents[1]), currency, today.day);
  return {
    second: randomSecond(household),
    account: household.card,
    cents: -cents,
    currency,
    homeCents: -convertCents(cents, currency, household.currency, today.month),
    merchant: random.pick(destination.merchants[spending.subcategory] ?? [destination.city]),
    mcc: spending.mcc,
    city,
    state: null,
    channel: spending.channel,
    category: spending.category,
    subcategory: spending.subcategory,
    recurring: false,
  };
}

function randomSecond({ random }: Household): number {
  return random.pick(HOURS) * 3600 + random.integer(0, 3599);
}
