/** A text with parts of it replaced, and where its places were before. */

export interface TextEdit {
  /** UTF-16 offsets of what is replaced: first unit, and the one after the last. */
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface EditedText {
  readonly text: string
  /** The place in the original text of a place in this one; within a replacement, where that begins. */
  placeBefore(position: number): number
}

/** The edits stand in the order of the text and do not overlap. */
export function editText(original: string, edits: readonly TextEdit[]): EditedText {
  const pieces: string[] = []
  let end = 0
  for (const edit of edits) {
    pieces.push(original.slice(end, edit.start), edit.text)
    end = edit.end
  }
  pieces.push(original.slice(end))
  return {
    text: pieces.join(''),
    placeBefore(position) {
      let shift = 0
      for (const edit of edits) {
        const start = edit.start + shift
        if (position < start) break
        if (position < start + edit.text.length) return edit.start
        shift += edit.text.length - (edit.end - edit.start)
      }
      return position - shift
    },
  }
}
