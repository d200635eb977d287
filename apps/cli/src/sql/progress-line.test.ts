import { expect, onTestFinished, test, vi } from 'vitest'
import { progressText, startProgress } from './progress-line.js'
import { runningProgress } from './testing/fake-session.js'

test('progress names stages, attempts, time and job, and drops what does not fit', () => {
  const facts = { progress: runningProgress, elapsedMs: 64_000 }
  expect(progressText({ ...facts, columns: 80 })).toBe(
    'stages 2/3  8 attempts running  1:04  j0123456789abcdef  Ctrl-C cancels',
  )
  expect(progressText({ ...facts, columns: 40 })).toBe('stages 2/3  8 attempts running  1:04')
  const early = progressText({ progress: undefined, elapsedMs: 2_000, columns: 80 })
  expect(early).toBe('planning  0:02  Ctrl-C cancels')
})

test('a line appears after a second and is erased', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const texts: string[] = []
  const stream = { isTTY: true, columns: 80, write: (text: string) => texts.push(text) }
  const progress = startProgress(stream, () => Date.now())
  progress.update(runningProgress)
  vi.advanceTimersByTime(900)
  expect(texts).toEqual([])
  vi.advanceTimersByTime(200)
  expect(texts.at(-1)).toContain('stages 2/3')
  progress.stop()
  progress.stop()
  vi.advanceTimersByTime(5_000)
  expect(texts).toHaveLength(2)
  expect(texts.at(-1)).toBe('\r\x1b[2K')
})

test('nothing is said where there is no terminal', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const texts: string[] = []
  startProgress({ write: (text) => texts.push(text) }, () => Date.now())
  vi.advanceTimersByTime(5_000)
  expect(texts).toEqual([])
})
