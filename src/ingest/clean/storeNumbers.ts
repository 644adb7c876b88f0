/** Words that say what a number behind them counts. */
const BRANCH =
  /\b(?:markt|market|filiale|fil|store|shop|station|branch|outlet|kiosk|kasse|nr|no|num|unit)\.? \d{1,5}$/i;

/**
 * Takes the number of a shop away: `WENDY'S #6338`, `Rewe Markt 77`, `SUBWAY 05354`, `05354 SUBWAY`. A short number that may
 * belong to the name stays (`Studio 54`, `Forever 21`, `24/7 Mart`): better two names for one payee than one that nobody knows.
 */
export function withoutStoreNumbers(text: string): string {
  if (!DIGIT.test(text)) return text;
  let rest = text.replace(/\s*#\s?[\d-]+\b/g, ' ').replace(/^\d{4,}[ -]+(?=\p{L})/u, '');
  rest = rest.replace(/\s+(?:(?:nr|no|fil|filiale)\.?\s*)?\d{4,}(?:-\d+)?\s*$/i, '');
  if (/\S\s+\S+\s+\d{3}$/.test(rest)) rest = rest.replace(/\s+\d{3}$/, '');
  const branch = BRANCH.exec(rest);
  return branch === null || branch.index === 0 ? rest : rest.replace(/(?: (?:nr|no|num)\.?)? \d{1,5}$/i, '');
}

const DIGIT = /\d/;
