/** ISO 8601's `2024-03-01T10:00:00` of `2024-03-01 10:00:00`; dates, clock times, infinities and years BC stay as they are. */
export function isoTimestamp(text: string): string {
  return text.replace(/^(\d{4,}-\d\d-\d\d) (?=\d)/, '$1T');
}
