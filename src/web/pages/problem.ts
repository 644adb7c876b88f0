import { type Html, html } from './html.ts';

/** What went wrong, in the words of the command line: message, code and remedy. */
export function problemPage(problem: {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}): Html {
  return html`<section class="problem" role="alert">
<p>${problem.message}</p>
<p>${problem.remedy}</p>
<p><code>${problem.code}</code></p>
</section>`;
}
