import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withoutBookingWords } from '../../src/ingest/clean/bookingWords.ts';
import { withoutCardNumbers } from '../../src/ingest/clean/cardNumbers.ts';
import { cleanPayee } from '../../src/ingest/clean/cleanPayee.ts';
import { withoutDatesAndTimes } from '../../src/ingest/clean/datesAndTimes.ts';
import { withoutLegalForms } from '../../src/ingest/clean/legalForms.ts';
import { readableCase } from '../../src/ingest/clean/letterCase.ts';
import { withoutPlace } from '../../src/ingest/clean/places.ts';
import { withoutProcessors } from '../../src/ingest/clean/processors.ts';
import { withoutReferences } from '../../src/ingest/clean/references.ts';
import { withoutSepaTags } from '../../src/ingest/clean/sepaTags.ts';
import { withoutStoreNumbers } from '../../src/ingest/clean/storeNumbers.ts';

/** Steps leave blanks where something was; the payee as a whole is tidied between them. */
const single = (text: string): string => text.replace(/\s+/g, ' ').trim();

function cases(name: string, step: (text: string) => string, table: readonly (readonly [string, string])[]): void {
  test.each(table)(`${name}: %p gives %p`, (text, expected) => {
    expect(single(step(text))).toBe(expected);
  });
}

