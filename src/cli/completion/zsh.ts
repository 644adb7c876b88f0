import type { CompletionCommand, CompletionFlag, CompletionSpec, CompletionValue } from './spec.ts';

/** For zsh: to be sourced after compinit, or kept as `_finance-db` in a folder of $fpath. */
export function zshCompletion(spec: CompletionSpec): string {
  const name = `_${spec.program.replaceAll('-', '_')}`;
  return `#compdef ${spec.program}
# zsh completion for ${spec.program}, written by \`${spec.program} completion zsh\`
${name}() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C \\
${[...spec.flags.flatMap(flagLines), quote('1: :->command'), quote('*:: :->rest')].map(indented).join(' \\\n')}
  case $state in
    command)
      local -a commands=(
${spec.commands.map((command) => `        ${quote(`${escapeColon(command.name)}:${command.about}`)}`).join('\n')}
      )
      _describe -t commands command commands ;;
    rest)
      case $words[1] in
${spec.commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == ${name} || $funcstack[1] == _${spec.program} ]]; then
  ${name} "$@"
else
  compdef ${name} ${spec.program}
fi
`;
}

function commandCase(command: CompletionCommand): string {
  const argument = command.argument.kind === 'none' ? [] : [quote(`1:${action('argument', command.argument)}`)];
  const lines = [...command.flags.flatMap(flagLines), ...argument].map((line) => `          ${line}`);
  return `        ${command.name}) _arguments \\\n${lines.join(' \\\n')} ;;`;
}

/** `'(-p --period)'{-p,--period}'[about]:value:action'` */
function flagLines(flag: CompletionFlag): string[] {
  const about = flag.about.replace(/[[\]:\\]/g, (sign) => `\\${sign}`);
  const separator = flag.optional ? '::' : ':';
  const value = flag.value.kind === 'none' ? '' : `${separator}${action('value', flag.value)}`;
  const excludes = `(${flag.names.join(' ')})`;
  // A long flag takes its value as the next word or after =.
  return flag.names.map((name) => {
    const joint = value !== '' && name.startsWith('--') ? '=' : '';
    return quote(`${excludes}${name}${joint}[${about}]${value}`);
  });
}

function action(label: string, value: CompletionValue): string {
  if (value.kind === 'file') return `${label}:_files`;
  if (value.kind === 'folder') return `${label}:_files -/`;
  if (value.kind === 'words')
    return `${label}:(${value.words.map((word) => word.replace(/[\s():\\]/g, '\\$&')).join(' ')})`;
  return `${label}: `;
}

function escapeColon(text: string): string {
  return text.replaceAll(':', '\\:');
}

function indented(line: string): string {
  return `    ${line}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
