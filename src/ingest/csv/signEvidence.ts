import { plainName } from './vocabulary.ts';

/** Money that comes in, whatever the account: earnings, and on a card its repayment. */
const COMES_IN =
  /\b(salary|salaries|wages|payroll|paycheck|direct deposit|dividends?|child benefit|tax refund|gehalt|lohn|bezuge|kindergeld|gutschrift|salaire|salario|nomina|sueldo|stipendio|salaris|loon|wynagrodzenie|przelew (przychodzacy|na rachunek)|wplata|vyplata|mzda|lon|palkka|maas|autopay|zahlungseingang|interest (paid|earned|received)|habenzinsen)\b|payment.{0,24}(received|thank)|thank you.{0,12}payment|zahlung.{0,20}(erhalten|dank)|paiement.{0,20}(recu|merci)/;

/** Money that goes out, whatever the account: purchases, cash and fees. */
const GOES_OUT =
  /\b(purchase|pos|atm|withdrawal|cash advance|check no|check \d+|cheque \d+|rent|groceries|grocery|supermarket|supermarkt|supermercado|supermarche|restaurant|cafe|coffee|bakery|pharmacy|petrol|fuel|parking|taxi|hotel|electricity|insurance|kartenzahlung|platnosc karta|wyplata|zlecenie stale|oplata|prowizja|bargeld\w*|geldautomat|bancomat|prelievo|retrait|abhebung|miete|strom|versicherung|apotheke|tankstelle|backerei|achat|carte|compra|nakup|zakup|kortkob|kortkjop|kortkop|dankort|korttiosto|betaalautomaat|betaalpas|incasso|geldopname|amazon|netflix|spotify|uber|ikea|lidl|aldi|rewe|edeka|spar|billa|tesco|sainsburys|carrefour|walmart|costco|starbucks|mcdonalds|shell)\b|\b(annual|monthly|service|account|overdraft|late|foreign|atm|transaction) (\w+ )?(fee|charge)s?\b|kontofuhrung|entgelt|gebuhr/;

/** A purchase that is taken back, or a cheque that is paid in, has the other sign. */
const TAKEN_BACK =
  /refund|return|reversal|revers|storno|rueck|ruck|rembours|devoluc|rimborso|credit|cashback|chargeback|deposit|zwrot|vrac/;

/**
 * What the words of a file say about the signs of its amounts. A balance that is shown as a debt, as many cards do, closes as well
 * as one of money, with all signs turned around: arithmetic cannot tell them apart, words can.
 */
export class SignEvidence {
  private asIs = 0;
  private turned = 0;

  /**
   * @param texts the words of an entry
   * @param negative the sign of its amount in the file
   */
  add(texts: readonly string[], negative: boolean): void {
    for (const text of texts) {
      const plain = plainName(text);
      if (COMES_IN.test(plain)) this.count(!negative, 2);
      else if (GOES_OUT.test(plain) && !TAKEN_BACK.test(plain)) this.count(negative, 1);
    }
  }

  /** Whether positive amounts are spending by the words: null where they say too little, or contradict one another. */
  get inverted(): boolean | null {
    const { asIs, turned } = this;
    if (asIs >= 2 && asIs >= 4 * turned) return false;
    if (turned >= 2 && turned >= 4 * asIs) return true;
    return null;
  }

  private count(fits: boolean, weight: number): void {
    if (fits) this.asIs += weight;
    else this.turned += weight;
  }
}