describe('steps', () => {
  cases('SEPA tags', withoutSepaTags, [
    ['LASTSCHRIFT Stadtwerke EREF+123 MREF+M-77 SVWZ+Abschlag', 'LASTSCHRIFT Stadtwerke'],
    ['KARTENZAHLUNG SVWZ+Bäckerei Nord', 'Bäckerei Nord'],
    ['GUTSCHRIFT EREF+4711 SVWZ+Miete Mai ABWA+Erika Beispiel', 'Erika Beispiel'],
    ['EREF+4711 MTLG:Konto gesperrt', 'Konto gesperrt'],
    ['Tea + Crumpet', 'Tea + Crumpet'],
  ]);
  cases('card numbers', withoutCardNumbers, [
    ['KARTE 1234 REWE', 'REWE'],
    ['REWE XXXX1234', 'REWE'],
    ['REWE ****1234', 'REWE'],
    ['REWE 4111 11XX XXXX 1234', 'REWE'],
    ['REWE 4111111111111111 CARD ENDING IN 4711', 'REWE 4111111111111111'],
    ['REWE 4111 1111 1111 1111', 'REWE'],
    ['CARTE 012345 CB:*0123456 BOULANGERIE', 'BOULANGERIE'],
    ['Visa 12.50', 'Visa 12.50'],
    ['XXL Sport', 'XXL Sport'],
    ['Card Factory', 'Card Factory'],
  ]);
  cases('dates and times', withoutDatesAndTimes, [
    ['REWE 2024-01-31T18:05:12', 'REWE'],
    ['REWE 31.01.2024 18:05', 'REWE'],
    ['REWE 1/31/24', 'REWE'],
    ['REWE ON 12/22', 'REWE'],
    ['12/22SLICEHOST', 'SLICEHOST'],
    ['REWE 24DEC', 'REWE'],
    ['REWE 31 Jan 2024', 'REWE'],
    ['Bahn 06.01.UM 18.11', 'Bahn'],
    ['REWE 2:32 PM', 'REWE'],
    ['24/7 Mart', '24/7 Mart'],
    ['Studio 54', 'Studio 54'],
  ]);
  cases('references', withoutReferences, [
    ['COMCAST CABLE 8773452', 'COMCAST CABLE'],
    ['SHOP AUTH CODE: 00A12B TERMINAL-ID 12345678', 'SHOP'],
    ['SHOP REF 12-34567', 'SHOP'],
    ['EMPLOYER PPD ID: 59728JSL20', 'EMPLOYER'],
    ['DE02120300000000202051 Erika', 'Erika'],
    ['NETFLIX 866-579-7172', 'NETFLIX'],
    ['ASOS DKK 995,00', 'ASOS'],
    ['GOJEK 8.10 SGD @ .9765', 'GOJEK'],
    ['WHOLEFDS S304005', 'WHOLEFDS'],
    ['facebk ne6z2d6wq2', 'facebk'],
    ['Route 66 Diner', 'Route 66 Diner'],
    ['Referee Shop', 'Referee Shop'],
  ]);
  cases('booking words', withoutBookingWords, [
    ['POS PURCHASE STARBUCKS', 'STARBUCKS'],
    ['VISA DEBIT TESCO', 'TESCO'],
    ['SEPA LASTSCHRIFT Stadtwerke', 'Stadtwerke'],
    ['Kartenzahlung: Rewe', 'Rewe'],
    ['ACH DEBIT COMCAST', 'COMCAST'],
    ['CARD PURCHASE', ''],
    ['ALDI SAGT DANKE', 'ALDI'],
    ['PRLV SEPA EDF', 'EDF'],
    ['Posthotel', 'Posthotel'],
    ['TRANSFER TO SAVINGS', 'TRANSFER TO SAVINGS'],
    ['Ideal Image', 'Ideal Image'],
  ]);
  cases('processors', withoutProcessors, [
    ['SQ *BLUE BOTTLE', 'BLUE BOTTLE'],
    ['PAYPAL *SPOTIFY', 'SPOTIFY'],
    ['SumUp *Kiosk', 'Kiosk'],
    ['IZ *THE FOX', 'THE FOX'],
    ['TST* Copper Spoon', 'Copper Spoon'],
    ['AMZN Mktp US*2K4AB1CD3 Amzn.com/bill', 'Amazon Marketplace'],
    ['AMAZON.COM*AB12C34DE', 'AMAZON.COM'],
    ['UBER *TRIP HELP.UBER.COM', 'UBER TRIP'],
    ['Square One', 'Square One'],
  ]);
  cases('store numbers', withoutStoreNumbers, [
    ["WENDY'S #6338", "WENDY'S"],
    ['Rewe Markt 77', 'Rewe Markt'],
    ['05354 SUBWAY', 'SUBWAY'],
    ['TESCO STORES 3297', 'TESCO STORES'],
    ['shell kings 587', 'shell kings'],
    ['Studio 54', 'Studio 54'],
    ['Forever 21', 'Forever 21'],
    ['Bar 360', 'Bar 360'],
    ['7-Eleven', '7-Eleven'],
  ]);
  cases('legal forms', withoutLegalForms, [
    ['Telekom Deutschland GmbH', 'Telekom Deutschland'],
    ['Bäckerei Müller GmbH & Co. KG', 'Bäckerei Müller'],
    ['Müller AG & Co KG', 'Müller'],
    ['Lyft, Inc', 'Lyft'],
    ['Acme Ltd.', 'Acme'],
    ['Luxe S.A.R.L.', 'Luxe'],
    ['PayPal S.à r.l. et Cie, S.C.A.', 'PayPal'],
    ['Fietsen BV', 'Fietsen'],
    ['Möbel e.K.', 'Möbel'],
    ['Deutsche Bahn AG Fernverkehr', 'Deutsche Bahn'],
    ['Harvest & Co', 'Harvest & Co'],
    ['Such As', 'Such As'],
    ['GmbH', 'GmbH'],
  ]);
  cases('case', readableCase, [
    ['THE COPPER SPOON', 'The Copper Spoon'],
    ['shell kings', 'Shell Kings'],
    ['IBM DEUTSCHLAND', 'IBM Deutschland'],
    ['DB VERTRIEB', 'DB Vertrieb'],
    ['H&M', 'H&M'],
    ['AT&T STORE', 'AT&T Store'],
    ["O'LEARY'S", "O'Leary's"],
    ["WENDY'S", "Wendy's"],
    ["MCDONALD'S", "McDonald's"],
    ['BÄCKEREI MÜLLER', 'Bäckerei Müller'],
    ['APOTHEKE AM PARK', 'Apotheke am Park'],
    ['NETFLIX.COM', 'Netflix.com'],
    ['REWE Markt', 'Rewe Markt'],
    ['PayPal', 'PayPal'],
    ['Shell kings', 'Shell Kings'],
    ['Apotheke am Park', 'Apotheke am Park'],
    ['iTunes', 'iTunes'],
    ['寿司 さくら', '寿司 さくら'],
  ]);

  test.each([
    ['STARBUCKS SEATTLE WA', 'STARBUCKS', 'SEATTLE', 'WA'],
    ['TRIPLE T CAR WASH CHAMPAIGN IL', 'TRIPLE T CAR WASH', 'CHAMPAIGN', 'IL'],
    ['COFFEE SAN RAMON CA', 'COFFEE', 'SAN RAMON', 'CA'],
    ['STARBUCKS SEATTLE WA US', 'STARBUCKS', 'SEATTLE', 'WA'],
    ['REWE BERLIN DE', 'REWE', 'BERLIN', null],
    ['DINER WILMINGTON DE', 'DINER', 'WILMINGTON', 'DE'],
    ['REWE Markt GmbH//BERLIN/DE 2024', 'REWE Markt GmbH', 'BERLIN', null],
    ['WILSON PARKING AUCKLAND NZL', 'WILSON PARKING', 'AUCKLAND', null],
    ['Albert Heijn, AMSTERDAM', 'Albert Heijn', 'AMSTERDAM', null],
    ['ZALANDO DE', 'ZALANDO', null, null],
    ['NETFLIX.COM CA', 'NETFLIX.COM', null, 'CA'],
    ['LEVI STRAUSS CO', 'LEVI STRAUSS CO', null, null],
    ['CHECK IN', 'CHECK IN', null, null],
    ['SEATTLE WA', 'SEATTLE', null, 'WA'],
    ['Stadtbahn Berlin', 'Stadtbahn Berlin', null, null],
  ])('places: %p', (text, payee, city, state) => {
    expect(withoutPlace(text)).toEqual({ text: payee, city, state });
  });
});

