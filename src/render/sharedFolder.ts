/**
 * Length of the folder that all files lie in, which a table of them need not repeat in each row.
 * Notes beneath the table name files in full.
 */
export function sharedFolder(files: readonly string[]): number {
  const [first = ''] = files;
  let length = first.lastIndexOf('/') + 1;
  while (length > 0 && !files.every((file) => file.startsWith(first.slice(0, length))))
    length = first.lastIndexOf('/', length - 2) + 1;
  return length;
}
