import { TextLines } from '../textLines.ts';

/** A field `:61:` with its lines, or a message's beginning or end. */
export type SwiftField =
  | { readonly kind: 'field'; readonly tag: string; readonly lines: string[]; readonly line: number }
  /** `{1:…}{2:O940…}{4:`; `type` is `940`, `942`, or null where the header has none. */
  | { readonly kind: 'open'; readonly type: string | null; readonly line: number }
  /** `-`, `-}`, `-XXX`. */
  | { readonly kind: 'close'; readonly line: number };

const TAG = /^:(\d{2}[A-Z]?):/;
/** Control characters that frame messages on the wire (SOH, ETX), and a byte order mark. */
const FRAME = /^[\u0000-\u0008\u000e-\u001f\ufeff]+|[\u0000-\u0008\u000e-\u001f]+$/g;

/** Cuts MT940 text into fields as it arrives. */
export class SwiftFields {
  private readonly lines: TextLines;
  private current: Extract<SwiftField, { kind: 'field' }> | null = null;

  constructor(file: string) {
    this.lines = new TextLines(file);
  }

  /** Number of the last line that was read. */
  get line(): number {
    return this.lines.line;
  }

  /** The fields that are complete now. */
  *push(text: string, final = false): Generator<SwiftField> {
    for (const raw of this.lines.push(text, final)) {
      const line = raw.replace(FRAME, '');
      const tag = TAG.exec(line)?.[1];
      if (tag !== undefined) {
        yield* this.flush();
        this.current = { kind: 'field', tag, lines: [line.slice(tag.length + 2)], line: this.lines.line };
      } else if (line.startsWith('{') || line.startsWith('-')) yield* this.frame(line);
      else if (this.current !== null) this.current.lines.push(line);
    }
    if (final) yield* this.flush();
  }

  private *frame(line: string): Generator<SwiftField> {
    // No line of a field begins with a hyphen in SWIFT; some banks' texts do.
    if (line.startsWith('-') && !/^-(\s*$|\}|[A-Z]{3}\s*$)/.test(line)) {
      this.current?.lines.push(line);
      return;
    }
    yield* this.flush();
    if (line.startsWith('-')) yield { kind: 'close', line: this.lines.line };
    const body = line.indexOf('{4:');
    if (body < 0) return;
    yield { kind: 'open', type: /\{2:[IO](\d{3})/.exec(line)?.[1] ?? null, line: this.lines.line };
    const rest = line.slice(body + 3);
    const tag = TAG.exec(rest)?.[1];
    if (tag !== undefined)
      this.current = { kind: 'field', tag, lines: [rest.slice(tag.length + 2)], line: this.lines.line };
  }

  private *flush(): Generator<SwiftField> {
    if (this.current !== null) yield this.current;
    this.current = null;
  }
}