describe('the payee of a text', () => {
  test.each([
    ['POS PURCHASE 1234 STARBUCKS #1234 SEATTLE WA', 'Starbucks'],
    ['KARTENZAHLUNG REWE MARKT GMBH BERLIN DE KARTE 1234 03.01.2024 18:05', 'Rewe Markt'],
    ['SQ *BLUE BOTTLE COFFEE SAN FRANCISCO CA', 'Blue Bottle Coffee'],
    ['PURCHASE AUTHORIZED ON 01/05 WHOLEFDS SEA 10250 SEATTLE WA S304005 CARD 1234', 'Wholefds Sea'],
    ['BEA, Betaalpas Albert Heijn 1521,PAS123 NR:12345678, 03.01.24/18:05 AMSTERDAM', 'Albert Heijn'],
    ['VIR RECU 1234567834S DE: Francois REF: 123457891 PROVENANCE: DE Allemagne', 'Francois'],
    ['7-ELEVEN 35012 PORTLAND OR', '7-Eleven'],
    ['CHECK 2656', 'Check'],
    ['123456', '123456'],
    ['?', '?'],
    ['CARD PURCHASE', 'Card Purchase'],
  ])('%p gives %p', (text, expected) => {
    expect(cleanPayee(text).payee).toBe(expected);
  });

  const words = fc.constantFrom(
    ..."POS PURCHASE KARTE 1234 REWE Markt 77 #12 SEATTLE WA BERLIN DE GmbH & Co KG Inc, SQ * *AB12C3 SVWZ+ EREF+1 31.01.2024 18:05 IBM h&m US CA 寿司 Müller ÜBER // /DE , - ( www.shop.com AG 123456 X ß ŉ o'neil 2nd sagt danke".split(
      ' ',
    ),
  );
  const text = fc.oneof(
    fc.array(words, { maxLength: 9 }).map((list) => list.join(' ')),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );

  test('what was cleaned stays as it is', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { payee } = cleanPayee(raw);
        expect(cleanPayee(payee).payee).toBe(payee);
      }),
      { numRuns: 1500 },
    );
  });

  test('something is left of any text, in single white space', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { payee } = cleanPayee(raw);
        expect(payee === '').toBe(raw.trim() === '');
        expect(payee).not.toMatch(/^\s|\s$|\s\s/);
      }),
      { numRuns: 1000 },
    );
  });

  test('no step asks which digit it is: answers are remembered by the place of digits alone', () => {
    const alike = (value: string): string => value.replace(/\d/g, '0');
    fc.assert(
      fc.property(text, (raw) => {
        expect(cleanPayee(alike(raw)).payee).toBe(alike(cleanPayee(raw).payee));
      }),
      { numRuns: 1000 },
    );
  });
});
