/** Somewhere to travel to. `merchants` are in the order of ON_A_TRIP's subcategories. */
export interface Destination {
  readonly city: string;
  readonly currency: string;
  readonly hotel: string;
  readonly merchants: Readonly<Record<string, readonly string[]>>;
}

function destination(
  city: string,
  currency: string,
  hotel: string,
  [restaurants, coffee, transit, museum, souvenirs, supermarket]: readonly (readonly string[])[],
): Destination {
  const merchants = {
    Restaurant: restaurants ?? [],
    Coffee: coffee ?? [],
    Transit: transit ?? [],
    Museum: museum ?? [],
    Souvenirs: souvenirs ?? [],
    Supermarket: supermarket ?? [],
  };
  return { city, currency, hotel, merchants };
}

/** All names are invented. */
export const DESTINATIONS: readonly Destination[] = [
  destination('Berlin', 'EUR', 'Hotel Drei Linden', [
    ['Gasthaus Zum Löwen', 'Currywurst Köpenick'],
    ['Röstwerk'],
    ['Stadtbahn Berlin'],
    ['Museum der Straße'],
    ['Kunst & Krempel'],
    ['Frischmarkt Grün'],
  ]),
  destination('Paris', 'EUR', 'Hôtel du Pont Neuf', [
    ['Chez Amélie', 'Le Petit Bouchon'],
    ['Café des Étoiles'],
    ['Métro de Paris'],
    ['Musée de la Lumière'],
    ['Aux Souvenirs Dorés'],
    ['Supérette Saint-Denis'],
  ]),
  destination('London', 'GBP', 'The Albion Hotel', [
    ['The Fox & Hound', 'Brick Lane Curry'],
    ['Tea & Crumpet'],
    ['London Transit'],
    ['Museum of Maps'],
    ['Union Gifts'],
    ['Highstreet Grocers'],
  ]),
  destination('Tokyo', 'JPY', 'ホテル 桜の庭', [
    ['ラーメン 一番', '居酒屋 たぬき'],
    ['喫茶 ひだまり'],
    ['東京地下鉄'],
    ['江戸の博物館'],
    ['お土産 ふじ'],
    ['スーパー みどり'],
  ]),
  destination('Zürich', 'CHF', 'Hotel Limmatblick', [
    ['Zunfthaus am See', 'Fondue-Stübli'],
    ['Kafi Zeit'],
    ['Tram Zürich'],
    ['Uhrenmuseum'],
    ['Alpenlädeli'],
    ['Dorfmarkt'],
  ]),
  destination('Montréal', 'CAD', 'Auberge du Vieux-Port', [
    ['Poutine Royale', 'Bistro Côté Cour'],
    ['Café Érable'],
    ['Réseau Montréal'],
    ["Musée d'Hiver"],
    ["Boutique L'Érable"],
    ['Épicerie du Plateau'],
  ]),
  destination('Ciudad de México', 'MXN', 'Hotel Jacaranda', [
    ['Taquería El Güero', 'Mole y Maíz'],
    ['Café Colibrí'],
    ['Metro CDMX'],
    ['Museo del Agua'],
    ['Artesanías Xóchitl'],
    ['Súper Azteca'],
  ]),
  destination('Kraków', 'PLN', 'Hotel Pod Różą', [
    ['Pierogarnia Babcia', 'Gospoda Wawel'],
    ['Kawiarnia Łąka'],
    ['Tramwaje Kraków'],
    ['Muzeum Soli'],
    ['Bursztyn & Spółka'],
    ['Sklep Społem Żabie'],
  ]),
];

/** Where households live. */
export const HOMES: readonly { readonly city: string; readonly state: string; readonly area: readonly string[] }[] = [
  { city: 'Portland', state: 'OR', area: ['Portland', 'Beaverton', 'Gresham'] },
  { city: 'Austin', state: 'TX', area: ['Austin', 'Round Rock', 'Cedar Park'] },
  { city: 'Madison', state: 'WI', area: ['Madison', 'Middleton', 'Sun Prairie'] },
  { city: 'Durham', state: 'NC', area: ['Durham', 'Chapel Hill', 'Cary'] },
  { city: 'Boulder', state: 'CO', area: ['Boulder', 'Louisville', 'Longmont'] },
  { city: 'Albany', state: 'NY', area: ['Albany', 'Troy', 'Schenectady'] },
  { city: 'Tucson', state: 'AZ', area: ['Tucson', 'Oro Valley', 'Marana'] },
  { city: 'Coeur d’Alene', state: 'ID', area: ['Coeur d’Alene', 'Post Falls', 'Hayden'] },
];
