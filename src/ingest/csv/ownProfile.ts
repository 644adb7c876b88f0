import type { CsvProfile } from './profile.ts';

/**
 * Files with our own columns, as `init --from` takes them and `query` writes them: they say everything that a row needs, so that
 * they need no proof. Only its header is of use: ownReader.ts reads them.
 */
export const OWN_PROFILE: CsvProfile = {
  name: 'finance-db',
  match: {
    header: ['tx_id', 'timestamp', 'amount'],
    optional: [
      'currency',
      'merchant',
      'mcc',
      'account_id',
      'city',
      'state',
      'channel',
      'category',
      'subcategory',
      'is_recurring',
      'normalized_amount',
      'created_at',
    ],
    extraColumns: false,
  },
  encoding: null,
  delimiter: ',',
  skipLines: 0,
  columns: {
    bankId: 'tx_id',
    date: 'timestamp',
    amount: 'amount',
    currency: 'currency',
    payee: 'merchant',
    mcc: 'mcc',
    account: 'account_id',
    city: 'city',
    state: 'state',
    code: 'channel',
    category: 'category',
    subcategory: 'subcategory',
    text: ['merchant'],
  },
  dateFormat: 'YMD',
  numbers: { decimalMark: '.', thousands: '' },
  sign: 'signed',
  currency: null,
  account: null,
  accountType: 'bank',
  order: null,
  pending: [],
  declined: [],
  ignore: [],
  opening: [],
  closing: [],
  fixed: {},
};
