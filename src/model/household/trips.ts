import type { Day } from './calendar.ts';
import { DESTINATIONS, type Destination } from './destinations.ts';
import type { Random } from './random.ts';

export interface Trip {
  readonly destination: Destination;
  readonly firstDay: Day;
  readonly lastDay: Day;
}

/** A few trips abroad, in order, within the period; none to where the home currency is used. */
export function planTrips(random: Random, firstDay: Day, lastDay: Day, homeCurrency: string): readonly Trip[] {
  const abroad = DESTINATIONS.filter(({ currency }) => currency !== homeCurrency);
  const trips: Trip[] = [];
  let start = firstDay + random.integer(20, 80);
  while (start + 9 <= lastDay) {
    const end = start + random.integer(4, 9);
    trips.push({ destination: random.pick(abroad), firstDay: start, lastDay: end });
    start = end + random.integer(70, 150);
  }
  return trips;
}
