/**
 * Words by which banks name money that moves between a customer's own accounts, as one regular expression that PostgreSQL and
 * JavaScript read alike, to be matched without regard to case. Never a proof by itself: an opposite amount in another own account
 * has to be there, too.
 */
export const TRANSFER_WORDS = [
  'transfer',
  'own account',
  'card payment',
  'payment received',
  'payment.{0,3}thank you',
  'autopay',
  'online payment',
  'umbuchung',
  'uebertrag',
  'übertrag',
  'überweisung eigenes',
  'kreditkartenabrechnung',
  'kartenabrechnung',
  'virement',
  'prélèvement carte',
  'traspaso',
  'transferencia',
  'giroconto',
  'bonifico',
  'overboeking',
  'spaarrekening',
  'spaaropdracht',
  'overførsel',
  'överföring',
  'prevod',
  'převod',
  'przelew własny',
].join('|');
