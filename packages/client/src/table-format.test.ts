import { expect, test } from 'vitest'
import { formatTable, textWidth } from './table-format.js'

test('numbers to the right, NULLs by name, wide characters by their width', () => {
  const columns = [
    { name: 'city', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
  ]
  const rows = [
    ['東京', '1'],
    ['👩‍👩‍👧 é', '-20'],
    [null, null],
  ]
  expect(formatTable({ columns, rows })).toBe(
    [
      '┌─────────┬────────┐',
      '│ city    │ n      │',
      '│ VARCHAR │ BIGINT │',
      '├─────────┼────────┤',
      '│ 東京    │      1 │',
      '│ 👩‍👩‍👧 é    │    -20 │',
      '│ NULL    │   NULL │',
      '└─────────┴────────┘',
    ].join('\n'),
  )
})

test('a box that is too wide gives up its widest cells first', () => {
  const columns = [
    { name: 'a', type: 'VARCHAR' },
    { name: 'b', type: 'VARCHAR' },
  ]
  const box = formatTable(
    {
      columns,
      rows: [
        ['short', 'long '.repeat(50)],
        ['x', '日本'.repeat(50)],
      ],
    },
    { widthMax: 40 },
  )
  for (const line of box.split('\n')) expect(textWidth(line)).toBe(40)
  expect(box).toContain('short')
  expect(box).toContain('…')
})

test('what would break the box is escaped, and nothing is a table of nothing', () => {
  const columns = [{ name: 'a\nb', type: 'VARCHAR' }]
  expect(formatTable({ columns, rows: [['\x1b[31mred\t']] })).toContain('│ \\u001b[31mred\\t │')
  expect(formatTable({ columns, rows: [] }).split('\n')).toHaveLength(5)
  expect(formatTable({ columns: [], rows: [] })).toBe('')
})
