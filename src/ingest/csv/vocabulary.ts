import type { ColumnRole } from './profile.ts';

/** What a column's cells are, as far as names of columns are concerned: `valuta` is a date in one language, a currency in another. */
export type CellKind = 'date' | 'number' | 'currency' | 'text';

interface Naming {
  readonly role: ColumnRole;
  readonly kinds: readonly CellKind[];
  readonly names: RegExp;
}

const TEXTS: readonly CellKind[] = ['text'];
const ANY: readonly CellKind[] = ['text', 'number', 'currency'];

/** Names of columns, without accents and signs, in the languages of the banks; the first that fits counts. */
const NAMINGS: readonly Naming[] = [
  {
    role: 'valueDate',
    kinds: ['date'],
    names:
      /value ?date|valuta|valuuttapaiva|wertstellung|^wert$|valeur|fecha valor|^f valor|rentedatum|data waluty|interest date|effective date|arvopaiva|kurzdatum/,
  },
  {
    role: 'date',
    kinds: ['date'],
    names:
      /post(ing|ed)? ?date|^posted|book(ing|ed)? ?date|^booked|buchung|boekdatum|boekingsdatum|completed date|comptab|contable|contabile|registrazione|ksiegowania|bogfor|bokfor|zauctovani|process(ed|ing)? date|kirjaus|accounting date|operation|operacion|operazione|operacji|konyveles/,
  },
  {
    role: 'balance',
    kinds: ['number'],
    names: /\b(balance|saldo|solde|kontostand|bakiye|zustatek|egyenleg|zostatok)\b|stan konta|saldo po|po transakcji/,
  },
  {
    role: 'originalAmount',
    kinds: ['number'],
    names:
      /(original|oorspr|foreign|local|instructed|fremdwahrung|ursprung)\w* ?(gross |net )?(amount|amt|betrag|bedrag|belopp|value|montant)|fremdwahrungsbetrag|montant (en )?devise|importe divisa/,
  },
  {
    role: 'originalCurrency',
    kinds: ['currency'],
    names: /(original|oorspr|foreign|local|instructed|ursprung)\w* ?(cur|wahrung|munt)|fremdwahrung/,
  },
  {
    role: 'currency',
    kinds: ['currency'],
    names:
      /currency|\bcur\b|cur code|ccy|wahrung|waehrung|devise|divisa|moneda|moeda|valuta|valuuta|waluta|mena|penznem|\bmunt(soort)?\b|doviz/,
  },
  { role: 'mcc', kinds: ['number', 'text'], names: /\bmcc\b|merchant category code|category code/ },
  {
    role: 'counterAccount',
    kinds: ['number', 'text'],
    names:
      /(counter|partner|beneficiary|payee|other|opposing|recipient|to|from|destination|zahlungspflichtige\w*|empfanger|gegen|auftraggeber|tegen|protistrana|kontrahent\w*|avsender|mottagar\w*) ?(party )?(s )?(account|konto|kontonummer|iban|rekening|ucet|rachunek)|tegenrekening|gegenkonto|protiucet|kontonummer iban|iban (zahlung|auftrag|bei)|cuenta (destino|contraria)|contrapartida|konto odbiorcy|^numer konta$/,
  },
  { role: 'accountName', kinds: TEXTS, names: /bezeichnung auftragskonto|kontobezeichnung|account holder/ },
  {
    role: 'account',
    kinds: ANY,
    names:
      /^account( ?(number|no|nr|id|name|iban))?$|^iban$|auftragskonto|kontonummer|^iban bban$|^konto( ?nr)?$|rekening|compte|^cuenta|numero cuenta|^conto$|card (number|no|nr)|kartennummer|cislo uctu|rachunek|iban kontoinhaber|own account|^account id$|tilinumero/,
  },
  {
    role: 'status',
    kinds: TEXTS,
    names: /^(booking |transaction )?status$|^state$|^stav$|^estado$|^etat$|^stan$|^tila$/,
  },
  {
    role: 'bankId',
    kinds: ANY,
    names: /trans(action)? ?id|^id$|unique id|fitid|^tx id$|transaction (no|nr|number|reference)|transaktionsid/,
  },
  {
    role: 'debit',
    kinds: ['number'],
    names:
      /\b(debits?|withdrawals?|money out|paid out|payments? out|soll|ausgang|ausgaben|belastung(en)?|lastschrift(en)?|debe|cargos?|dare|addebit[io]|uscite|af|uit|ut|obciazen\w*|wydatk\w*|vydaj\w*|debet|retraits?|sorties|debito|saidas?|spent|outgoing)\b/,
  },
  {
    role: 'credit',
    kinds: ['number'],
    names:
      /\b(credits?|deposits?|money in|paid in|payments? in|haben|eingang|einnahmen|gutschrift(en)?|haber|abonos?|avere|accredit[io]|entrate|bij|uznan\w*|wplyw\w*|prijem|prijmy|kredit|depots?|entrees|credito|entradas?|received|incoming)\b/,
  },
  {
    role: 'amount',
    kinds: ['number'],
    names:
      /amount|\bamt\b|betrag|montant|importe|importo|\bvalore?\b|belob|belopp|belop|bedrag|kwota|castka|ciastka|suma|osszeg|maara|tutar|umsatz|\bnet\b|\bgross\b|^value$|^sum$|summe/,
  },
  { role: 'time', kinds: ['text', 'number'], names: /^(time|uhrzeit|heure|hora|tid|tijd|ora|czas|cas)$/ },
  {
    role: 'date',
    kinds: ['date'],
    names: /date|datum|dato|fecha|\bdata\b|\bdia\b|pvm|paiva|tarih|timestamp|^created|^time$|^dag$|\btag$/,
  },
  { role: 'subcategory', kinds: TEXTS, names: /sub ?category|unterkategorie/ },
  { role: 'category', kinds: TEXTS, names: /^(category|kategorie|categorie|categoria|kategoria|kategori)$/ },
  { role: 'city', kinds: TEXTS, names: /^(city|town|ort|ville|ciudad|citta|miasto|mesto|merchant city|town city)$/ },
  { role: 'state', kinds: TEXTS, names: /^(state|province|merchant state|state province)$/ },
  {
    role: 'payee',
    kinds: TEXTS,
    names:
      /payee|merchant( name)?$|beneficiar|counterparty|^naam\b|^name\b|auftraggeber|empfanger|zahlungs(empfanger|pflichtig)|begunstigter|tegenpartij|ontvanger|^nom$|^nombre|controparte|kontrahent|nadawca|odbiorca|mottagare|modtager|avsender|partner name|saaja|protistran/,
  },
  {
    role: 'code',
    kinds: ANY,
    names:
      /^(transaction |trans )?(type|code)$|buchungstext|^art$|vorgang|mutatiesoort|^operation$|tipo|typ\b|transaktionstyp|^channel$/,
  },
];

