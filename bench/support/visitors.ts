import http from 'node:http';

/** What so many visitors met. */
export interface Visits {
  readonly answers: number;
  /** 503 with Retry-After: come back later. */
  readonly busy: number;
  /** Anything else that is no page. */
  readonly wrong: readonly string[];
  /** Seconds. */
  readonly slowest: number;
  readonly seconds: number;
}

const VISITORS = 50;

/** Fifty visitors click through pages of a server on this machine, each as soon as the last page is there. */
export async function click(port: number, pages: readonly string[], forSeconds: number): Promise<Visits> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: VISITORS });
  const started = performance.now();
  const until = started + forSeconds * 1000;
  let answers = 0;
  let busy = 0;
  let slowest = 0;
  const wrong: string[] = [];
  const visit = async (visitor: number): Promise<void> => {
    for (let step = visitor; performance.now() < until; step++) {
      // Periods differ between visitors and come again: some of it is remembered, some is not.
      const path = pages[step % pages.length] ?? '/';
      const page = `${path}${path.includes('?') ? '&' : '?'}period=${2022 + ((visitor + step) % 5)}`;
      const begun = performance.now();
      const { status, retry } = await ask(agent, port, page);
      slowest = Math.max(slowest, (performance.now() - begun) / 1000);
      answers++;
      if (status === 503 && retry) busy++;
      else if (status !== 200) wrong.push(`${page}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: VISITORS }, (_, visitor) => visit(visitor)));
  agent.destroy();
  return { answers, busy, wrong, slowest, seconds: (performance.now() - started) / 1000 };
}

function ask(agent: http.Agent, port: number, path: string): Promise<{ status: number; retry: boolean }> {
  return new Promise((resolve) => {
    http
      .get({ host: '127.0.0.1', port, path, agent }, (incoming) => {
        incoming.resume();
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, retry: incoming.headers['retry-after'] !== undefined }),
        );
      })
      .on('error', () => resolve({ status: 0, retry: false }));
  });
}
