/**
 * Words by which banks say how an entry came about, in front of whom it is about. The longest that fits is
 * taken. Words that may well be a payee's own (TRANSFER TO SAVINGS, INTEREST) are not among them.
 */
const PHRASES = `
pos|pos purchase|pos debit|pos refund|pos withdrawal|pos transaction|point of sale|point of sale purchase|pos w/d|pos retail
visa debit|visa purchase|visa card purchase|visa debitkartenumsatz|visa kob|visa køb|visa varekøp|visa check card purchase
debit card purchase|debit card|debit purchase|debit card payment|debit card debit|check card purchase|check card|checkcard|checkcrd purchase
card purchase|card payment to|card payment at|card transaction|purchase authorized|purchase authorised|purchase|recurring card purchase|recurring payment authorized
recurring payment to|recurring debit card purchase|contactless payment|contactless purchase|contactless|e-commerce purchase|ecommerce purchase|online purchase
internet purchase|eftpos|eftpos purchase|eftpos debit|mastercard purchase|apple pay|google pay|interac purchase|interac e-transfer
ach debit|ach credit|ach withdrawal|ach deposit|ach hold|ach pmt|ach payment|ach|electronic withdrawal|electronic deposit|electronic payment|preauthorized debit
preauthorized withdrawal|pre-authorized debit|direct debit|direct debit to|direct debit payment to|direct credit|direct deposit|sdd|bacs|bill payment to|bill payment|bill pay
standing order|standing order to|standing order from|faster payment to|faster payment from|faster payments receipt|bank giro credit|credit from|debit to|fpo|fpi|s/o
kartenzahlung|kartenzahlung girocard|girocard|girocard-zahlung|ec-zahlung|ec-kartenzahlung|ec kartenzahlung|electronic cash|debitkartenzahlung|kreditkartenzahlung|debitkartenumsatz
kartenumsatz|bezahlung karte|bezahlung bankomat|bankomatzahlung|elv|elv-lastschrift|lastschrift|sepa lastschrift|sepa-lastschrift|sepa basislastschrift|sepa-basislastschrift
basislastschrift|folgelastschrift|erstlastschrift|einzugsermächtigung|sepa firmenlastschrift|lastschrift einzug|lastschrifteinzug|sepa direct debit|sepa-direct debit|sepa direct debit from
gutschrift|sepa gutschrift|sepa-gutschrift|überweisungsgutschrift|ueberweisungsgutschrift|sepa überweisung|sepa-überweisung|sepa ueberweisung|sepa-ueberweisung|sepa ueberweisung von
überweisung|ueberweisung|online-überweisung|onlineüberweisung|echtzeitüberweisung|dauerauftrag|gutschrift dauerauftrag|sepa dauerauftrag|sepa-dauerauftrag|sepa credit transfer
sepa credit transfer from|sepa credit transfer to|sepa transfer|sepa|retoure|sammler|sammler/storno|sepa-ueberw|sepa-ueberweis.einzel|twint|twint zahlung|zahlung maestro|einkauf debitkarte|kauf/dienstleistung|bargeldloser einkauf
carte cb|paiement cb|paiement par carte|paiement carte|paiement psc|achat cb|achat|achat carte|facture carte|prlv|prlv sepa|prelevement|prélèvement|prelevement sepa|prélèvement sepa
prelevt|vir|vir sepa|vir recu|vir recu de|vir sepa recu|vir reçu|vir inst|virement|virement sepa|virement de|virement recu|virement en votre faveur
pago con tarjeta|pago en|pago|compra|compra tarjeta|compra con tarjeta|compra en|compra tarj|recibo|recibo de|adeudo|adeudo recibo|adeudo de|transferencia de|transferencia a favor de|bizum|bizum de
pagamento pos|pagamento|pagamento carta|pagamento tramite pos|acquisto|acquisto pos|addebito|addebito diretto|addebito sdd|bonifico da|bonifico a favore di|bonifico
betaalautomaat|bea|bea nr|bea, betaalpas|betaalpas|gea|gea, betaalpas|bea, apple pay|pinbetaling|betaling|incasso|sepa incasso|sepa incasso algemeen doorlopend|sepa overboeking|sepa ideal|ideal betaling|overboeking|bancontact|aankoop
dankort-nota|dankort-køb|dankort|visa/dankort|kortkøb|kortkob|kortköp|korttiosto|varekjøp|kortbetaling|betaling til|betalingsservice|bs betaling|autogiro|swish|swish betalning|vipps|mobilepay
platba kartou|platnost kartou|nákup|platba|inkaso|zakup przy użyciu karty|płatność kartą|platnosc karta|transakcja kartą|operacja kartą
compra cartao|compra no debito|compra no débito|compra com cartao|compra com cartão|pix|pix enviado|pix recebido|debito automatico|débito automático
`;

const FIRST_WORD = /^[^\s:,]+/;

/** By their first word, longest first: finding those that may fit is one look-up. */
const BY_FIRST_WORD = new Map<string, readonly string[]>();
for (const phrase of PHRASES.split(/[|\n]/).filter((one) => one !== '')) {
  const first = FIRST_WORD.exec(phrase)?.[0] ?? '';
  const all = [...(BY_FIRST_WORD.get(first) ?? []), phrase];
  BY_FIRST_WORD.set(
    first,
    all.sort((a, b) => b.length - a.length),
  );
}

const GAP = /^[\s:,;.-]+/;

/** Behind it: what a till says, and what French banks add. */
const BEHIND =
  /(?:\s+(?:sagt|bedankt|dankt)\b.*|\s+vielen dank\b.*|\s+(?:provenance|motif|id emetteur|ech|mandat)\s*[:/].*)$/i;
const MAY_BE_BEHIND = /dank|[:/]/i;

/** Takes the booking words away that a text begins with, and those it ends in; empty when it holds no others. */
export function withoutBookingWords(text: string): string {
  let rest = MAY_BE_BEHIND.test(text) ? text.replace(BEHIND, '') : text;
  for (;;) {
    const word = FIRST_WORD.exec(rest)?.[0];
    const phrases = word === undefined ? undefined : BY_FIRST_WORD.get(word.toLowerCase());
    if (phrases === undefined) return rest;
    const phrase = phrases.find((one) => beginsWith(rest, one));
    if (phrase === undefined) return rest;
    rest = rest.slice(phrase.length).replace(GAP, '');
  }
}

function beginsWith(text: string, phrase: string): boolean {
  if (text.slice(0, phrase.length).toLowerCase() !== phrase) return false;
  return text.length === phrase.length || ENDS.test(text.charAt(phrase.length));
}

/** What may follow a booking word: a letter or `&` goes on with it, `*` is a processor's. */
const ENDS = /[\s:,;]/;
