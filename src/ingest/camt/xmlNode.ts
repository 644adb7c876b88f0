/** An element of the piece of XML that is being kept: names without prefix. */
export interface XmlNode {
  readonly name: string;
  readonly line: number;
  /** The attribute Ccy of an amount. */
  readonly currency: string | null;
  text: string;
  readonly children: XmlNode[];
}

/** The first child at the end of a path, or null. */
export function childAt(node: XmlNode | null, ...path: readonly string[]): XmlNode | null {
  let at = node;
  for (const name of path) {
    if (at === null) return null;
    at = at.children.find((child) => child.name === name) ?? null;
  }
  return at;
}

/** The trimmed text at the end of a path, or null where there is none. */
export function textAt(node: XmlNode | null, ...path: readonly string[]): string | null {
  return childAt(node, ...path)?.text.trim() || null;
}

export function childrenOf(node: XmlNode | null, name: string): readonly XmlNode[] {
  return node?.children.filter((child) => child.name === name) ?? [];
}

/** The first descendant of that name, or null. */
export function descendant(node: XmlNode, name: string): XmlNode | null {
  for (const child of node.children) {
    const found = child.name === name ? child : descendant(child, name);
    if (found !== null) return found;
  }
  return null;
}
