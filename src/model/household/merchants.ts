/** A kind of everyday spending. All merchants are invented; MCCs are those of ISO 18245 for the trade. */
export interface Spending {
  readonly category: string;
  readonly subcategory: string;
  readonly mcc: string;
  readonly merchants: readonly string[];
  /** Hundredths, smallest and largest. */
  readonly cents: readonly [number, number];
  readonly channel: 'pos' | 'online' | 'atm';
  /** How often, relative to the others. */
  readonly weight: number;
  /** Goods that people sometimes take back. */
  readonly returnable?: boolean;
  /** Cash comes from the checking account; all else is paid by credit card. */
  readonly fromChecking?: boolean;
}

/** What is bought at home. */
export const AT_HOME: readonly Spending[] = [
  spending('Groceries', 'Supermarket', '5411', [1200, 11800], 'pos', 34, [
    'Greenfield Market',
    'Harvest & Co',
    "O'Leary's Foods",
    'La Bodega Peña',
    'Sunrise Grocers',
  ]),
  spending('Groceries', 'Convenience store', '5499', [350, 2800], 'pos', 10, ['Corner Stop', 'QuickNook', '24/7 Mart']),
  spending('Groceries', 'Bakery', '5462', [420, 2400], 'pos', 8, [
    'Bäckerei Müller',
    'Flour & Stone',
    'Pâtisserie Élan',
  ]),
  spending('Dining', 'Restaurant', '5812', [1900, 13500], 'pos', 15, [
    'Trattoria Nonna Lucía',
    '寿司 さくら',
    'The Copper Spoon',
    'Żurek Polish Kitchen',
    'Blue Agave',
    'Saffron Garden',
  ]),
  spending('Dining', 'Fast food', '5814', [650, 2900], 'pos', 14, [
    'Burger Barn',
    'Taco Loco',
    'Noodle Box',
    'Slice "n" Go',
  ]),
  spending('Dining', 'Coffee', '5814', [350, 1250], 'pos', 18, ['Café Olé', 'Daily Grind', 'Kaffeehaus Nord']),
  spending('Dining', 'Delivery', '5812', [1800, 6800], 'online', 6, ['DishDash', 'Chow Now Later']),
  spending('Dining', 'Bar', '5813', [900, 7200], 'pos', 4, ['The Crooked Oak', 'Hop & Barrel']),
  spending('Fuel', 'Gas station', '5541', [2400, 7800], 'pos', 11, ['Roadstar Fuel', 'Petro Point', 'Gasmart #118']),
  spending('Transport', 'Transit', '4111', [240, 600], 'pos', 9, ['Metro Transit', 'CityLine Bus']),
  spending('Transport', 'Rideshare', '4121', [900, 5200], 'online', 6, ['HopIn Rides', 'Zipcab']),
  spending('Transport', 'Parking', '7523', [200, 2400], 'pos', 5, ['ParkEasy', 'Central Garage']),
  spending('Transport', 'Car repair', '7538', [8500, 86000], 'pos', 1, ['Auto Clinic', 'Brake & Lube']),
  spending('Health', 'Pharmacy', '5912', [450, 7900], 'pos', 8, [
    'Wellspring Pharmacy',
    'Apotheke am Park',
    'MediCorner',
  ]),
  spending('Health', 'Doctor', '8011', [2500, 15000], 'pos', 2, ['Lakeside Family Practice', 'Dr. Nguyễn Thị Hoa']),
  spending('Health', 'Dentist', '8021', [6000, 29000], 'pos', 1, ['Bright Smile Dental']),
  spending('Shopping', 'Online store', '5999', [900, 11500], 'online', 14, [
    'Parcelhaus',
    'ShopRiver',
    'Everything & More',
  ]),
  spending('Shopping', 'Clothing', '5651', [1900, 14000], 'pos', 5, ['Thread & Button', 'Nordkleid', 'Moda Ñandú']),
  spending('Shopping', 'Electronics', '5732', [1900, 74000], 'online', 3, ['Voltage', 'Pixel Depot']),
  spending('Shopping', 'Home improvement', '5211', [800, 34000], 'pos', 4, ['Hammer & Nail', 'TimberYard']),
  spending('Shopping', 'Books', '5942', [800, 6400], 'pos', 4, ['Paper Lantern Books', 'Librería Cervantes']),
  spending('Entertainment', 'Cinema', '7832', [1200, 5600], 'pos', 3, ['Grand Lux Cinema']),
  spending('Entertainment', 'Events', '7922', [3500, 24000], 'online', 2, ['TicketOwl', 'Théâtre de la Ville']),
  spending('Entertainment', 'Games', '5816', [499, 6999], 'online', 3, ['PlayDepot']),
  spending('Personal care', 'Hairdresser', '7230', [2200, 9500], 'pos', 3, ['Salon Bellevue', 'Kings Barber']),
  spending('Pets', 'Pet supplies', '5995', [1400, 9800], 'pos', 3, ['Paws & Claws']),
  spending('Cash', 'ATM withdrawal', '6011', [2000, 30000], 'atm', 3, ['First Harbor ATM']),
];

/** What is bought on a trip, wherever that goes; the merchants are the destination's. */
export const ON_A_TRIP: readonly Omit<Spending, 'merchants'>[] = [
  { category: 'Dining', subcategory: 'Restaurant', mcc: '5812', cents: [1500, 9500], channel: 'pos', weight: 10 },
  { category: 'Dining', subcategory: 'Coffee', mcc: '5814', cents: [300, 1100], channel: 'pos', weight: 7 },
  { category: 'Transport', subcategory: 'Transit', mcc: '4111', cents: [200, 1800], channel: 'pos', weight: 5 },
  { category: 'Travel', subcategory: 'Museum', mcc: '7991', cents: [900, 3600], channel: 'pos', weight: 3 },
  { category: 'Shopping', subcategory: 'Souvenirs', mcc: '5947', cents: [700, 8500], channel: 'pos', weight: 3 },
  { category: 'Groceries', subcategory: 'Supermarket', mcc: '5411', cents: [500, 4200], channel: 'pos', weight: 3 },
];

function spending(
  category: string,
  subcategory: string,
  mcc: string,
  cents: readonly [number, number],
  channel: Spending['channel'],
  weight: number,
  merchants: readonly string[],
): Spending {
  return {
    category,
    subcategory,
    mcc,
    cents,
    channel,
    weight,
    merchants,
    returnable: category === 'Shopping',
    fromChecking: channel === 'atm',
  };
}

/** Each item as often as it weighs, so that a weighted choice is one look-up. */
export function byWeight<T extends { readonly weight: number }>(items: readonly T[]): readonly T[] {
  return items.flatMap((item) => Array.from({ length: item.weight }, () => item));
}
