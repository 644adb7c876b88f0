const SHAPE = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/** The IBAN without blanks, in capitals, or null for what is none (ISO 13616: its check digits are verified). */
export function asIban(text: string): string | null {
  const iban = text.replace(/\s/g, '').toUpperCase();
  if (!SHAPE.test(iban)) return null;
  let remainder = 0;
  for (let index = 0; index < iban.length; index++) {
    // The first four characters count last; letters count from 10.
    const code = iban.charCodeAt((index + 4) % iban.length);
    remainder = code < 0x41 ? (remainder * 10 + code - 0x30) % 97 : (remainder * 100 + code - 0x37) % 97;
  }
  return remainder === 1 ? iban : null;
}

/** An account's id: its IBAN alone, else the bank's id and the number as `BANK/NUMBER`, else the number. */
export function accountId(bank: string | null, number: string): string {
  const iban = asIban(number);
  if (iban !== null) return iban;
  const plain = number.replace(/\s/g, '');
  const bankId = bank?.replace(/\s/g, '') ?? '';
  return bankId === '' ? plain : `${bankId}/${plain}`;
}
