import { type Io, proseColumns } from '../io.ts';
import { writeText } from './sink.ts';
import { wrapText } from './wrap.ts';

/** Writes sentences to stdout: on a terminal no word of them is broken; elsewhere a line stays one. */
export async function writeProse(io: Io, env: NodeJS.ProcessEnv, text: string): Promise<void> {
  await writeText(io.stdout, wrapText(text, proseColumns(io.stdout, env), 2));
}
