import { accountId, asIban } from '../iban.ts';
import type { StatementAccount } from '../statement.ts';

/** Some banks write the currency behind the account: `51210600/9223382012EUR`. It is none when the whole is an IBAN. */
export function namedAccount(
  text: string | null,
  currency: string | null,
): { account: StatementAccount | null; currency: string | null } {
  const plain = (text ?? '').replace(/\s/g, '').replace(/^\/+/, '');
  if (plain === '') return { account: null, currency };
  const tail = asIban(plain) === null ? /\d([A-Z]{3})$/.exec(plain)?.[1] : undefined;
  const number = tail !== undefined && (currency === null || tail === currency) ? plain.slice(0, -3) : plain;
  const slash = number.indexOf('/');
  const id = slash < 0 ? accountId(null, number) : accountId(number.slice(0, slash), number.slice(slash + 1));
  return { account: { id, name: null, type: 'bank' }, currency: currency ?? tail ?? null };
}