/** Names of columns that hold words about an entry: all of what makes a header look like one. */
const DESCRIPTIVE =
  /descri|memo|narrat|details?$|purpose|verwendungszweck|buchungsdetails|libelle|communication|concepto|descrizione|causale|omschrijving|mededeling|tekst|text|popis|opis|tytul|tytulem|reference|historico|selite|note/;

/** A name without accents and signs, in small letters. */
export function plainName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l')
    .replace(/ß/g, 'ss')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Roles that the name of a column may mean, given what its cells are. */
export function rolesOf(name: string, kind: CellKind): ColumnRole[] {
  const plain = plainName(name);
  if (plain === '' || /impact|refunded|timezone|time zone/.test(plain)) return [];
  const roles = NAMINGS.filter(({ kinds, names }) => kinds.includes(kind) && names.test(plain)).map(({ role }) => role);
  // `Credit/Debit Amount` is neither of both columns.
  return roles.includes('debit') && roles.includes('credit') && roles.includes('amount')
    ? roles.filter((role) => role !== 'debit' && role !== 'credit')
    : roles;
}

/** Whether a cell reads like the name of a column. */
export function isColumnName(cell: string): boolean {
  const plain = plainName(cell);
  return plain.length <= 40 && (DESCRIPTIVE.test(plain) || NAMINGS.some(({ names }) => names.test(plain)));
}

