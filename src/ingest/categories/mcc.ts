/** A category with its subdivision, as `transactions` has them. */
export interface CategoryPair {
  readonly category: string;
  readonly subcategory: string | null;
}

/** What a merchant category code (ISO 18245) stands for in our categories; null for codes that nobody knows. */
export function categoryOfMcc(_mcc: string): CategoryPair | null {
  return null;
}
