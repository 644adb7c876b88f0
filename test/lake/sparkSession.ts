import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface SparkSession {
  /** The rows of a statement, each value as a text. */
  ask(sql: string): Promise<readonly (readonly string[])[]>;
  close(): void;
}

/** Starting it takes most of the time that a question takes: one is kept for all of them. @param lakes roots by the names of their catalogues */
export function startSpark(python: string, jar: string, lakes: Readonly<Record<string, string>>): SparkSession {
  const child = spawn(python, ['-u', path.join(import.meta.dirname, 'spark.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify({ jar, lakes })}\n`);
  return {
    ask: async (sql) => {
      child.stdin.write(`${JSON.stringify({ sql })}\n`);
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        if (!line.value.startsWith('answer ')) continue;
        const { rows, error } = JSON.parse(line.value.slice('answer '.length)) as { rows: string[][]; error?: string };
        if (error !== undefined) throw new Error(`Spark: ${error}`);
        return rows;
      }
      throw new Error('Spark ended without an answer');
    },
    close: () => child.stdin.end(),
  };
}
