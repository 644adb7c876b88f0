import { shellWord } from '../../model/crontab.ts';
import type { CompletionCommand, CompletionFlag, CompletionSpec, CompletionValue } from './spec.ts';

/** For bash 3.2 and later; needs no other package. */
export function bashCompletion(spec: CompletionSpec): string {
  const name = `_${spec.program.replaceAll('-', '_')}`;
  return `# bash completion for ${spec.program}, written by \`${spec.program} completion bash\`
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local flags= argument= values= i IFS=$' \\t\\n'
  # bash takes --flag=value for three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=( $(compgen -W ${shellWord([...spec.commands.map((command) => command.name), ...longNames(spec.flags)].join(' '))} -- "$cur") )
    return
  fi
  case "$command $prev" in
${spec.commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
${spec.commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=( $(compgen -W "$flags" -- "$cur") )
    return
  fi
  # The argument comes once: look whether it was given already.
  for (( i = 2; i < COMP_CWORD; i++ )); do
    case " $values " in *" \${COMP_WORDS[i]} "*) (( i++ )); continue ;; esac
    [[ \${COMP_WORDS[i]} == -* || \${COMP_WORDS[i]} == = || \${COMP_WORDS[i-1]} == = ]] || return
  done
  COMPREPLY=( $(compgen -W "$argument" -- "$cur") )
}
complete -F ${name} ${spec.program}
`;
}

/** What to offer after a flag that takes a value. */
function valueCases(command: CompletionCommand): string[] {
  return command.flags
    .filter((flag) => flag.value.kind !== 'none')
    .map((flag) => {
      const patterns = flag.names.map((name) => `"${command.name} ${name}"`).join('|');
      // After a flag whose value may be left out, another flag may follow.
      const unless = flag.optional ? '[[ $cur == -* ]] || { ' : '';
      return `    ${patterns}) ${unless}${offer(flag.value)}; return${unless === '' ? '' : '; }'} ;;`;
    });
}

function offer(value: CompletionValue): string {
  // With "filenames" bash quotes what it inserts and puts a slash after folders; bash 3.2 has no compopt.
  const files = 'compopt -o filenames 2>/dev/null';
  if (value.kind === 'file') return `${files}; IFS=$'\\n'; COMPREPLY=( $(compgen -f -- "$cur") )`;
  if (value.kind === 'folder') return `${files}; IFS=$'\\n'; COMPREPLY=( $(compgen -d -- "$cur") )`;
  if (value.kind === 'words') return `COMPREPLY=( $(compgen -W ${shellWord(value.words.join(' '))} -- "$cur") )`;
  return ':';
}

function commandCase(command: CompletionCommand): string {
  const words = command.argument.kind === 'words' ? command.argument.words : [];
  const withValue = command.flags.filter((flag) => flag.value.kind !== 'none' && !flag.optional);
  return `    ${command.name}) flags=${list(longNames(command.flags))} argument=${list(words)} values=${list(withValue.flatMap((flag) => flag.names))} ;;`;
}

function list(words: readonly string[]): string {
  return words.length === 0 ? "''" : shellWord(words.join(' '));
}

function longNames(flags: readonly CompletionFlag[]): string[] {
  return flags.map((flag) => flag.names.at(-1) ?? '');
}
