/**
 * Words by which banks name money that moves between a customer's own accounts, as regular expressions that PostgreSQL and
 * JavaScript read alike, to be matched without regard to case. Never a proof by themselves: an opposite amount in another own
 * account has to be there, too.
 */

/** Words that are said of own accounts only: one leg that says so is enough. */
export const OWN_TRANSFER_WORDS = [
  'own account',
  'between (your |my |own )?accounts',
  '(account|internal) transfer',
  'transfer(red)? (to|from) .{0,20}(saving|checking|chequing|current a|credit card|my )',
  '(to|from) (my )?(savings|checking)( |$)',
  'credit card (payment|bill)',
  'payment to .{0,12}(credit )?card',
  'payment received($|[^a-z]+$|.{0,3}thank)',
  'payment.{0,3}thank you',
  'umbuchung',
  'uebertrag',
  'übertrag',
  'eigenes konto',
  'kreditkarten?.{0,3}abrechnung',
  'kartenabrechnung',
  'virement interne',
  'virement (vers|depuis|de) .{0,12}(livret|compte)',
  'prélèvement carte',
  'traspaso',
  'giroconto',
  'interne overboeking',
  'spaarrekening',
  'spaaropdracht',
  'przelew własny',
].join('|');

/** Words that are said of payments to and from others as well: both legs have to say so, and nothing may speak for another pair. */
export const ANY_TRANSFER_WORDS = [
  'transfer',
  'virement',
  'bonifico',
  'overboeking',
  '(ü|ue)berweisung',
  'overførsel',
  'överföring',
  'prevod',
  'převod',
  'przelew',
  'autopay',
  'online payment',
  'card payment',
  'payment received',
].join('|');