/** Marks for money that goes and money that comes, in pairs that go together. */
export const MARK_PAIRS: readonly { readonly debit: readonly string[]; readonly credit: readonly string[] }[] = [
  {
    debit: ['D', 'DR', 'DB', 'DBIT', 'DEBIT', 'DEBET', 'DÉBIT', 'DEBITO', 'DÉBITO'],
    credit: ['C', 'CR', 'CD', 'CRDT', 'CREDIT', 'KREDIT', 'CRÉDIT', 'CREDITO', 'CRÉDITO'],
  },
  { debit: ['S', 'SOLL', 'LASTSCHRIFT'], credit: ['H', 'HABEN', 'GUTSCHRIFT'] },
  { debit: ['AF', 'UIT'], credit: ['BIJ', 'IN'] },
  { debit: ['VYDAJ', 'VÝDAJ', 'VYBER', 'VÝBĚR'], credit: ['PRIJEM', 'PŘÍJEM'] },
  {
    debit: ['OUT', 'OUTGOING', 'WITHDRAWAL', 'MONEY OUT', 'PAID OUT', 'EXPENSE', 'SENT'],
    credit: ['IN', 'INCOMING', 'DEPOSIT', 'MONEY IN', 'PAID IN', 'INCOME', 'RECEIVED'],
  },
  {
    debit: ['CARGO', 'DEBE', 'DARE', 'ADDEBITO', 'USCITA'],
    credit: ['ABONO', 'HABER', 'AVERE', 'ACCREDITO', 'ENTRATA'],
  },
  { debit: ['WN', 'OBCIĄŻENIE'], credit: ['MA', 'UZNANIE'] },
  { debit: ['-'], credit: ['+'] },
];

/** Statuses of rows that are not booked yet, and of those that never will be. */
export const PENDING_WORDS: readonly string[] = [
  'pending',
  'authorised',
  'authorized',
  'authorisation',
  'authorization',
  'not booked',
  'unbooked',
  'uncleared',
  'in progress',
  'processing',
  'vorgemerkt',
  'vorgemerkte umsätze',
  'umsatz vorgemerkt',
  'venter',
  'på vej',
  'en attente',
  'en cours',
  'pendiente',
  'pendente',
  'in attesa',
  'in behandeling',
  'gereserveerd',
  'oczekująca',
  'čeká',
  'reserved',
  'reserveret',
  'reserverad',
  'pdng',
];
export const DECLINED_WORDS: readonly string[] = [
  'declined',
  'failed',
  'cancelled',
  'canceled',
  'reverted',
  'rejected',
  'denied',
  'expired',
  'voided',
  'abgelehnt',
  'storniert',
  'refusé',
  'rechazado',
  'annullato',
  'geweigerd',
];
const BOOKED_WORDS =
  /^(umsatz )?(book|complete|clear|post|settle|success|paid|done|executed|gebucht|verbucht|effettuat|contabilizzat|comptabilis|reconciled|udfort|utford|bokford|wykonan|zaksiegowan|realizov|zauctovan|ok$|c$|r$|b$)/;

/** Whether a value says that an entry is not booked. */
export function isUnbookedWord(value: string): boolean {
  const lower = value.trim().toLowerCase();
  return PENDING_WORDS.includes(lower) || DECLINED_WORDS.includes(lower);
}

/** Whether a value is a status of an entry. */
export function isStatusWord(value: string): boolean {
  return isUnbookedWord(value) || BOOKED_WORDS.test(plainName(value));
}

const OPENING =
  /^(saldo (anterior|inicial|iniziale|poczatkowe)|(opening|beginning|starting|previous|initial) balance|balance (brought )?forward|brought forward|anfangssaldo|anfangsbestand|alter (kontostand|saldo)|startsaldo|beginsaldo|solde (initial|precedent)|ancien solde|vorheriger saldo|pocatecni zustatek)$/;
const CLOSING =
  /^(saldo (final|finale|atual|actual|koncowe)|s a l d o|(closing|ending|final|current) balance|carried forward|endsaldo|endbestand|neuer (kontostand|saldo)|eindsaldo|solde (final|actuel)|nouveau solde|konecny zustatek|kontostand)$/;

/** Whether the text of a cell says that its row is a balance and no entry. */
export function balanceWord(cell: string): 'opening' | 'closing' | null {
  if (cell.length > 40 || cell.length < 5) return null;
  const plain = plainName(cell);
  return OPENING.test(plain) ? 'opening' : CLOSING.test(plain) ? 'closing' : null;
}
