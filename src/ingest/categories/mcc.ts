import { MCC_TABLE } from './mccTable.ts';

/** A category with its subdivision, as `transactions` has them. */
export interface CategoryPair {
  readonly category: string;
  readonly subcategory: string | null;
}

/** What a merchant category code (ISO 18245) stands for in our categories; null for codes that nobody knows. */
export function categoryOfMcc(mcc: string): CategoryPair | null {
  return BY_CODE.get(mcc) ?? null;
}

/** Some 1,200 codes: ranges are spelt out, so that asking is one look-up. */
const BY_CODE: ReadonlyMap<string, CategoryPair> = new Map(
  MCC_TABLE.flatMap(([category, subcategory, codes]) => {
    const pair: CategoryPair = { category, subcategory };
    return codes.split(' ').flatMap((range) => codesOf(range).map((code) => [code, pair] as const));
  }),
);

function codesOf(range: string): string[] {
  const [from = '', to = from] = range.split('-');
  const count = Number(to) - Number(from) + 1;
  return Array.from({ length: count }, (_, index) => String(Number(from) + index).padStart(4, '0'));
}
