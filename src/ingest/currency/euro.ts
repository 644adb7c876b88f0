/** A currency that the euro has taken the place of: what one euro is worth in it, for good, and since when. */
export interface JoinedCurrency {
  readonly currency: string;
  readonly rate: string;
  readonly since: string;
}

/** The irrevocable conversion rates, as the Council of the European Union fixed them. */
export const JOINED_CURRENCIES: readonly JoinedCurrency[] = [
  { currency: 'ATS', rate: '13.7603', since: '1999-01-01' },
  { currency: 'BEF', rate: '40.3399', since: '1999-01-01' },
  { currency: 'DEM', rate: '1.95583', since: '1999-01-01' },
  { currency: 'ESP', rate: '166.386', since: '1999-01-01' },
  { currency: 'FIM', rate: '5.94573', since: '1999-01-01' },
  { currency: 'FRF', rate: '6.55957', since: '1999-01-01' },
  { currency: 'IEP', rate: '0.787564', since: '1999-01-01' },
  { currency: 'ITL', rate: '1936.27', since: '1999-01-01' },
  { currency: 'LUF', rate: '40.3399', since: '1999-01-01' },
  { currency: 'NLG', rate: '2.20371', since: '1999-01-01' },
  { currency: 'PTE', rate: '200.482', since: '1999-01-01' },
  { currency: 'GRD', rate: '340.750', since: '2001-01-01' },
  { currency: 'SIT', rate: '239.640', since: '2007-01-01' },
  { currency: 'CYP', rate: '0.585274', since: '2008-01-01' },
  { currency: 'MTL', rate: '0.429300', since: '2008-01-01' },
  { currency: 'SKK', rate: '30.1260', since: '2009-01-01' },
  { currency: 'EEK', rate: '15.6466', since: '2011-01-01' },
  { currency: 'LVL', rate: '0.702804', since: '2014-01-01' },
  { currency: 'LTL', rate: '3.45280', since: '2015-01-01' },
  { currency: 'HRK', rate: '7.53450', since: '2023-01-01' },
  { currency: 'BGN', rate: '1.95583', since: '2026-01-01' },
];

/** A rate holds for days without one (weekends, holidays) this long; older ones mean that the currency is not quoted any more. */
export const RATE_HOLDS_DAYS = 7;
