"""The script of each shell. Each asks `chat completion --at SHELL` for what may stand at the cursor; see `lines`.

Not Typer's own: these keep values with blanks, quotes, `$` and `:` whole, and give nothing to `eval`.
"""

from __future__ import annotations

_BASH = r"""# Completion of chat for bash.
_chat_completion() {
    local line kind=
    COMPREPLY=()
    while IFS= read -r line; do
        if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("$line"); fi
    done < <(command "${1/#\~/$HOME}" completion --at bash \
        "$2" "${COMP_LINE:0:COMP_POINT}" "$COMP_TYPE" 2>/dev/null </dev/null)
    case $kind in
        files*) compopt -o default 2>/dev/null ;;
        folders*) compopt -o dirnames 2>/dev/null ;;
        open) compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}
complete -o nosort -F _chat_completion chat 2>/dev/null || complete -F _chat_completion chat
"""
_ZSH = r"""#compdef chat
# Completion of chat for zsh.
_chat_completion() {
    local -a found offers after
    local line kind tab=$'\t'
    found=("${(@f)$(command "${${(Q)words[1]}/#\~/$HOME}" completion --at zsh \
        "${(Q)PREFIX}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null </dev/null)}")
    kind=$found[1]
    case $kind in
        files*|folders*)
            compset -p ${kind#*$tab}
            if [[ $kind == folders* ]]; then _files -/; else _files; fi
            return ;;
        open) after=(-S '') ;;
    esac
    shift found
    for line in $found; do
        offers+=("${${line%%$tab*}//:/\\:}:${line#*$tab}")
    done
    _describe -V -t chat chat offers "${(@)after}"
}
if [ "$funcstack[1]" = _chat ]; then
    _chat_completion
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _chat_completion chat
fi
"""
_FISH = r"""# Completion of chat for fish.
function __chat_completion
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l found (command $before[1] completion --at fish "$word" $before[2..] 2>/dev/null </dev/null)
    set -l kind (string split \t -- $found[1])
    switch "$kind[1]"
        case files folders
            set -l start (string sub -l $kind[2] -- "$word")
            set -l rest (string sub -s (math $kind[2] + 1) -- "$word")
            set -l paths (complete -C "'' $rest")
            test "$kind[1]" = folders; and set paths (string match -r '^[^\t]*/(?:\t.*)?$' -- $paths)
            printf '%s\n' $start$paths
        case '*'
            string join \n -- $found[2..]
    end
end
complete -c chat -e
complete -c chat -f -k -a '(__chat_completion)'
"""
_POWERSHELL = r"""# Completion of chat for PowerShell.
Register-ArgumentCompleter -Native -CommandName chat -ScriptBlock {
    param($word, $line, $cursor)
    $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" }
    })
    $rest = @($before | Select-Object -Skip 1)
    $typed = if ("$word" -eq '') { '""' } else { "$word" }
    $program = if ($before) { $before[0] } else { 'chat' }
    $found = @($null | & $program completion --at powershell $typed @rest 2>$null)
    $found | Select-Object -Skip 1 | ForEach-Object {
        $text, $name, $about = $_ -split "`t", 3
        if (-not $about) { $about = $name }
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $about)
    }
}
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
