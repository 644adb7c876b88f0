/** Waits for both sides even when one fails, so that no query runs on unobserved. */
export async function bothSides<T>(left: Promise<T>, right: Promise<T>): Promise<[T, T]> {
  const [a, b] = await Promise.allSettled([left, right]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
