import type { CompletionFlag, CompletionSpec, CompletionValue } from './spec.ts';

/** For fish: to be sourced, or kept as ~/.config/fish/completions/finance-db.fish. */
export function fishCompletion(spec: CompletionSpec): string {
  const complete = `complete -c ${spec.program}`;
  const lines = [
    `# fish completion for ${spec.program}, written by \`${spec.program} completion fish\``,
    `${complete} -f`,
  ];
  for (const flag of spec.flags) lines.push(`${complete} -n __fish_use_subcommand ${flagWords(flag)}`);
  for (const command of spec.commands) {
    const within = `${complete} -n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
    lines.push(`${complete} -n __fish_use_subcommand -a ${command.name} -d ${quote(command.about)}`);
    if (command.argument.kind === 'words') lines.push(`${within} -a ${quote(command.argument.words.join(' '))}`);
    for (const flag of command.flags) lines.push(`${within} ${flagWords(flag)}`);
  }
  return `${lines.join('\n')}\n`;
}

function flagWords(flag: CompletionFlag): string {
  const names = flag.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  // A value that may be left out is not asked for.
  const value = flag.optional ? [] : valueWords(flag.value);
  return [...names, ...value, `-d ${quote(flag.about)}`].join(' ');
}

function valueWords(value: CompletionValue): string[] {
  if (value.kind === 'none') return [];
  if (value.kind === 'file') return ['-r', '-F'];
  if (value.kind === 'folder') return ['-x', '-a', quote('(__fish_complete_directories)')];
  if (value.kind === 'words') return ['-x', '-a', quote(value.words.join(' '))];
  return ['-x'];
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
