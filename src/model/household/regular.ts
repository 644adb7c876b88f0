import { amountDue } from './bills.ts';
import { type DayParts, isDue, isDueOnWorkday } from './calendar.ts';
import { convertCents, spendAbroad } from './currencies.ts';
import type { Household, Period } from './household.ts';
import type { Posting } from './posting.ts';

const BANK = 'First Harbor Bank';
/** A card bill of less is not worth a transfer; also what is paid when nothing was bought. */
const SMALLEST_CARD_PAYMENT = 2500;

/**
 * Everything of one day that follows from the calendar: salary, bills, transfers, interest, flights and hotels.
 * How many postings a day has does not depend on the purchases, so that they can be counted beforehand.
 */
export function regularPostings(household: Household, today: DayParts, period: Period): Posting[] {
  const postings = takeExpected(household, today);
  addSalaries(postings, household, today, period);
  addBills(postings, household, today, period);
  addTransfers(postings, household, today, period);
  addTravel(postings, household, today, period);
  if (today.dayOfMonth === today.daysInMonth) {
    const interest = Math.max(1, Math.trunc((household.savingsCents * 4) / 1200));
    household.savingsCents += interest;
    postings.push(entry(household, 84_600, household.savings, interest, BANK, 'Income', 'Interest', 'system'));
  }
  if (isDue(today, 10) && today.month % 12 === 0)
    postings.push({
      ...entry(household, 3600, household.card, -3900, BANK, 'Fees', 'Card fee', 'system'),
      mcc: '6012',
    });
  return postings;
}

/** A posting of the bank's own kind: no place, no MCC, in the home currency. */
function entry(
  household: Household,
  second: number,
  account: string,
  cents: number,
  merchant: string,
  category: string,
  subcategory: string,
  channel: string,
  recurring = false,
): Posting {
  const { currency } = household;
  return {
    second,
    account,
    cents,
    currency,
    homeCents: cents,
    merchant,
    mcc: null,
    city: null,
    state: null,
    channel,
    category,
    subcategory,
    recurring,
  };
}

function takeExpected(household: Household, today: DayParts): Posting[] {
  if (household.expected.length === 0) return [];
  const due = household.expected.filter(({ day }) => day <= today.day).map(({ posting }) => posting);
  household.expected = household.expected.filter(({ day }) => day > today.day);
  return due;
}

/** Salaries rise by 3.5 percent each January; the first employer pays a bonus in December. */
function addSalaries(postings: Posting[], household: Household, today: DayParts, period: Period): void {
  const { checking } = household;
  const years = Math.trunc(today.month / 12) - Math.trunc(period.firstMonth / 12);
  household.salaries.forEach((salary, index) => {
    if (!salary.payDays.some((payDay) => isDueOnWorkday(today, payDay))) return;
    let cents = salary.cents;
    for (let year = 0; year < years; year++) cents += Math.trunc((cents * 35) / 1000);
    postings.push(entry(household, 21_600, checking, cents, salary.employer, 'Income', 'Salary', 'transfer', true));
    if (index === 0 && today.month % 12 === 11 && today.dayOfMonth < 20)
      postings.push(entry(household, 21_660, checking, cents, salary.employer, 'Income', 'Bonus', 'transfer'));
  });
}

function addBills(postings: Posting[], household: Household, today: DayParts, period: Period): void {
  for (const bill of household.bills) {
    const cents = amountDue(bill, today, today.month - period.firstMonth, household.random);
    if (cents === null) continue;
    const account = bill.onCard ? household.card : household.checking;
    if (bill.onCard) household.cardCents += cents;
    const { merchant, category, subcategory, channel, mcc } = bill;
    const second = bill.onCard ? 36_000 + bill.dueDay * 97 : 18_000 + bill.dueDay * 61;
    postings.push({
      ...entry(household, second, account, -cents, merchant, category, subcategory, channel, true),
      mcc,
    });
  }
}

/** Saving on the 2nd and the card's bill on the 20th; the other account sees the money on the same or the next day. */
function addTransfers(postings: Posting[], household: Household, today: DayParts, period: Period): void {
  const { checking, savings, card, random } = household;
  const move = (to: string, cents: number, out: string, into: string, subcategory: string): void => {
    postings.push(entry(household, 30_000, checking, -cents, out, 'Transfer', subcategory, 'transfer', true));
    const arrival = entry(household, 32_400, to, cents, into, 'Transfer', subcategory, 'transfer', true);
    if (today.day < period.lastDay && random.chance(500))
      household.expected.push({ day: today.day + 1, posting: arrival });
    else postings.push(arrival);
  };
  if (isDue(today, 2)) {
    household.savingsCents += household.monthlySaving;
    move(savings, household.monthlySaving, 'Transfer to savings', 'Transfer from checking', 'Savings');
  }
  if (isDue(today, 20)) {
    const cents = Math.max(household.cardCents, SMALLEST_CARD_PAYMENT);
    household.cardCents = 0;
    move(card, cents, 'Payment to credit card', 'Payment received', 'Card payment');
  }
}

/** The flight is booked online about three weeks ahead, the hotel is paid on leaving. */
function addTravel(postings: Posting[], household: Household, today: DayParts, period: Period): void {
  for (const trip of household.trips) {
    const { destination, firstDay, lastDay } = trip;
    if (today.day === Math.max(period.firstDay, firstDay - 21)) {
      const cents = 38_000 + ((firstDay * 7919) % 62_000);
      household.cardCents += cents;
      postings.push({
        ...entry(household, 70_000, household.card, -cents, 'Albatross Air', 'Travel', 'Flight', 'online'),
        mcc: '4511',
      });
    }
    if (today.day === lastDay) {
      const cents = spendAbroad((lastDay - firstDay) * 11_900, destination.currency, today.day);
      const homeCents = convertCents(cents, destination.currency, household.currency, today.month);
      household.cardCents += homeCents;
      postings.push({
        ...entry(household, 37_800, household.card, -cents, destination.hotel, 'Travel', 'Hotel', 'pos'),
        mcc: '7011',
        currency: destination.currency,
        homeCents: -homeCents,
        city: destination.city,
      });
    }
  }
}
