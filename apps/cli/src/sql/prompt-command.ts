/** The commands of the prompt: lines that begin with a backslash. */
export type PromptCommand =
  | { readonly kind: 'quit' }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'run'; readonly sql: string }

const help = `statements end with ;
  \\d          the tables
  \\d NAME     the columns of a table
  \\?          this help
  \\q          quit (Ctrl-D too)
Ctrl-C clears what is typed or cancels the running statement; twice quits
`

export function readPromptCommand(line: string): PromptCommand {
  const [name = '', ...words] = line.trim().replace(/;$/, '').split(/\s+/)
  switch (name) {
    case '\\q': case '\\quit': return { kind: 'quit' }
    case '\\?': return { kind: 'say', text: help }
    case '\\d': {
      const sql = words.length === 0 ? 'SHOW TABLES' : `DESCRIBE ${words.join(' ')}`
      return { kind: 'run', sql }
    }
    default: return { kind: 'say', text: `there is no command ${name}; \\? shows the commands\n` }
  }
}
