import { describe, expect, test } from '@jest/globals';
import { cleanEntry } from '../../src/ingest/clean/cleanEntry.ts';
import { CsvGuesser, profileOf } from '../../src/ingest/csv/guess.ts';
import { createCsvReader } from '../../src/ingest/csv/reader.ts';
import type { StatementEntry } from '../../src/ingest/statement.ts';

/** What a file comes to without any profile; throws unless it is proven. */
function read(text: string) {
  const guesser = new CsvGuesser('f.csv');
  guesser.push(text, true);
  const guess = guesser.result();
  if (guess.verdict !== 'proven' || guess.profile === null) throw new Error(guess.doubts.join('; '));
  const events = [...createCsvReader({ file: 'f.csv', profile: guess.profile }).push(text, true)];
  const start = events.find(({ kind }) => kind === 'start');
  const entries = events.filter((event): event is StatementEntry => event.kind === 'entry');
  return {
    account: start?.kind === 'start' ? (start.account?.id ?? null) : null,
    currency: start?.kind === 'start' ? start.currency : null,
    learnt: profileOf(guess, 'x')?.currency ?? null,
    amounts: entries.map(({ amount }) => amount),
    payees: entries.map((entry) => cleanEntry(entry, 'csv').merchant),
    counter: entries.map(({ counterAccount }) => counterAccount),
  };
}

describe('files as banks of these countries write them are proven, in the right currency and account', () => {
  test('Netherlands: currency in the name of a column, a mark, words in Dutch', () => {
    const found =
      read(`"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie"
"20260305";"Albert Heijn 1234";"NL20INGB0001234567";"";"BA";"Af";"23,45";"Betaalautomaat";"Pasvolgnr: 001 05-03-2026 18:12";"976,55"
"20260304";"Werkgever BV";"NL20INGB0001234567";"NL02ABNA0123456789";"OV";"Bij";"2.500,00";"Overschrijving";"Salaris maart";"1.000,00"
"20260303";"Verhuurder";"NL20INGB0001234567";"NL91ABNA0417164300";"IC";"Af";"1.200,00";"Incasso";"Huur";"-1.500,00"
`);
    expect(found).toMatchObject({
      ...{ account: 'NL20INGB0001234567', currency: 'EUR', learnt: 'EUR' },
      amounts: ['-23.45', '2500.00', '-1200.00'],
      payees: ['Albert Heijn', 'Werkgever', 'Verhuurder'],
    });
  });

  test('Netherlands: the account is called IBAN/BBAN, the currency munt', () => {
    const found =
      read(`"IBAN/BBAN","Munt","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Code","Omschrijving-1","Oorspr bedrag","Oorspr munt"
"NL44RABO0123456789","EUR","401","2026-03-01","2026-03-01","-12,50","+987,50","","Jumbo Utrecht","bc","Betaalautomaat 10:22 pasnr. 012","",""
"NL44RABO0123456789","EUR","402","2026-03-02","2026-03-02","+100,00","+1087,50","NL02ABNA0123456789","J Jansen","cb","Terugbetaling","",""
"NL44RABO0123456789","EUR","403","2026-03-03","2026-03-03","-30,00","+1057,50","NL02ABNA0123456789","Vitens NV","ei","Water","-32,10","USD"
`);
    expect(found).toMatchObject({
      account: 'NL44RABO0123456789',
      currency: 'EUR',
      amounts: ['-12.50', '100.00', '-30.00'],
    });
  });

  test('Netherlands: no header, balances before and after in front of the amount, fields within slashes', () => {
    const found =
      read(`123456789\tEUR\t20260301\t1000,00\t987,50\t20260301\t-12,50\tBEA, Betaalpas      Jumbo Utrecht,PAS012   NR:12345 01.03.26/10:22
123456789\tEUR\t20260302\t987,50\t1087,50\t20260302\t100,00\t/TRTP/SEPA OVERBOEKING/IBAN/NL02ABNA0123456789/BIC/ABNANL2A/NAME/J JANSEN/REMI/TERUG
123456789\tEUR\t20260303\t1087,50\t1057,50\t20260303\t-30,00\t/TRTP/SEPA Incasso/CSID/NL12ZZZ/NAME/VITENS NV/MARF/1/REMI/WATER
`);
    expect(found).toMatchObject({ account: '123456789', currency: 'EUR', amounts: ['-12.50', '100.00', '-30.00'] });
    expect(found.payees.slice(1)).toEqual(['J Jansen', 'Vitens']);
  });

  test('Poland: currency above the header, which no profile keeps; single quotes', () => {
    const found = read(`mBank S.A.;
#Waluta;
PLN;
#Numer rachunku;
11 1140 2004 0000 3002 0135 5387;

#Data operacji;#Data księgowania;#Opis operacji;#Tytuł;#Nadawca/Odbiorca;#Numer konta;#Kwota;#Saldo po operacji;
2026-03-01;2026-03-01;ZAKUP PRZY UŻYCIU KARTY;"BIEDRONKA 123 KRAKÓW DATA TRANSAKCJI: 2026-02-28";"  ";'';-54,30;1 945,70;
2026-03-02;2026-03-02;PRZELEW PRZYCHODZĄCY;"WYNAGRODZENIE";"FIRMA SP. Z O.O.";'49102028922276300500000000';5 000,00;6 945,70;
2026-03-03;2026-03-04;PRZELEW WYCHODZĄCY;"CZYNSZ";"WSPÓLNOTA";'49102028922276300500000001';-1 200,00;5 745,70;
;;;;;;#Saldo końcowe;5 745,70 PLN;
`);
    expect(found).toMatchObject({
      ...{ currency: 'PLN', learnt: null, amounts: ['-54.30', '5000.00', '-1200.00'] },
      counter: [null, '49102028922276300500000000', '49102028922276300500000001'],
    });
    expect(found.payees[0]).toBe('Biedronka 123 Kraków');
  });

  test('Switzerland: debit and credit in a currency, apostrophes; one column for both', () => {
    const columns = read(`Konto:;="CH9300762011623852957"

Datum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF
31.03.2026;"KAUF/DIENSTLEISTUNG VOM 30.03.2026 KARTEN NR. XXXX1234 COOP-4711 BERN";;-45.60;31.03.2026;5'954.40
30.03.2026;"GUTSCHRIFT AUFTRAGGEBER: FIRMA AG";6'000.00;;30.03.2026;6000.00
29.03.2026;"LASTSCHRIFT MIETE";;-1'500.00;29.03.2026;0.00
`);
    expect(columns).toMatchObject({ currency: 'CHF', amounts: ['-45.60', '6000.00', '-1500.00'] });
    const single = read(`IBAN;Booked At;Text;Credit/Debit Amount;Balance;Valuta Date
CH0680808001234567890;2026-03-31 00:00:00.0;"Einkauf Migros Bern, 30.03.2026, 10:22, Karten-Nr. 1234";-45.6;5954.4;2026-03-31 00:00:00.0
CH0680808001234567890;2026-03-30 00:00:00.0;Gutschrift Firma AG;6000;6000;2026-03-30 00:00:00.0
CH0680808001234567890;2026-03-29 00:00:00.0;Dauerauftrag Miete;-1500;0;2026-03-29 00:00:00.0
`);
    expect(single).toMatchObject({ account: 'CH0680808001234567890', amounts: ['-45.6', '6000', '-1500'] });
  });
});
